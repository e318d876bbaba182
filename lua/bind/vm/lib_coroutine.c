/* SPDX-License-Identifier: MIT
 * dnsprobe.coroutine: the library of coroutines as runbooks have it. What differs from the standard one:
 *
 * 1. A task is a coroutine, too, and only the scheduler resumes it. So there is a list of those that were
 * made here, and nothing else is resumed, closed or yielded from.
 * 2. The leash goes along: the scheduler is told which thread runs, so that a ceiling finds the code there.
 *    What a ceiling stops yields to the function that resumed it, which must not tell the code of it and
 * yields on, down to the task.
 * 3. To close a coroutine runs the handlers of its `<close>` variables outside of what Lua counts as depth.
 * So they cannot yield, and so many in one another are the end of it (CLOSES_MAX).
 * 4. An error passes through a wrapped coroutine as it is: the line at its beginning stays that of the
 * mistake.
 * 5. Waiting in a coroutine is refused by dp_await_check: between two yields it runs in one piece. */
#include <lauxlib.h>

#include "vm/leash.h"
#include "vm/libs.h"
#include "vm/state.h"

#define CLOSES_MAX 8u

static const char own_key = 0; /* in the registry: thread → true, weak */

static bool is_own(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_pushvalue(L, index);
    const bool own = lua_rawget(L, -2) != LUA_TNIL;
    lua_pop(L, 2);
    return own;
}

/* The thread at an index; throws where there is none. */
static lua_State *check_thread(lua_State *L, int index)
{
    lua_State *co = lua_tothread(L, index);
    luaL_argexpected(L, co != NULL, index, "coroutine");
    return co;
}

/* coroutine.create(f) -> thread */
static int l_create(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    lua_settop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &own_key);
    lua_State *co = lua_newthread(L);
    lua_pushvalue(L, -1);
    lua_pushboolean(L, true);
    lua_rawset(L, 2);
    lua_pushvalue(L, 1);
    lua_xmove(L, co, 1);
    return 1;
}

/* Passes the `n_args` values on top of L to the coroutine. Returns how many it gave, which are on top of L
 * then; -1: an error value is there. */
static int resume(lua_State *L, lua_State *co, int n_args)
{
    struct dp_state *state = dp_state_get(L);
    int n_results = 0;
    if (!lua_checkstack(co, n_args)) {
        lua_pushliteral(L, "too many arguments to resume");
        return -1;
    }
    lua_xmove(L, co, n_args);
    dp_leash_follow(state, co);
    const int status = lua_resume(co, L, n_args, &n_results);
    dp_leash_follow(state, L);
    dp_leash_rest(L);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(co, L, 1);
        return -1;
    }
    if (!lua_checkstack(L, n_results + 1)) {
        lua_pop(co, n_results);
        lua_pushliteral(L, "too many results to resume");
        return -1;
    }
    lua_xmove(co, L, n_results);
    return n_results;
}

/* coroutine.resume(thread, ...) -> true and what it yields or returns, or false and the error */
static int l_resume(lua_State *L)
{
    lua_State *co = check_thread(L, 1);
    if (!is_own(L, 1)) {
        lua_pushboolean(L, false);
        lua_pushliteral(L, "cannot resume a task");
        return 2;
    }
    const int n_results = resume(L, co, lua_gettop(L) - 1);
    lua_pushboolean(L, n_results >= 0);
    lua_insert(L, n_results >= 0 ? -(n_results + 1) : -2);
    return n_results >= 0 ? n_results + 1 : 2;
}

/* Closes what is open in a coroutine that is suspended or failed. True: without an error; else the error
 * value is pushed on L. */
static bool close_thread(lua_State *L, lua_State *co)
{
    struct dp_state *state = dp_state_get(L);
    if (state->scheduler.closes >= CLOSES_MAX)
        luaL_error(L, "C stack overflow");
    state->scheduler.closes++;
    dp_leash_follow(state, co);
    const int status = lua_resetthread(co);
    dp_leash_follow(state, L);
    state->scheduler.closes--;
    dp_leash_rest(L);
    if (status == LUA_OK)
        return true;
    lua_xmove(co, L, 1);
    return false;
}

static int wrapped(lua_State *L)
{
    lua_State *co = lua_tothread(L, lua_upvalueindex(1));
    const int n_results = resume(L, co, lua_gettop(L));
    if (n_results >= 0)
        return n_results;
    const int status = lua_status(co);
    if (status != LUA_OK && status != LUA_YIELD) {
        lua_xmove(L, co, 1); /* handlers get the error, and may replace it */
        if (close_thread(L, co))
            lua_pushnil(L);
    }
    return lua_error(L);
}

/* coroutine.wrap(f) -> a function that resumes it, and raises its errors */
static int l_wrap(lua_State *L)
{
    l_create(L);
    lua_pushcclosure(L, wrapped, 1);
    return 1;
}

/* Is the code that calls in a coroutine that was made here? */
static bool in_own(lua_State *L)
{
    lua_pushthread(L);
    const bool own = is_own(L, -1);
    lua_pop(L, 1);
    return own && dp_state_get(L)->scheduler.closes == 0;
}

/* coroutine.yield(...) -> what the next resume gives */
static int l_yield(lua_State *L)
{
    if (!in_own(L))
        return luaL_error(L, "attempt to yield from outside a coroutine");
    return lua_yield(L, lua_gettop(L));
}

static const char *status_of(lua_State *L, lua_State *co, bool own)
{
    lua_Debug frame;
    if (co == L)
        return "running";
    if (!own)
        return "normal";
    if (lua_status(co) == LUA_YIELD)
        return "suspended";
    if (lua_status(co) != LUA_OK)
        return "dead";
    if (lua_getstack(co, 0, &frame) != 0)
        return "normal";
    return lua_gettop(co) == 0 ? "dead" : "suspended";
}

/* coroutine.status(thread) -> "running", "suspended", "normal" or "dead" */
static int l_status(lua_State *L)
{
    lua_State *co = check_thread(L, 1);
    lua_pushstring(L, status_of(L, co, is_own(L, 1)));
    return 1;
}

/* coroutine.running() -> the thread that runs, whether it is a task's */
static int l_running(lua_State *L)
{
    lua_pushthread(L);
    lua_pushboolean(L, !is_own(L, -1));
    return 2;
}

/* coroutine.isyieldable() -> may this code yield? */
static int l_isyieldable(lua_State *L)
{
    lua_pushboolean(L, in_own(L) && lua_isyieldable(L));
    return 1;
}

/* coroutine.close(thread) -> true, or false and the error of a handler */
static int l_close(lua_State *L)
{
    lua_State *co = check_thread(L, 1);
    const char *status = status_of(L, co, is_own(L, 1));
    if (status[0] != 's' && status[0] != 'd')
        return luaL_error(L, "cannot close a %s coroutine", status);
    if (close_thread(L, co)) {
        lua_pushboolean(L, true);
        return 1;
    }
    lua_pushboolean(L, false);
    lua_insert(L, -2);
    return 2;
}

static const luaL_Reg functions[] = {
    {"create", l_create}, {"resume", l_resume},           {"wrap", l_wrap},
    {"yield", l_yield},   {"status", l_status},           {"running", l_running},
    {"close", l_close},   {"isyieldable", l_isyieldable}, {NULL, NULL},
};

int dp_open_coroutine(lua_State *L)
{
    lua_newtable(L);
    lua_createtable(L, 0, 1);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &own_key);
    luaL_newlib(L, functions);
    return 1;
}
