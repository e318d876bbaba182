/* SPDX-License-Identifier: MIT
 * Exchanges as Lua tables. */
#ifndef DP_BIND_EXCHANGES_H
#define DP_BIND_EXCHANGES_H

#include <lua.h>

#include "exchange/exchange.h"

/* Pushes the Exchange table; `question`, `attempts` and the server's label are the caller's to set. May
 * throw. */
void dp_exchange_push(lua_State *L, const struct dp_exchange *ex);
/* What came, set in the table on top: with dp_exchange_push, and again where a late answer changed it. */
void dp_exchange_set_result(lua_State *L, const struct dp_exchange *ex);
void dp_exchange_set_strays(lua_State *L, const struct dp_exchange *ex); /* its `stray` list, replaced */

#endif
