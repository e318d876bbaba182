/* SPDX-License-Identifier: MIT
 * The options of dns.exchange and dns.query as one checked request with its message built. */
#ifndef DP_BIND_REQUEST_H
#define DP_BIND_REQUEST_H

#include <lua.h>

#include "dns/ednsarg.h"
#include "exchange/query.h"

#define DP_REQUEST_BYTES 5120 /* header, name and OPT with DP_EDNS_ARG_BYTES of options */

struct dp_request {
    struct dp_exchange_params params; /* its query is `wire` */
    int64_t tries;
    bool tcp_fallback;
    bool labelled; /* the options table has a label */
    size_t size_bytes;
    uint8_t wire[DP_REQUEST_BYTES];
};

/* Reads the options table at 1; `query` also allows tries and tcp_fallback. Returns true; where the
 * destination may not be asked, pushes nil, message, code and returns false. Throws on wrong options. */
bool dp_request_read(lua_State *L, struct dp_request *request, bool query);

#endif
