/* SPDX-License-Identifier: MIT
 * Lua values and JSON. */
#ifndef DP_BIND_JSON_H
#define DP_BIND_JSON_H

#include <stdbool.h>

#include <lua.h>

#include "base/str.h"

struct cJSON;

/* Pushes a box for a tree: what is put into it is freed when Lua collects it,
 * so that a throw leaks nothing. */
struct cJSON **dp_json_box(lua_State *L);
void dp_json_push(lua_State *L, const struct cJSON *json); /* as a Lua value */
/* Appends the value at `index` as JSON text. May throw: `s` is the state's scratch, or otherwise not lost. */
void dp_json_encode(lua_State *L, int index, bool pretty, struct dp_str *s);

/* Marks the table on top of the stack as an array, whatever its length. */
void dp_json_mark_array(lua_State *L);
void dp_json_mark_object(lua_State *L); /* the same, as an object */
/* Creates the marks: once per state. */
void dp_json_open(lua_State *L);

#define DP_JSON_NULL ((void *)0) /* json.null: this light userdata */

#endif
