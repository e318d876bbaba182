/* SPDX-License-Identifier: MIT
 * The C modules of room vm, by name. */
#ifndef DP_BIND_VM_LIBS_H
#define DP_BIND_VM_LIBS_H

#include <lua.h>

int dp_open_task(lua_State *L);      /* dnsprobe.task.core */
int dp_open_coroutine(lua_State *L); /* dnsprobe.coroutine */
int dp_open_coverage(lua_State *L);  /* dnsprobe.coverage */

#endif
