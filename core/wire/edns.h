/* SPDX-License-Identifier: MIT
 * EDNS (RFC 6891): the OPT pseudo-record and its options. Options are a list in order of appearance,
 * unknown ones kept as bytes; ednsopts.def has one row per option for names, text and JSON. */
#ifndef DP_WIRE_EDNS_H
#define DP_WIRE_EDNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define DP_EDNS_DO 0x8000u
#define DP_EDNS_CO 0x4000u /* compact answers wanted (RFC 9824, section 5.1) */

struct dp_edns_option {
    uint16_t code;
    uint16_t size; /* octets of data */
    const uint8_t *data;
};

struct dp_edns {
    bool present;
    uint16_t udp_size;
    uint8_t ext_rcode; /* upper eight bits of the RCODE */
    uint8_t version;
    uint16_t flags; /* DO is bit 15 */
    struct dp_edns_option *options;
    size_t n_options;
};

/* Option codes that the code itself needs (IANA registry; each RFC in ednsopts.def) */
enum { DP_EDNS_NSID = 3, DP_EDNS_ECS = 8, DP_EDNS_COOKIE = 10, DP_EDNS_PADDING = 12, DP_EDNS_EDE = 15 };

/* Mnemonic of an option ("NSID", "EDE", "OPT65001"); static or in `buf` (16 bytes). */
const char *dp_edns_option_name(uint16_t code, char *buf);
/* The option as dig prints it behind "; ": "NSID: 67 70 64 ... (\"gpdns\")", "EDE: 3 (Stale Answer): (text)",
 * bytes from outside escaped. Options that dig 9.18 does not name are "OPT=5: 00 01 (\"..\")", but CHAIN,
 * REPORT-CHANNEL and ZONEVERSION, which it does not know either, are read. */
void dp_edns_option_print(struct dp_str *s, const struct dp_edns_option *option);
/* Name of an extended DNS error (RFC 8914, registry): "Stale Answer"; NULL if unassigned. */
const char *dp_ede_name(uint16_t info_code);
/* Splits EDE: false if not at least two octets. text is borrowed, not terminated. */
bool dp_ede_read(const struct dp_edns_option *option, uint16_t *info_code, const char **text,
                 size_t *text_bytes);
/* Client subnet (RFC 7871): family 1 or 2, prefix length, scope, address zero-padded to 16 octets. */
struct dp_ecs {
    uint16_t family;
    uint8_t source_prefix;
    uint8_t scope_prefix;
    uint8_t address[16];
};
bool dp_ecs_read(const struct dp_edns_option *option, struct dp_ecs *ecs);
/* Writes option data (at most 20 octets); returns its size. */
size_t dp_ecs_write(const struct dp_ecs *ecs, uint8_t out[20]);

#endif
