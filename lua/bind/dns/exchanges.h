/* SPDX-License-Identifier: MIT
 * Exchanges as Lua tables, filled in as they are looked at. */
#ifndef DP_BIND_EXCHANGES_H
#define DP_BIND_EXCHANGES_H

#include <lua.h>

#include "exchange/exchange.h"

/* Pushes the Exchange table, which keeps a reference to `ex` for as long as it lives; a `label` for its
 * server is the caller's to set. May throw. */
void dp_exchange_push(lua_State *L, struct dp_exchange *ex);
/* Creates the metatable that all of them share. */
void dp_exchange_open(lua_State *L);

#endif
