/* SPDX-License-Identifier: MIT
 * Fields of tables. All may throw (memory). */
#ifndef DP_BIND_SET_H
#define DP_BIND_SET_H

#include <stdbool.h>

#include <lua.h>

/* Sets a field of the table on top of the stack. */
void dp_set_string(lua_State *L, const char *key, const char *value); /* NULL: left out */
void dp_set_integer(lua_State *L, const char *key, lua_Integer value);
void dp_set_boolean(lua_State *L, const char *key, bool value);

#endif
