/* SPDX-License-Identifier: MIT
 * JSON text from Lua values, and Lua values from libcjson's trees.
 *
 * Writing: the same value gives the same octets. Keys are sorted, unless the table (or its metatable) has
 * `__order`, a list of keys that come first. Integers, and floats with an integral value that is exact, are
 * written as integers; other numbers with the fewest digits that read back equal; NaN and infinities are
 * null. A table is an array when it is marked (json.array) or has an element 1; a map's other keys beside
 * elements are an error, except `n`. Text that is not valid UTF-8, or that a terminal would obey, is escaped,
 * so the output is valid JSON whatever a server sent.
 *
 * Reading: arrays are marked, so that an empty one is written as an array again; null is json.null. */
#include "vm/json.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cjson/cJSON.h>
#include <lauxlib.h>

#include "base/escape.h"

#define DEPTH_MAX 100
#define TREE_NAME "dnsprobe.cJSON"

static const char array_key = 0, object_key = 0; /* registry: the metatables that mark */

/* ---- writing ---- */

struct writer {
    struct dp_str *s;
    bool pretty;
    unsigned depth;
};

static void write_value(lua_State *L, struct writer *w);

static void new_line(struct writer *w)
{
    if (!w->pretty) {
        return;
    }
    dp_str_addc(w->s, '\n');
    for (unsigned i = 0; i < w->depth; i++) {
        dp_str_adds(w->s, "  ");
    }
}

static void write_string(lua_State *L, int index, struct writer *w)
{
    size_t size = 0;
    const unsigned char *p = (const unsigned char *)lua_tolstring(L, index, &size);
    dp_str_addc(w->s, '"');
    for (size_t i = 0; i < size;) {
        size_t n = dp_escape_kept(p + i, size - i);
        if (p[i] == '"' || p[i] == '\\') {
            dp_str_addc(w->s, '\\');
            dp_str_addc(w->s, (char)p[i]);
            n = 1;
        } else if (n > 0) {
            dp_str_add(w->s, p + i, n);
        } else if (p[i] == '\n' || p[i] == '\t' || p[i] == '\r') {
            dp_str_addc(w->s, '\\');
            dp_str_addc(w->s, p[i] == '\n' ? 'n' : p[i] == '\t' ? 't' : 'r');
            n = 1;
        } else {
            dp_str_addf(w->s, "\\\\%03u", p[i]); /* \DDD (RFC 1035, section 5.1) */
            n = 1;
        }
        i += n;
    }
    dp_str_addc(w->s, '"');
}

static void write_number(lua_State *L, struct writer *w)
{
    char text[32];
    double value = lua_tonumber(L, -1);
    if (lua_isinteger(L, -1)) {
        dp_str_addf(w->s, "%lld", (long long)lua_tointeger(L, -1));
    } else if (!isfinite(value)) {
        dp_str_adds(w->s, "null");
    } else if (floor(value) == value && fabs(value) < 9007199254740992.0) {
        dp_str_addf(w->s, "%.0f", value);
    } else {
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(text, sizeof text, "%.*g", digits, value);
            if (strtod(text, NULL) == value) {
                break;
            }
        }
        dp_str_adds(w->s, text);
    }
}

static bool marked(lua_State *L, const char *key)
{
    bool same = false;
    if (lua_getmetatable(L, -1)) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, key);
        same = lua_rawequal(L, -1, -2);
        lua_pop(L, 2);
    }
    return same;
}

static bool is_array(lua_State *L)
{
    if (marked(L, &array_key)) {
        return true;
    }
    return lua_rawlen(L, -1) > 0 && !marked(L, &object_key);
}

/* Throws where an array has keys beside its elements: they would be lost in silence. */
static void check_array(lua_State *L, lua_Integer n)
{
    lua_pushnil(L);
    while (lua_next(L, -2) != 0) {
        lua_pop(L, 1);
        if (lua_isinteger(L, -1) && lua_tointeger(L, -1) >= 1 && lua_tointeger(L, -1) <= n) {
            continue;
        }
        if (lua_type(L, -1) == LUA_TSTRING && strcmp(lua_tostring(L, -1), "n") == 0) {
            continue;
        }
        lua_pushvalue(L, -1);
        luaL_error(L, "JSON: an array of %d elements has the key '%s' as well", (int)n,
                   luaL_tolstring(L, -1, NULL));
    }
}

static void write_array(lua_State *L, struct writer *w)
{
    lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
    check_array(L, n);
    dp_str_addc(w->s, '[');
    w->depth++;
    for (lua_Integer i = 1; i <= n; i++) {
        if (i > 1) {
            dp_str_addc(w->s, ',');
        }
        new_line(w);
        lua_rawgeti(L, -1, i);
        write_value(L, w);
        lua_pop(L, 1);
    }
    w->depth--;
    if (n > 0) {
        new_line(w);
    }
    dp_str_addc(w->s, ']');
}

/* ---- objects: keys first ---- */

struct key {
    const char *text; /* borrowed from the table of keys on the stack */
    size_t size_bytes;
    lua_Integer rank; /* place in __order; the rest is sorted behind */
};

static int compare_keys(const void *a, const void *b)
{
    const struct key *x = a, *y = b;
    if (x->rank != y->rank) {
        return x->rank < y->rank ? -1 : 1;
    }
    size_t common = x->size_bytes < y->size_bytes ? x->size_bytes : y->size_bytes;
    int order = memcmp(x->text, y->text, common);
    return order != 0 ? order : x->size_bytes < y->size_bytes ? -1 : x->size_bytes > y->size_bytes;
}

/* Pushes a table key -> rank from `__order` of the table at `table` or its metatable, or nil. */
static void push_ranks(lua_State *L, int table)
{
    lua_getfield(L, table, "__order"); /* raw: encoded tables have no __index of ours */
    if (lua_isnil(L, -1) && luaL_getmetafield(L, table, "__order") != LUA_TNIL) {
        lua_remove(L, -2);
    }
    if (!lua_istable(L, -1)) {
        lua_pop(L, 1);
        lua_pushnil(L);
        return;
    }
    lua_newtable(L);
    for (lua_Integer i = 1; lua_rawgeti(L, -2, i) != LUA_TNIL; i++) {
        lua_pushinteger(L, i);
        lua_rawset(L, -3);
    }
    lua_pop(L, 1);
    lua_remove(L, -2);
}

/* Pushes the table's keys as an array of struct key in a userdata, sorted. Keys that are integers are written
 * as text; the strings are kept alive by a second table, pushed below. */
static struct key *push_keys(lua_State *L, int table, size_t *n)
{
    size_t count = 0;
    push_ranks(L, table);
    lua_newtable(L);
    int ranks = lua_absindex(L, -2), texts = lua_absindex(L, -1);
    for (lua_pushnil(L); lua_next(L, table) != 0; lua_pop(L, 1)) {
        if (lua_type(L, -2) == LUA_TSTRING && strcmp(lua_tostring(L, -2), "__order") == 0) {
            continue;
        }
        if (lua_type(L, -2) != LUA_TSTRING && !lua_isinteger(L, -2)) {
            luaL_error(L, "JSON: a key of type %s", luaL_typename(L, -2));
        }
        lua_pushvalue(L, -2);
        lua_rawseti(L, texts, (lua_Integer)++count);
    }
    struct key *keys = lua_newuserdatauv(L, (count + 1) * sizeof *keys, 0);
    for (size_t i = 0; i < count; i++) {
        keys[i].rank = LUA_MAXINTEGER;
        lua_rawgeti(L, texts, (lua_Integer)i + 1);
        if (lua_istable(L, ranks)) {
            lua_pushvalue(L, -1);
            if (lua_rawget(L, ranks) == LUA_TNUMBER) {
                keys[i].rank = lua_tointeger(L, -1);
            }
            lua_pop(L, 1);
        }
        if (lua_type(L, -1) != LUA_TSTRING) {
            luaL_tolstring(L, -1, NULL);
            lua_pushvalue(L, -1);
            lua_rawseti(L, texts, (lua_Integer)i + 1);
            lua_remove(L, -2);
        }
        keys[i].text = lua_tolstring(L, -1, &keys[i].size_bytes);
        lua_pop(L, 1);
    }
    qsort(keys, count, sizeof *keys, compare_keys);
    *n = count;
    return keys;
}

/* Pushes the member `key`, which may have been an integer. */
static void push_member(lua_State *L, int table, const struct key *key)
{
    lua_pushlstring(L, key->text, key->size_bytes);
    lua_pushvalue(L, -1);
    if (lua_rawget(L, table) == LUA_TNIL && lua_stringtonumber(L, key->text) != 0) {
        lua_remove(L, -2);
        lua_rawget(L, table);
    }
}

static void write_object(lua_State *L, struct writer *w)
{
    size_t n = 0;
    int table = lua_absindex(L, -1);
    const struct key *keys = push_keys(L, table, &n);
    dp_str_addc(w->s, '{');
    w->depth++;
    for (size_t i = 0; i < n; i++) {
        if (i > 0) {
            dp_str_addc(w->s, ',');
        }
        new_line(w);
        push_member(L, table, &keys[i]); /* key, value */
        write_string(L, -2, w);
        dp_str_adds(w->s, w->pretty ? ": " : ":");
        write_value(L, w);
        lua_pop(L, 2);
    }
    w->depth--;
    if (n > 0) {
        new_line(w);
    }
    dp_str_addc(w->s, '}');
    lua_settop(L, table);
}

/* Writes the value on top of the stack. */
static void write_value(lua_State *L, struct writer *w)
{
    luaL_checkstack(L, 12, "JSON");
    if (w->depth > DEPTH_MAX) {
        luaL_error(L, "JSON: nested deeper than %d: a cycle?", DEPTH_MAX);
    }
    switch (lua_type(L, -1)) {
    case LUA_TNIL:
        dp_str_adds(w->s, "null");
        break;
    case LUA_TBOOLEAN:
        dp_str_adds(w->s, lua_toboolean(L, -1) ? "true" : "false");
        break;
    case LUA_TNUMBER:
        write_number(L, w);
        break;
    case LUA_TSTRING:
        write_string(L, -1, w);
        break;
    case LUA_TTABLE:
        if (is_array(L)) {
            write_array(L, w);
        } else {
            write_object(L, w);
        }
        break;
    default:
        if (lua_touserdata(L, -1) != DP_JSON_NULL || !lua_islightuserdata(L, -1)) {
            luaL_error(L, "JSON: a value of type %s", luaL_typename(L, -1));
        }
        dp_str_adds(w->s, "null");
    }
}

void dp_json_encode(lua_State *L, int index, bool pretty, struct dp_str *s)
{
    struct writer w = {.s = s, .pretty = pretty};
    lua_pushvalue(L, index);
    write_value(L, &w);
    lua_pop(L, 1);
}

/* ---- reading ---- */

static int tree_gc(lua_State *L)
{
    cJSON **tree = lua_touserdata(L, 1);
    cJSON_Delete(*tree);
    *tree = NULL;
    return 0;
}

void dp_json_mark_array(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_setmetatable(L, -2);
}

void dp_json_mark_object(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &object_key);
    lua_setmetatable(L, -2);
}

static void push_json_number(lua_State *L, double value)
{
    lua_Integer integer = 0;
    if (lua_numbertointeger(value, &integer) && floor(value) == value) {
        lua_pushinteger(L, integer);
    } else {
        lua_pushnumber(L, value);
    }
}

/* Depth is bounded by the parser's limit. */
static void push_node(lua_State *L, const cJSON *node)
{
    luaL_checkstack(L, 4, "JSON");
    if (cJSON_IsArray(node)) {
        lua_Integer i = 0;
        lua_newtable(L);
        dp_json_mark_array(L);
        for (const cJSON *child = node->child; child != NULL; child = child->next) {
            push_node(L, child);
            lua_rawseti(L, -2, ++i);
        }
    } else if (cJSON_IsObject(node)) {
        lua_newtable(L);
        for (const cJSON *child = node->child; child != NULL; child = child->next) {
            push_node(L, child);
            lua_setfield(L, -2, child->string);
        }
    } else if (cJSON_IsString(node)) {
        lua_pushstring(L, node->valuestring);
    } else if (cJSON_IsNumber(node)) {
        push_json_number(L, node->valuedouble);
    } else if (cJSON_IsBool(node)) {
        lua_pushboolean(L, cJSON_IsTrue(node));
    } else {
        lua_pushlightuserdata(L, DP_JSON_NULL);
    }
}

struct cJSON **dp_json_box(lua_State *L)
{
    cJSON **box = lua_newuserdatauv(L, sizeof(cJSON *), 0);
    *box = NULL;
    if (luaL_newmetatable(L, TREE_NAME)) {
        lua_pushcfunction(L, tree_gc);
        lua_setfield(L, -2, "__gc");
    }
    lua_setmetatable(L, -2);
    return box;
}

void dp_json_push(lua_State *L, const struct cJSON *json)
{
    push_node(L, json);
}

void dp_json_open(lua_State *L)
{
    lua_newtable(L);
    lua_pushliteral(L, "dnsprobe.json.array");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &array_key);
    lua_newtable(L);
    lua_pushliteral(L, "dnsprobe.json.object");
    lua_setfield(L, -2, "__name");
    lua_rawsetp(L, LUA_REGISTRYINDEX, &object_key);
}
