/* SPDX-License-Identifier: MIT
 * All C modules of the bindings. */
#ifndef DP_LUA_LIBS_H
#define DP_LUA_LIBS_H

#include <lua.h>

/* Enters every C module into package.preload: nothing is opened until it is required. */
void dp_libs_preload(lua_State *L);

#endif
