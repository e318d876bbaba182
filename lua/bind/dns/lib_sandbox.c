/* SPDX-License-Identifier: MIT
 * dnsprobe.sandbox.core: what the sandbox (lua/dnsprobe/guest/sandbox.lua) needs of C: leashes, and the
 * functions of `string` that could run for ever. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/exchanges.h"
#include "dns/libs.h"
#include "dns/message.h"
#include "vm/arg.h"
#include "vm/await.h"
#include "vm/leash.h"
#include "vm/pattern.h"
#include "vm/state.h"

#define MEMORY_MAX_MIB 65536
#define SPECIALS       "^$*+?.([%-"
#define ITEMS_WORDS    48 /* room for the items of patterns of about as many characters */

/* ---- leashes ---- */

struct leash_values {
    bool quiet, trusted, typed;
    uint64_t cpu_us;
    int64_t memory_mib;
};
#define FIELD(member) offsetof(struct leash_values, member)
static const struct dp_arg_row leash_rows[] = {
    {"cpu_s", DP_ARG_SECONDS, FIELD(cpu_us), 0.05, 86400, NULL},
    {"memory_mib", DP_ARG_INT, FIELD(memory_mib), 1, MEMORY_MAX_MIB, NULL},
    {"quiet", DP_ARG_BOOL, FIELD(quiet), 0, 0, NULL},
    {"trusted", DP_ARG_BOOL, FIELD(trusted), 0, 0, NULL},
    {"typed", DP_ARG_BOOL, FIELD(typed), 0, 0, NULL},
};

/* core.leash({ quiet, trusted, typed, cpu_s, memory_mib }, f, ...) -> handle of a task that runs f on it */
static int l_leash(lua_State *L)
{
    struct leash_values v = {.cpu_us = 20000000, .memory_mib = 256};
    dp_arg_table(L, 1, false, leash_rows, sizeof leash_rows / sizeof leash_rows[0], &v);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    struct dp_state *state = dp_state_get(L);
    if (state->scheduler.current == NULL) {
        return luaL_error(L, "core.leash needs a task");
    }
    const struct dp_leash_limits limits = {.quiet = v.quiet,
                                           .trusted = v.trusted,
                                           .typed = v.typed,
                                           .cpu_us = v.cpu_us,
                                           .memory_bytes = (size_t)v.memory_mib << 20};
    struct dp_leash *leash = dp_leash_new(state, &limits);
    if (leash == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_task_spawn_leashed(L, lua_gettop(L) - 2, leash);
    return 1;
}

/* core.place() -> "free": no task here · "task" · "leash": already on one */
static int l_place(lua_State *L)
{
    const struct dp_scheduler *s = &dp_state_get(L)->scheduler;
    lua_pushstring(L, s->current == NULL ? "free" : s->leash == NULL ? "task" : "leash");
    return 1;
}

/* core.stopped([handle]) -> why the task, or the one that runs, was stopped:
 * "time", "memory", "queries"; nil */
static int l_stopped(lua_State *L)
{
    const struct dp_leash *leash = dp_state_get(L)->scheduler.leash;
    int stop = leash == NULL ? DP_LEASH_RUNS : leash->stop;
    if (!lua_isnoneornil(L, 1)) {
        stop = dp_task_stop(dp_task_check(L, 1));
    }
    lua_pushstring(L, dp_leash_stop_name(stop));
    return 1;
}

/* core.out_of_memory(): an error for want of memory was raised; on a leash the task ends here for good */
static int l_out_of_memory(lua_State *L)
{
    const struct dp_leash *leash = dp_state_get(L)->scheduler.leash;
    return leash == NULL || leash->limits.trusted ? 0 : dp_leash_halt(L, DP_LEASH_MEMORY);
}

/* core.again(message) -> a fresh Exchange table of the exchange that the Message belongs to, whatever has
 * been done to others of it; nil: the value is no Message of an exchange */
static int l_again(lua_State *L)
{
    const struct dp_exchange *ex = lua_type(L, 1) == LUA_TUSERDATA ? dp_message_exchange(L, 1) : NULL;
    if (ex == NULL) {
        luaL_pushfail(L);
        return 1;
    }
    dp_exchange_push(L, (struct dp_exchange *)(uintptr_t)ex);
    return 1;
}

/* core.number(message) -> the number of the exchange that the Message belongs to, as the engine has it; nil:
 * the value is no Message of an exchange */
static int l_number(lua_State *L)
{
    const struct dp_exchange *ex = lua_type(L, 1) == LUA_TUSERDATA ? dp_message_exchange(L, 1) : NULL;
    if (ex == NULL) {
        luaL_pushfail(L);
    } else {
        lua_pushinteger(L, (lua_Integer)ex->n);
    }
    return 1;
}

/* ---- patterns ---- */

struct texts {
    const char *subject, *pattern;
    size_t subject_bytes, pattern_bytes;
};

static struct texts check_texts(lua_State *L)
{
    struct texts t;
    t.subject = luaL_checklstring(L, 1, &t.subject_bytes);
    t.pattern = luaL_checklstring(L, 2, &t.pattern_bytes);
    return t;
}

/* Where an optional `init` argument begins: an offset from 0, or one behind the end. */
static size_t check_init(lua_State *L, int arg, size_t size_bytes)
{
    const lua_Integer init = luaL_optinteger(L, arg, 1);
    if (init > 0) {
        return (lua_Unsigned)init - 1 > size_bytes ? size_bytes + 1 : (size_t)init - 1;
    }
    if (init == 0 || (lua_Unsigned)0 - (lua_Unsigned)init > size_bytes) {
        return 0;
    }
    return size_bytes - (size_t)(0 - init);
}

/* Compiles into `items` where they are enough, else into a userdata that is left on the stack. */
static void prepare(lua_State *L, struct dp_pattern *m, const struct texts *t, void *items,
                    size_t items_bytes)
{
    const size_t room_bytes = dp_pattern_room_bytes(t->pattern_bytes);
    memset(m, 0, sizeof *m);
    m->L = L;
    m->subject = t->subject;
    m->end = t->subject + t->subject_bytes;
    dp_pattern_compile(m, t->pattern, t->pattern_bytes,
                       room_bytes <= items_bytes ? items : lua_newuserdatauv(L, room_bytes, 0));
}

static bool skip_anchor(struct texts *t)
{
    if (t->pattern_bytes == 0 || t->pattern[0] != '^') {
        return false;
    }
    t->pattern++;
    t->pattern_bytes--;
    return true;
}

static bool is_plain(const struct texts *t)
{
    for (size_t i = 0; i < t->pattern_bytes; i++) {
        if (t->pattern[i] != '\0' && strchr(SPECIALS, t->pattern[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static int find_plain(lua_State *L, const struct texts *t, size_t init)
{
    const char *at = t->pattern_bytes == 0
                         ? t->subject + init
                         : memmem(t->subject + init, t->subject_bytes - init, t->pattern, t->pattern_bytes);
    if (at == NULL) {
        luaL_pushfail(L);
        return 1;
    }
    lua_pushinteger(L, at - t->subject + 1);
    lua_pushinteger(L, at - t->subject + (lua_Integer)t->pattern_bytes);
    return 2;
}

/* The first match from `init` on; NULL: none. */
static const char *search(struct dp_pattern *m, const struct texts *t, size_t init, bool anchored,
                          const char **from)
{
    for (*from = t->subject + init; *from <= m->end; ++*from) {
        const char *next = anchored ? *from : dp_pattern_next(m, *from);
        if (next == NULL) {
            return NULL;
        }
        *from = next;
        const char *end = dp_pattern_match(m, *from);
        if (end != NULL || anchored) {
            return end;
        }
    }
    return NULL;
}

static int find_or_match(lua_State *L, bool find)
{
    max_align_t items[ITEMS_WORDS];
    struct dp_pattern m;
    struct texts t = check_texts(L);
    const size_t init = check_init(L, 3, t.subject_bytes);
    const char *from = NULL;
    if (init > t.subject_bytes) {
        luaL_pushfail(L);
        return 1;
    }
    if (find && (lua_toboolean(L, 4) || is_plain(&t))) {
        return find_plain(L, &t, init);
    }
    const bool anchored = skip_anchor(&t);
    prepare(L, &m, &t, items, sizeof items);
    const char *end = search(&m, &t, init, anchored, &from);
    if (end == NULL) {
        luaL_pushfail(L);
        return 1;
    }
    if (!find) {
        return dp_pattern_push(&m, from, end);
    }
    lua_pushinteger(L, from - t.subject + 1);
    lua_pushinteger(L, end - t.subject);
    return 2 + (m.n_captures == 0 ? 0 : dp_pattern_push(&m, from, end));
}

/* core.find(s, pattern[, init[, plain]]), core.match(s, pattern[, init]): as those of `string` */
static int l_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int l_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* ---- gmatch: s, pattern, where to go on and the end of the last match are upvalues ---- */

static int gmatch_next(lua_State *L)
{
    max_align_t items[ITEMS_WORDS];
    struct dp_pattern m;
    struct texts t;
    t.subject = lua_tolstring(L, lua_upvalueindex(1), &t.subject_bytes);
    t.pattern = lua_tolstring(L, lua_upvalueindex(2), &t.pattern_bytes);
    const lua_Integer at = lua_tointeger(L, lua_upvalueindex(3)),
                      last = lua_tointeger(L, lua_upvalueindex(4));
    prepare(L, &m, &t, items, sizeof items);
    for (const char *from = t.subject + at; (from = dp_pattern_next(&m, from)) != NULL; from++) {
        const char *end = dp_pattern_match(&m, from);
        if (end == NULL || end - t.subject == last) {
            continue;
        }
        lua_pushinteger(L, end - t.subject);
        lua_copy(L, -1, lua_upvalueindex(3));
        lua_replace(L, lua_upvalueindex(4));
        return dp_pattern_push(&m, from, end);
    }
    return 0;
}

static int l_gmatch(lua_State *L)
{
    const struct texts t = check_texts(L);
    const size_t init = check_init(L, 3, t.subject_bytes);
    lua_settop(L, 2);
    lua_pushinteger(L, (lua_Integer)init);
    lua_pushinteger(L, -1);
    lua_pushcclosure(L, gmatch_next, 4);
    return 1;
}

/* ---- gsub ---- */

static void add_text(lua_State *L, struct dp_pattern *m, luaL_Buffer *out, const char *from, const char *end)
{
    size_t size = 0;
    const char *text = lua_tolstring(L, 3, &size), *text_end = text + size;
    for (const char *p = text; p < text_end; p++) {
        if (*p != '%') {
            luaL_addchar(out, *p);
            continue;
        }
        p++;
        if (p < text_end && *p == '%') {
            luaL_addchar(out, '%');
        } else if (p < text_end && *p == '0') {
            luaL_addlstring(out, from, (size_t)(end - from));
        } else if (p < text_end && *p >= '1' && *p <= '9') {
            dp_pattern_push_one(m, (unsigned)(*p - '1'), from, end);
            luaL_tolstring(L, -1, NULL);
            lua_remove(L, -2);
            luaL_addvalue(out);
        } else {
            luaL_error(L, "invalid use of '%%' in replacement string");
        }
    }
}

/* Adds what takes the place of a match. */
static void add_replacement(lua_State *L, struct dp_pattern *m, luaL_Buffer *out, const char *from,
                            const char *end)
{
    const int type = lua_type(L, 3);
    if (type != LUA_TFUNCTION && type != LUA_TTABLE) {
        add_text(L, m, out, from, end);
        return;
    }
    if (type == LUA_TFUNCTION) {
        lua_pushvalue(L, 3);
        lua_call(L, dp_pattern_push(m, from, end), 1);
    } else {
        dp_pattern_push_one(m, 0, from, end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        lua_pop(L, 1);
        luaL_addlstring(out, from, (size_t)(end - from));
        return;
    }
    if (!lua_isstring(L, -1)) {
        luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
    }
    luaL_addvalue(out);
}

/* core.gsub(s, pattern, replacement[, n]): as string.gsub */
static int l_gsub(lua_State *L)
{
    max_align_t items[ITEMS_WORDS];
    struct dp_pattern m;
    luaL_Buffer out;
    struct texts t = check_texts(L);
    const int type = lua_type(L, 3);
    const lua_Integer most = luaL_optinteger(L, 4, (lua_Integer)t.subject_bytes + 1);
    lua_Integer n = 0;
    const char *last = NULL;
    luaL_argexpected(
        L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
        "string/function/table");
    const bool anchored = skip_anchor(&t);
    prepare(L, &m, &t, items, sizeof items);
    luaL_buffinit(L, &out);
    const char *at = t.subject;
    while (n < most) {
        const char *next = anchored ? at : dp_pattern_next(&m, at);
        if (next == NULL) {
            break;
        }
        luaL_addlstring(&out, at, (size_t)(next - at));
        at = next;
        const char *end = dp_pattern_match(&m, at);
        if (end != NULL && end != last) {
            n++;
            add_replacement(L, &m, &out, at, end);
            at = last = end;
        } else if (at < m.end) {
            luaL_addchar(&out, *at++);
        } else {
            break;
        }
        if (anchored) {
            break;
        }
    }
    luaL_addlstring(&out, at, (size_t)(m.end - at));
    luaL_pushresult(&out);
    lua_pushinteger(L, n);
    return 2;
}

static const luaL_Reg functions[] = {
    {"leash", l_leash},     {"place", l_place},   {"again", l_again},
    {"stopped", l_stopped}, {"find", l_find},     {"out_of_memory", l_out_of_memory},
    {"match", l_match},     {"gmatch", l_gmatch}, {"gsub", l_gsub},
    {"number", l_number},   {NULL, NULL},
};

int dp_open_sandbox(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
