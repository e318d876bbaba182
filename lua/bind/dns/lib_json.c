/* SPDX-License-Identifier: MIT
 * dnsprobe.json */
#include <lauxlib.h>

#include "dns/libs.h"
#include "dns/push.h"
#include "json/json.h"
#include "vm/arg.h"
#include "vm/json.h"
#include "vm/state.h"

#define SCRATCH_KEEP_BYTES (1u << 20) /* larger texts give their memory back */

struct limits {
    int64_t max_bytes, max_depth;
};
static const struct dp_arg_row limit_rows[] = {
    {"max_bytes", DP_ARG_INT, offsetof(struct limits, max_bytes), 1, 1e12, NULL},
    {"max_depth", DP_ARG_INT, offsetof(struct limits, max_depth), 1, 100, NULL},
};

/* json.decode(text[, { max_bytes, max_depth }]) -> value; nil, message */
static int l_decode(lua_State *L)
{
    size_t size = 0, offset = 0;
    enum dp_err err = DP_OK;
    struct limits given = {0};
    const char *text = luaL_checklstring(L, 1, &size);
    dp_arg_table(L, 2, true, limit_rows, sizeof limit_rows / sizeof limit_rows[0], &given);
    struct dp_json_limits limits = {(size_t)given.max_bytes, (unsigned)given.max_depth};
    struct cJSON **box = dp_json_box(L);
    *box = dp_json_parse(text, size, &limits, &err, &offset);
    if (*box == NULL) {
        lua_pushnil(L);
        lua_pushfstring(L, "%s at offset %I", dp_err_text(err), (LUAI_UACINT)offset);
        return 2;
    }
    dp_json_push(L, *box);
    return 1;
}

struct style {
    bool pretty, sort;
};
static const struct dp_arg_row style_rows[] = {
    {"pretty", DP_ARG_BOOL, offsetof(struct style, pretty), 0, 0, NULL},
    {"sort", DP_ARG_BOOL, offsetof(struct style, sort), 0, 0, NULL}, /* keys always are; here to be said */
};

/* json.encode(value[, { pretty }]) -> text, keys sorted */
static int l_encode(lua_State *L)
{
    struct style style = {.sort = true};
    luaL_checkany(L, 1);
    dp_arg_table(L, 2, true, style_rows, sizeof style_rows / sizeof style_rows[0], &style);
    luaL_argcheck(L, style.sort, 2, "option 'sort' cannot be false: output order is defined");
    struct dp_str *s = dp_push_scratch(L);
    dp_json_encode(L, 1, style.pretty, s);
    dp_push_text(L, s);
    if (s->cap_bytes > SCRATCH_KEEP_BYTES) {
        dp_str_fini(s);
    }
    return 1;
}

/* json.array(t) -> t, written as an array even when it is empty */
static int l_array(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    dp_json_mark_array(L);
    return 1;
}

/* json.object(t) -> t, written as an object whatever its keys */
static int l_object(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_settop(L, 1);
    dp_json_mark_object(L);
    return 1;
}

static const luaL_Reg functions[] = {
    {"decode", l_decode}, {"encode", l_encode}, {"array", l_array}, {"object", l_object}, {NULL, NULL}};

int dp_open_json(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_pushlightuserdata(L, DP_JSON_NULL);
    lua_setfield(L, -2, "null");
    return 1;
}
