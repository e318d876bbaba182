/* SPDX-License-Identifier: MIT
 * "dnsprobe.Message": one DNS message as userdata, with a copy of its octets or with those of an exchange;
 * parsed when somebody looks, each section turned into tables once. */
#ifndef DP_BIND_MESSAGE_H
#define DP_BIND_MESSAGE_H

#include <lua.h>

#include "exchange/exchange.h"
#include "wire/msg.h"

/* Creates the metatable. */
void dp_message_open(lua_State *L);

/* Pushes a Message over a copy of `wire`. May throw. */
void dp_message_push(lua_State *L, const uint8_t *wire, size_t size_bytes);
/* Pushes the Message of an exchange's query or response (which must be there), and holds a reference to it.
 * May throw. */
void dp_message_push_of(lua_State *L, struct dp_exchange *ex, bool response);
/* The exchange whose message the value at `index` is, borrowed while it is reachable; NULL where it is
 * something else. */
const struct dp_exchange *dp_message_exchange(lua_State *L, int index);
/* The parsed message of the userdata at `index`, borrowed while it is reachable; throws where it is none. */
const struct dp_msg *dp_message_check(lua_State *L, int index);
/* Its octets, borrowed the same way. */
const uint8_t *dp_message_wire(lua_State *L, int index, size_t *size_bytes);

/* An arena that Lua collects, so that a throw leaks nothing: pushes it, valid while on the stack. */
struct dp_arena *dp_arena_push(lua_State *L, size_t limit_bytes);

#endif
