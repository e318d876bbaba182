/* SPDX-License-Identifier: MIT
 * The C modules of room sys, by name. */
#ifndef DP_BIND_SYS_LIBS_H
#define DP_BIND_SYS_LIBS_H

#include <lua.h>

int dp_open_fs(lua_State *L);      /* dnsprobe.fs */
int dp_open_gzip(lua_State *L);    /* dnsprobe.gzip */
int dp_open_line(lua_State *L);    /* dnsprobe.line */
int dp_open_process(lua_State *L); /* dnsprobe.process */
int dp_open_stream(lua_State *L);  /* dnsprobe.stream */

#endif
