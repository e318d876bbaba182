/* SPDX-License-Identifier: MIT
 * Files that appear whole or not at all: functions of dnsprobe.fs. */
#ifndef DP_BIND_ATOMIC_H
#define DP_BIND_ATOMIC_H

#include <lua.h>

/* fs.write_atomic(path, data) -> true; nil, message */
int dp_fs_write_atomic(lua_State *L);
/* fs.create(path) -> file; nil, message. file:write(data), file:commit(), file:close() */
int dp_fs_create(lua_State *L);

#endif
