/* SPDX-License-Identifier: MIT
 * The C modules by name. */
#ifndef DP_BIND_LIBS_H
#define DP_BIND_LIBS_H

#include <lua.h>

/* Enters all modules below into package.preload: nothing is opened until it is required. */
void dp_libs_preload(lua_State *L);

int dp_open_dns(lua_State *L);      /* dnsprobe */
int dp_open_task(lua_State *L);     /* dnsprobe.task.core */
int dp_open_json(lua_State *L);     /* dnsprobe.json */
int dp_open_stats(lua_State *L);    /* dnsprobe.stats */
int dp_open_fs(lua_State *L);       /* dnsprobe.fs */
int dp_open_lab(lua_State *L);      /* dnsprobe.lab.core */
int dp_open_process(lua_State *L);  /* dnsprobe.process */
int dp_open_coverage(lua_State *L); /* dnsprobe.coverage */
int dp_open_stream(lua_State *L);   /* dnsprobe.stream */
int dp_open_line(lua_State *L);     /* dnsprobe.line */
int dp_open_sandbox(lua_State *L);  /* dnsprobe.sandbox.core */
int dp_open_gzip(lua_State *L);     /* dnsprobe.gzip */

/* Parts of `dnsprobe`, each in its own file: they add their functions to the table on top of the stack. */
void dp_add_exchange(lua_State *L); /* exchange query settle */
void dp_add_message(lua_State *L);  /* message */
void dp_add_name(lua_State *L);     /* name address types is_type */
void dp_add_trace(lua_State *L);    /* trace */
void dp_add_stub(lua_State *L);     /* stub */
void dp_add_flush(lua_State *L);    /* flush */
void dp_add_connect(lua_State *L);  /* connect */

#endif
