/* SPDX-License-Identifier: MIT
 * Argument checks. An options table is walked once with lua_next: each key is looked up in the sorted rows,
 * so that an unknown key is found without a second pass and the price grows with the keys given, not with the
 * keys known. */
#include "vm/arg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include <lauxlib.h>

#include "vm/state.h"
#include "wire/rdata.h"

#define KEY_MAX_BYTES  32 /* longer keys are not near to anything */
#define WORD_MAX_BYTES 7  /* of a type that is remembered */

static const char keys_key = 0; /* registry: the strings whose addresses are remembered */

/* Edit distance (insert, delete, replace, each 1) of two short words: one row of the Levenshtein table. */
static unsigned edit_distance(const char *a, const char *b)
{
    unsigned row[KEY_MAX_BYTES + 1];
    size_t n = strlen(b);
    for (size_t j = 0; j <= n; j++) {
        row[j] = (unsigned)j;
    }
    for (size_t i = 1; a[i - 1] != '\0'; i++) {
        unsigned diagonal = row[0];
        row[0] = (unsigned)i;
        for (size_t j = 1; j <= n; j++) {
            unsigned best = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            if (row[j] + 1 < best) {
                best = row[j] + 1;
            }
            if (row[j - 1] + 1 < best) {
                best = row[j - 1] + 1;
            }
            row[j] = best;
        }
    }
    return row[n];
}

const char *dp_arg_nearest(const char *key, const struct dp_arg_row *rows, size_t n_rows)
{
    const char *nearest = NULL;
    size_t length = strlen(key);
    unsigned best = (unsigned)(length / 2) + 1; /* more than half of it changed: another word */
    if (length == 0 || length > KEY_MAX_BYTES) {
        return NULL;
    }
    for (size_t i = 0; i < n_rows; i++) {
        unsigned distance = edit_distance(key, rows[i].name);
        if (distance < best) {
            best = distance;
            nearest = rows[i].name;
        }
    }
    return nearest;
}

static int unknown_key(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *rows,
                       size_t n_rows)
{
    if (lua_type(L, -2) != LUA_TSTRING) {
        return luaL_argerror(
            L, arg, lua_pushfstring(L, "options are named, got a key of type %s", luaL_typename(L, -2)));
    }
    const char *key = lua_tostring(L, -2);
    const char *nearest = dp_arg_nearest(key, rows, n_rows);
    if (nearest == NULL) {
        return luaL_argerror(L, arg, lua_pushfstring(L, "unknown option '%s%s'", prefix, key));
    }
    return luaL_argerror(
        L, arg,
        lua_pushfstring(L, "unknown option '%s%s'; did you mean '%s%s'?", prefix, key, prefix, nearest));
}

static const struct dp_arg_row *find_row(const char *key, const struct dp_arg_row *rows, size_t n_rows)
{
    size_t low = 0, high = n_rows;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(key, rows[middle].name);
        if (order == 0) {
            return &rows[middle];
        }
        if (order < 0) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return NULL;
}

/* Keeps the key at -2, which is a string, and remembers its row. */
static void remember_key(lua_State *L, size_t at, const struct dp_arg_row *row)
{
    struct dp_arg_memo *memo = &dp_state_get(L)->args;
    if (lua_rawgetp(L, LUA_REGISTRYINDEX, &keys_key) != LUA_TTABLE) {
        lua_pop(L, 1);
        lua_newtable(L);
        lua_pushvalue(L, -1);
        lua_rawsetp(L, LUA_REGISTRYINDEX, &keys_key);
    }
    lua_pushvalue(L, -3);
    lua_pushboolean(L, true);
    lua_rawset(L, -3);
    lua_pop(L, 1);
    memo->keys[at].key = lua_topointer(L, -2);
    memo->keys[at].row = row;
}

/* The row of the key at -2; NULL: there is none. By the address of the key where that has been seen: a short
 * string of Lua has one address as long as it is reachable, and the known keys are kept so. */
static const struct dp_arg_row *row_of_key(lua_State *L, const struct dp_arg_row *rows, size_t n_rows)
{
    const void *key = lua_topointer(L, -2);
    const struct dp_arg_memo *memo = &dp_state_get(L)->args;
    const size_t at = ((uintptr_t)key >> 4 ^ (uintptr_t)rows >> 6) % DP_ARG_MEMO_KEYS;
    if (memo->keys[at].key == key && key != NULL) {
        const uintptr_t offset = (uintptr_t)memo->keys[at].row - (uintptr_t)rows;
        if (offset < n_rows * sizeof *rows) {
            return memo->keys[at].row;
        }
    }
    if (lua_type(L, -2) != LUA_TSTRING) {
        return NULL;
    }
    const struct dp_arg_row *row = find_row(lua_tostring(L, -2), rows, n_rows);
    if (row != NULL && memo->keys[at].key == NULL) {
        remember_key(L, at, row);
    }
    return row;
}

static int wrong_type(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row,
                      const char *want)
{
    return luaL_argerror(L, arg,
                         lua_pushfstring(L, "option '%s%s' must be %s, got %s", prefix, row->name, want,
                                         luaL_typename(L, -1)));
}

/* The value on top is of that type of Lua. */
static void need(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row, int type,
                 const char *want)
{
    if (lua_type(L, -1) != type) {
        wrong_type(L, arg, prefix, row, want);
    }
}

/* The number on top within the row's range. */
static double ranged(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row,
                     const char *want)
{
    int is_number = 0;
    double value = lua_tonumberx(L, -1, &is_number);
    if (!is_number || lua_type(L, -1) != LUA_TNUMBER) {
        wrong_type(L, arg, prefix, row, want);
    }
    if (!(value >= row->min && value <= row->max)) {
        luaL_argerror(L, arg,
                      lua_pushfstring(L, "option '%s%s' must be from %f to %f, got %f", prefix, row->name,
                                      row->min, row->max, value));
    }
    return value;
}

static int64_t integer(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row)
{
    int is_integer = 0;
    ranged(L, arg, prefix, row, "an integer");
    const int64_t value = lua_tointegerx(L, -1, &is_integer);
    if (!is_integer) {
        luaL_argerror(L, arg, lua_pushfstring(L, "option '%s%s' must be an integer", prefix, row->name));
    }
    return value;
}

static int word_index(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row)
{
    need(L, arg, prefix, row, LUA_TSTRING, "a word");
    const char *word = lua_tostring(L, -1);
    luaL_Buffer text;
    int i = 0;
    for (; row->words[i] != NULL; i++) {
        if (strcmp(word, row->words[i]) == 0) {
            return i;
        }
    }
    luaL_buffinit(L, &text);
    for (i = 0; row->words[i] != NULL; i++) {
        luaL_addstring(&text, i == 0 ? "" : ", ");
        luaL_addstring(&text, row->words[i]);
    }
    luaL_pushresult(&text);
    return luaL_argerror(L, arg,
                         lua_pushfstring(L, "option '%s%s' must be one of %s, got '%s'", prefix, row->name,
                                         lua_tostring(L, -1), word));
}

/* What is not true or false is for the caller to judge. */
static enum dp_arg_switch switch_on_top(lua_State *L)
{
    if (!lua_isboolean(L, -1)) {
        return DP_ARG_OTHER;
    }
    return lua_toboolean(L, -1) ? DP_ARG_ON : DP_ARG_OFF;
}

static void read_text(lua_State *L, struct dp_arg_text *text)
{
    text->data = lua_tolstring(L, -1, &text->size_bytes);
}

/* Stores the value on top of the stack at the row's place. */
static void store(lua_State *L, int arg, const char *prefix, const struct dp_arg_row *row, char *out)
{
    void *place = out + row->offset;
    switch (row->kind) {
    case DP_ARG_ANY:
        return;
    case DP_ARG_TEXT:
        if (lua_type(L, -1) == LUA_TSTRING) {
            read_text(L, place);
        }
        return;
    case DP_ARG_GIVEN:
        *(bool *)place = true;
        return;
    case DP_ARG_SWITCH:
        *(enum dp_arg_switch *)place = switch_on_top(L);
        return;
    case DP_ARG_TABLE:
        need(L, arg, prefix, row, LUA_TTABLE, "a table");
        return;
    case DP_ARG_BOOL:
        need(L, arg, prefix, row, LUA_TBOOLEAN, "true or false");
        *(bool *)place = lua_toboolean(L, -1);
        return;
    case DP_ARG_INT:
        *(int64_t *)place = integer(L, arg, prefix, row);
        return;
    case DP_ARG_NUMBER:
        *(double *)place = ranged(L, arg, prefix, row, "a number");
        return;
    case DP_ARG_SECONDS:
        *(uint64_t *)place = (uint64_t)llround(ranged(L, arg, prefix, row, "a number of seconds") * 1e6);
        return;
    case DP_ARG_STRING:
        need(L, arg, prefix, row, LUA_TSTRING, "a string");
        read_text(L, place);
        return;
    case DP_ARG_WORD:
        *(int *)place = word_index(L, arg, prefix, row);
        return;
    }
}

void dp_arg_options(lua_State *L, int arg, int index, const char *prefix, const struct dp_arg_row *rows,
                    size_t n_rows, void *out)
{
    index = lua_absindex(L, index);
    lua_pushnil(L);
    while (lua_next(L, index) != 0) {
        const struct dp_arg_row *row = row_of_key(L, rows, n_rows);
        if (row == NULL) {
            unknown_key(L, arg, prefix, rows, n_rows);
        } else {
            store(L, arg, prefix, row, out);
        }
        lua_pop(L, 1);
    }
}

/* Puts a plain table in place of one with a metatable: its pairs, and what that metatable has for the options
 * it lacks. No code of the caller runs after this, and strings stay reachable as long as the argument is on
 * the stack. */
static void make_plain(lua_State *L, int arg, const struct dp_arg_row *rows, size_t n_rows)
{
    lua_newtable(L);
    lua_pushnil(L);
    while (lua_next(L, arg) != 0) {
        lua_pushvalue(L, -2);
        lua_insert(L, -2);
        lua_rawset(L, -4);
    }
    for (size_t i = 0; i < n_rows; i++) {
        const bool lacking = lua_getfield(L, -1, rows[i].name) == LUA_TNIL;
        lua_pop(L, 1);
        if (lacking && lua_getfield(L, arg, rows[i].name) != LUA_TNIL) {
            lua_setfield(L, -2, rows[i].name);
        } else if (lacking) {
            lua_pop(L, 1);
        }
    }
    lua_replace(L, arg);
}

void dp_arg_table(lua_State *L, int arg, bool optional, const struct dp_arg_row *rows, size_t n_rows,
                  void *out)
{
    if (optional && lua_isnoneornil(L, arg)) {
        return;
    }
    luaL_checktype(L, arg, LUA_TTABLE);
    if (lua_getmetatable(L, arg)) {
        lua_pop(L, 1);
        make_plain(L, arg, rows, n_rows);
    }
    dp_arg_options(L, arg, arg, "", rows, n_rows, out);
}

void dp_arg_name(lua_State *L, int arg, int index, const char *what, struct dp_name *name)
{
    struct dp_arg_text text = {0};
    if (lua_type(L, index) != LUA_TSTRING) {
        luaL_argerror(L, arg,
                      lua_pushfstring(L, "%s must be a domain name, got %s", what, luaL_typename(L, index)));
    }
    text.data = lua_tolstring(L, index, &text.size_bytes);
    dp_arg_name_text(L, arg, &text, what, name);
}

void dp_arg_name_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what,
                      struct dp_name *name)
{
    enum dp_err err = dp_name_from_text(name, text->data, text->size_bytes, NULL);
    if (err != DP_OK) {
        luaL_argerror(
            L, arg, lua_pushfstring(L, "%s '%s' is no domain name: %s", what, text->data, dp_err_text(err)));
    }
}

/* A number of 16 bits or a mnemonic that `from_text` knows. */
static uint16_t word_or_number(lua_State *L, int arg, int index, const char *what,
                               enum dp_err (*from_text)(const char *, size_t, uint16_t *))
{
    size_t size = 0;
    uint16_t value = 0;
    if (lua_type(L, index) == LUA_TNUMBER) {
        lua_Integer number = lua_tointeger(L, index);
        if (!lua_isinteger(L, index) || number < 0 || number > UINT16_MAX) {
            luaL_argerror(L, arg, lua_pushfstring(L, "%s must be from 0 to 65535", what));
        }
        return (uint16_t)number;
    }
    if (lua_type(L, index) != LUA_TSTRING) {
        luaL_argerror(
            L, arg,
            lua_pushfstring(L, "%s must be a mnemonic or a number, got %s", what, luaL_typename(L, index)));
    }
    const char *text = lua_tolstring(L, index, &size);
    if (from_text(text, size, &value) != DP_OK) {
        luaL_argerror(L, arg, lua_pushfstring(L, "%s '%s' is not known", what, text));
    }
    return value;
}

uint16_t dp_arg_type(lua_State *L, int arg, int index, const char *what)
{
    return word_or_number(L, arg, index, what, dp_rrtype_from_text);
}

uint16_t dp_arg_type_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what)
{
    struct dp_arg_memo *memo = &dp_state_get(L)->args;
    uint64_t word = 0;
    uint16_t type = 0;
    if (text->size_bytes > 0 && text->size_bytes <= WORD_MAX_BYTES) {
        for (size_t i = 0; i < text->size_bytes; i++) {
            word = word << 8 | (uint8_t)text->data[i];
        }
        word = word << 8 | text->size_bytes;
    }
    const size_t at = (word * 0x9e3779b97f4a7c15u >> 32) % DP_ARG_MEMO_TYPES; /* Fibonacci hashing */
    if (word != 0 && memo->types[at].word == word) {
        return memo->types[at].type;
    }
    if (dp_rrtype_from_text(text->data, text->size_bytes, &type) != DP_OK) {
        luaL_argerror(L, arg, lua_pushfstring(L, "%s '%s' is not known", what, text->data));
    }
    memo->types[at].word = word;
    memo->types[at].type = type;
    return type;
}

uint16_t dp_arg_class(lua_State *L, int arg, int index, const char *what)
{
    return word_or_number(L, arg, index, what, dp_rrclass_from_text);
}

void dp_arg_addr(lua_State *L, int arg, int index, const char *what, uint16_t default_port,
                 struct dp_addr *addr)
{
    struct dp_arg_text text = {0};
    if (lua_type(L, index) != LUA_TSTRING) {
        luaL_argerror(L, arg,
                      lua_pushfstring(L, "%s must be an address (ADDR or ADDR#PORT), got %s", what,
                                      luaL_typename(L, index)));
    }
    text.data = lua_tolstring(L, index, &text.size_bytes);
    dp_arg_addr_text(L, arg, &text, what, default_port, addr);
}

void dp_arg_addr_text(lua_State *L, int arg, const struct dp_arg_text *text, const char *what,
                      uint16_t default_port, struct dp_addr *addr)
{
    const char *data = text->data;
    const size_t size = text->size_bytes;
    struct dp_arg_memo *memo = &dp_state_get(L)->args;
    const size_t ends = size < 4 ? 0 : (uint8_t)data[size - 1] * 5u + (uint8_t)data[size - 3];
    const size_t at = (ends + size) % DP_ARG_MEMO_ADDRS;
    if (memo->addrs[at].size_bytes == size && size != 0 && memo->addrs[at].default_port == default_port &&
        memcmp(memo->addrs[at].text, data, size) == 0) {
        *addr = memo->addrs[at].addr;
        return;
    }
    if (dp_addr_from_text(addr, data, size, default_port) != DP_OK) {
        luaL_argerror(L, arg, lua_pushfstring(L, "%s '%s' is no address (ADDR or ADDR#PORT)", what, data));
    }
    if (size > DP_ARG_ADDR_BYTES || addr->scope_id != 0) { /* the number of an interface may change */
        return;
    }
    memcpy(memo->addrs[at].text, data, size);
    memo->addrs[at].size_bytes = (uint8_t)size;
    memo->addrs[at].default_port = default_port;
    memo->addrs[at].addr = *addr;
}

uint64_t dp_arg_seconds(lua_State *L, int index, double min, double max)
{
    double seconds = luaL_checknumber(L, index);
    luaL_argcheck(L, seconds >= min && seconds <= max, index,
                  lua_pushfstring(L, "seconds must be from %f to %f", min, max));
    return (uint64_t)llround(seconds * 1e6);
}
