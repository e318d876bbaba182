/* SPDX-License-Identifier: MIT
 * What a kind of RDATA field can do: one entry per enum dp_rdata_kind, used by rdata.c only. A new kind is
 * one entry here (scan, print, parse) and its line in the table of rdata_kind.c. */
#ifndef DP_WIRE_RDATA_KIND_H
#define DP_WIRE_RDATA_KIND_H

#include "base/str.h"
#include "wire/cursor.h"
#include "wire/name.h"
#include "wire/rdata.h"
#include "wire/token.h"

/* Wire form being checked and copied, names expanded. `len` counts all octets; those below `cap` are in
 * `out`, so that a first walk into a small buffer also measures. */
struct dp_rdata_scan {
    struct dp_cursor c; /* ends with the RDATA */
    size_t start;       /* of the RDATA in the message */
    uint8_t *out;
    size_t cap;
    size_t len;
    bool expanded; /* a name was compressed */
    bool opaque;   /* a field is in a form that is not known here; octets were copied to the end */
};

/* Presentation form being read. */
struct dp_rdata_text {
    struct dp_tokens tokens;
    const struct dp_name *origin; /* borrowed, may be NULL */
};

struct dp_rdata_kind_ops {
    uint8_t width;  /* octets of a field of fixed size; 0: `scan` decides */
    bool is_number; /* printed as one decimal number that fits 32 bits */
    bool is_split;  /* dig puts a blank after every 56 characters of the last word */
    /* Copies the field from c to out; failures go to the cursor. */
    void (*scan)(struct dp_rdata_scan *scan, const char *field);
    /* Prints the field at the cursor of checked, uncompressed RDATA (offset 0 is its first octet). */
    void (*print)(struct dp_str *s, struct dp_cursor *c);
    /* Appends the wire form. */
    enum dp_err (*parse)(struct dp_rdata_text *text, struct dp_str *out);
};

const struct dp_rdata_kind_ops *dp_rdata_kind_ops(enum dp_rdata_kind kind);

/* For scan functions. */
void dp_rdata_scan_copy(struct dp_rdata_scan *scan, size_t size_bytes, const char *field);
void dp_rdata_scan_name(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_scan_rest(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_scan_opaque(struct dp_rdata_scan *scan, const char *field); /* and the RDATA prints as octets */

/* For print functions. */
void dp_rdata_print_name(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_a(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_aaaa(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_text(struct dp_str *s, const uint8_t *data, size_t size_bytes); /* escaped as in "..." */

/* For parse functions: one token. */
enum dp_err dp_rdata_parse_number(struct dp_rdata_text *text, struct dp_str *out, unsigned width);
enum dp_err dp_rdata_parse_name(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_a(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_aaaa(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_base64_rest(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_add_be(struct dp_str *out, uint64_t value, unsigned width); /* big-endian */

/* The plain kinds: rdata_print.c and rdata_parse.c. */
void dp_rdata_print_u8(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_u16(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_octal16(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_u32(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_u48(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_top_bit(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_low_bits(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_names(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_string(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_strings(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_text_rest(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_tag(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_hex_rest(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_nsap(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_base64_rest(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_base64_whole(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_hex_len8(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_base32hex_len8(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_base64_len16(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_base64_end16(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_eui48(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_eui64(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_print_ilnp64(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_parse_u8(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_u16(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_octal16(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_u32(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_u48(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_ttl(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_top_bit(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_low_bits(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_names(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_string(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_strings(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_text_rest(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_hex_len8(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_base32hex_len8(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_hex_rest(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_base64_whole(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_nsap(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_base64_len16(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_eui48(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_eui64(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_parse_ilnp64(struct dp_rdata_text *text, struct dp_str *out);

/* Kinds that are plain but for a rule about their octets: rdata_rules.c. */
void dp_rdata_some_scan(struct dp_rdata_scan *scan, const char *field); /* not empty */
void dp_rdata_digest_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_fingerprint_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_zone_digest_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_hashed_owner_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_public_key_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_old_key_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_signer_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_zero16_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_psdn_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_isdn_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_ipsec_gateway_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_regexp_scan(struct dp_rdata_scan *scan, const char *field);

/* The larger kinds live in files of their own. */
void dp_rdata_bitmap_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_bitmap_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_bitmap_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_types_some_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_nxt_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_nxt_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_nxt_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_wks_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_wks_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_wks_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_svcb_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_svcb_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_svcb_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_loc_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_loc_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_loc_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_gateway_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_gateway_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_gateway_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_atma_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_atma_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_atma_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_hip_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_hip_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_hip_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_apl_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_apl_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_apl_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_a6_scan(struct dp_rdata_scan *scan, const char *field);
void dp_rdata_a6_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_a6_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_time_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_time_parse(struct dp_rdata_text *text, struct dp_str *out);
/* Mnemonics that are small tables (mnemonic.c). An old type is a bare number where it has no mnemonic: so dig
 * shows the types that came before RFC 3597. */
void dp_rdata_add_old_type(struct dp_str *s, uint16_t type);
enum dp_err dp_rdata_read_old_type(const struct dp_token *token, uint16_t *type);
void dp_rdata_type_print(struct dp_str *s, struct dp_cursor *c);
void dp_rdata_old_type_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_type_parse(struct dp_rdata_text *text, struct dp_str *out);
enum dp_err dp_rdata_old_type_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_cert_type_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_cert_type_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_algorithm_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_algorithm_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_rcode_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_rcode_parse(struct dp_rdata_text *text, struct dp_str *out);
void dp_rdata_dsync_print(struct dp_str *s, struct dp_cursor *c);
enum dp_err dp_rdata_dsync_parse(struct dp_rdata_text *text, struct dp_str *out);

#endif
