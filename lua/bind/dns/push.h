/* SPDX-License-Identifier: MIT
 * C values to Lua. Every dp_push_… pushes one value and may throw (memory). Text is built in the state's
 * scratch string, which outlives a throw. */
#ifndef DP_BIND_PUSH_H
#define DP_BIND_PUSH_H

#include <lua.h>

#include "net/addr.h"
#include "wire/msg.h"

/* The scratch string, emptied; valid until the next dp_push_… */
struct dp_str *dp_push_scratch(lua_State *L);
void dp_push_text(lua_State *L, const struct dp_str *s); /* throws where `s` ran out of memory */

void dp_push_name(lua_State *L, const struct dp_name *name); /* presentation form */
void dp_push_type(lua_State *L, uint16_t type);              /* mnemonic */
void dp_push_class(lua_State *L, uint16_t rrclass);
void dp_push_addr_text(lua_State *L, const struct dp_addr *addr); /* "192.0.2.1" */
void dp_push_addr(lua_State *L, const struct dp_addr *addr);      /* { address, port } */
void dp_push_rrs(lua_State *L, const struct dp_rrs *rrs);
void dp_push_edns(lua_State *L, const struct dp_edns *edns); /* nil where there is none */

#endif
