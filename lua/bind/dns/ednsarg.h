/* SPDX-License-Identifier: MIT
 * EDNS of a query as options say it: { size, version, flags, dnssec, options = { { code, data } } }, and the
 * short words dnssec, nsid, cookie, subnet and padding of dns.exchange. */
#ifndef DP_BIND_EDNSARG_H
#define DP_BIND_EDNSARG_H

#include <lua.h>

#include "base/rand.h"
#include "wire/edns.h"

#define DP_EDNS_ARG_OPTIONS  32
#define DP_EDNS_ARG_BYTES    4096 /* of all option data */
#define DP_EDNS_SIZE_DEFAULT 1232 /* the size that fits any path: DNS flag day 2020 */

struct dp_edns_arg {
    struct dp_edns edns; /* its options point into the members below and to strings of the options table */
    struct dp_edns_option options[DP_EDNS_ARG_OPTIONS];
    uint8_t cookie[8];
    uint8_t subnet[20];
};

/* Reads the table at `index`. Data is borrowed from its strings. May throw, as argument `arg`. */
void dp_edns_arg_read(lua_State *L, int arg, int index, struct dp_edns_arg *out);
void dp_edns_arg_default(struct dp_edns_arg *out, bool present);
/* Adds an option; `data` is borrowed. */
void dp_edns_arg_add(lua_State *L, int arg, struct dp_edns_arg *out, uint16_t code, const void *data,
                     size_t size_bytes);
/* "192.0.2.0/24" (RFC 7871): bits behind the prefix are zeroed, as section 6 demands. */
void dp_edns_arg_subnet(lua_State *L, int arg, struct dp_edns_arg *out, const char *text, size_t size_bytes);

#endif
