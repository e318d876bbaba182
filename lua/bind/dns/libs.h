/* SPDX-License-Identifier: MIT
 * The C modules of room dns, by name. */
#ifndef DP_BIND_DNS_LIBS_H
#define DP_BIND_DNS_LIBS_H

#include <lua.h>

int dp_open_dns(lua_State *L);     /* dnsprobe */
int dp_open_json(lua_State *L);    /* dnsprobe.json */
int dp_open_lab(lua_State *L);     /* dnsprobe.lab.core */
int dp_open_sandbox(lua_State *L); /* dnsprobe.sandbox.core */
int dp_open_stats(lua_State *L);   /* dnsprobe.stats */

/* Parts of `dnsprobe`, each in its own file: they add their functions to the table on top of the stack. */
void dp_add_exchange(lua_State *L); /* exchange query settle */
void dp_add_message(lua_State *L);  /* message */
void dp_add_name(lua_State *L);     /* name address types is_type */
void dp_add_trace(lua_State *L);    /* trace */
void dp_add_stub(lua_State *L);     /* stub */
void dp_add_flush(lua_State *L);    /* flush */
void dp_add_connect(lua_State *L);  /* connect */

#endif
