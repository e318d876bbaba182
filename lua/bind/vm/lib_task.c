/* SPDX-License-Identifier: MIT
 * dnsprobe.task.core: the primitives under dnsprobe.task (lua/dnsprobe/base/task.lua). */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "net/loop.h"
#include "vm/arg.h"
#include "vm/await.h"
#include "vm/libs.h"
#include "vm/state.h"

#define SLEEP_MAX_S 86400.0

/* task.run(f, ...) -> what f returns. Starts the first task and drives the loop until it ends. */
static int l_run(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (dp_state_get(L)->scheduler.root != NULL) {
        return luaL_error(L, "task.run is running already: use task.spawn inside it");
    }
    struct dp_task *task = dp_task_spawn(L, lua_gettop(L) - 1);
    if (!dp_task_drive(L, task)) {
        return luaL_error(L, "the task waits for something that cannot come");
    }
    return dp_task_results(L, task);
}

/* task.spawn(f, ...) -> handle */
static int l_spawn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TFUNCTION);
    if (dp_state_get(L)->scheduler.current == NULL) {
        return luaL_error(L, "task.spawn needs a parent: call it inside task.run");
    }
    dp_task_spawn(L, lua_gettop(L) - 1);
    return 1;
}

/* ---- sleep ---- */

struct sleep {
    struct dp_wait wait;
    struct dp_timer *timer; /* NULL once it has fired */
};

static void sleep_free(struct sleep *sleep)
{
    dp_wait_fini(&sleep->wait);
    free(sleep);
}

static void sleep_drop(struct dp_wait *wait)
{
    struct sleep *sleep = (struct sleep *)wait;
    if (sleep->timer != NULL) {
        dp_timer_cancel(sleep->timer);
    }
    sleep_free(sleep);
}

static int sleep_take(lua_State *L, struct dp_wait *wait)
{
    (void)L;
    sleep_free((struct sleep *)wait);
    return 0;
}

static void sleep_fired(void *user)
{
    struct sleep *sleep = user;
    sleep->timer = NULL;
    dp_wait_done(&sleep->wait);
}

/* task.sleep(seconds) */
static int l_sleep(lua_State *L)
{
    uint64_t after_us = dp_arg_seconds(L, 1, 0, SLEEP_MAX_S);
    dp_await_check(L);
    struct dp_loop *loop = dp_state_loop(L);
    struct sleep *sleep = calloc(1, sizeof *sleep);
    if (sleep == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&sleep->wait, dp_state_get(L), sleep_take, sleep_drop);
    if (dp_timer_start(loop, after_us, sleep_fired, sleep, &sleep->timer) != DP_OK) {
        sleep_free(sleep);
        return luaL_error(L, "timer: out of memory");
    }
    return dp_await(L, &sleep->wait);
}

/* ---- join: several tasks at once ---- */

struct join {
    struct dp_wait wait;
    struct dp_timer *timer; /* NULL: no limit, or it has fired */
    size_t pending, n;
    bool failed;
    struct dp_watch watches[];
};

static void join_free(struct join *join)
{
    if (join->timer != NULL) {
        dp_timer_cancel(join->timer);
    }
    for (size_t i = 0; i < join->n; i++) {
        dp_task_unwatch(&join->watches[i]);
    }
    dp_wait_fini(&join->wait);
    free(join);
}

static void join_drop(struct dp_wait *wait)
{
    join_free((struct join *)wait);
}

static int join_take(lua_State *L, struct dp_wait *wait)
{
    struct join *join = (struct join *)wait;
    const char *end = join->failed ? "failed" : join->pending == 0 ? "done" : "deadline";
    join_free(join);
    lua_pushstring(L, end);
    return 1;
}

static void join_expired(void *user)
{
    struct join *join = user;
    join->timer = NULL;
    dp_wait_done(&join->wait);
}

static void join_ended(struct dp_watch *watch, const struct dp_task *task)
{
    struct join *join = watch->user;
    join->pending--;
    if (dp_task_failed(task)) {
        join->failed = true;
    }
    if (join->pending == 0 || join->failed) {
        dp_wait_done(&join->wait);
    }
}

/* A new join of `n` tasks, to be watched yet. */
static struct join *join_new(lua_State *L, size_t n, dp_wait_take *take)
{
    struct join *join = malloc(sizeof *join + n * sizeof join->watches[0]);
    if (join == NULL) {
        luaL_error(L, "out of memory");
    }
    memset(join, 0, sizeof *join + n * sizeof join->watches[0]);
    dp_wait_init(&join->wait, dp_state_get(L), take, join_drop);
    join->n = join->pending = n;
    join->wait.done = n == 0;
    return join;
}

static void join_watch(struct join *join, size_t i, struct dp_task *task)
{
    join->watches[i] = (struct dp_watch){.ended = join_ended, .user = join};
    dp_task_watch(&join->watches[i], task);
}

/* core.join(list of handles[, seconds]) -> "done", "failed" (at the first failure) or "deadline" */
static int l_join(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    size_t n = (size_t)luaL_len(L, 1);
    bool limited = !lua_isnoneornil(L, 2);
    uint64_t after_us = limited ? dp_arg_seconds(L, 2, 0, SLEEP_MAX_S) : 0;
    struct dp_loop *loop = limited ? dp_state_loop(L) : NULL;
    for (size_t i = 1; i <= n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i);
        dp_task_check(L, -1);
        lua_pop(L, 1);
    }
    dp_await_check(L);
    struct join *join = join_new(L, n, join_take);
    for (size_t i = 0; i < n; i++) {
        lua_rawgeti(L, 1, (lua_Integer)i + 1);
        join_watch(join, i, lua_touserdata(L, -1));
        lua_pop(L, 1);
    }
    if (limited && !join->wait.done &&
        dp_timer_start(loop, after_us, join_expired, join, &join->timer) != DP_OK) {
        join_free(join);
        return luaL_error(L, "timer: out of memory");
    }
    return dp_await(L, &join->wait);
}

static int await_take(lua_State *L, struct dp_wait *wait)
{
    join_free((struct join *)wait);
    return dp_task_results(L, lua_touserdata(L, 1));
}

/* handle:await() -> the results of the task, when it has finished; raises its error */
static int l_await(lua_State *L)
{
    struct dp_task *task = dp_task_check(L, 1);
    dp_await_check(L);
    lua_settop(L, 1);
    struct join *join = join_new(L, 1, await_take);
    join_watch(join, 0, task);
    return dp_await(L, &join->wait);
}

/* ---- handles ---- */

/* core.results(handle) -> the results of a finished task; raises its error */
static int l_results(lua_State *L)
{
    struct dp_task *task = dp_task_check(L, 1);
    luaL_argcheck(L, dp_task_finished(task), 1, "the task has not finished");
    lua_settop(L, 1);
    return dp_task_results(L, task);
}

/* handle:cancel(): the task ends with an error where it waits; without effect on a finished one */
static int l_cancel(lua_State *L)
{
    dp_task_cancel(dp_task_check(L, 1));
    return 0;
}

/* handle:status() -> "running", "done" or "failed" */
static int l_status(lua_State *L)
{
    const struct dp_task *task = dp_task_check(L, 1);
    lua_pushstring(L, !dp_task_finished(task) ? "running" : dp_task_failed(task) ? "failed" : "done");
    return 1;
}

/* core.is_canceled(value) -> is it the error value of a cancellation? */
static int l_is_canceled(lua_State *L)
{
    luaL_checkany(L, 1);
    lua_pushboolean(L, dp_task_is_cancel(L, 1));
    return 1;
}

/* core.traceback() -> traceback of the last failure in a task, or nil */
static int l_traceback(lua_State *L)
{
    dp_task_push_traceback(L);
    return 1;
}

/* core.on_signal(f or nil[, again]): f(name) runs as a task when SIGINT or SIGTERM asks the run to stop; with
 * `again` a second SIGINT does so too, instead of ending the process */
static int l_on_signal(lua_State *L)
{
    if (!lua_isnoneornil(L, 1)) {
        luaL_checktype(L, 1, LUA_TFUNCTION);
    }
    dp_state_get(L)->scheduler.again = lua_toboolean(L, 2) != 0;
    lua_settop(L, 1);
    lua_setfield(L, LUA_REGISTRYINDEX, DP_ON_SIGNAL);
    return 0;
}

/* core.interrupted() -> the signal that has come and that nobody has handled, which is handled with that;
 * nil. For code that never waits: the loop turns once, and only callbacks of the core run in it. */
static int l_interrupted(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (state->loop != NULL && state->scheduler.signal == 0) {
        dp_loop_turn(state->loop, false);
    }
    if (state->scheduler.signal == 0) {
        return 0;
    }
    lua_pushstring(L, state->scheduler.signal == 2 ? "SIGINT" : "SIGTERM");
    state->scheduler.signal = 0;
    return 1;
}

static const luaL_Reg functions[] = {
    {"run", l_run},
    {"spawn", l_spawn},
    {"sleep", l_sleep},
    {"join", l_join},
    {"results", l_results},
    {"is_canceled", l_is_canceled},
    {"traceback", l_traceback},
    {"on_signal", l_on_signal},
    {"interrupted", l_interrupted},
    {NULL, NULL},
};
static const luaL_Reg methods[] = {
    {"await", l_await}, {"cancel", l_cancel}, {"status", l_status}, {NULL, NULL}};

int dp_open_task(lua_State *L)
{
    luaL_newlib(L, functions);
    luaL_newmetatable(L, "dnsprobe.Task");
    luaL_newlib(L, methods);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, l_cancel);
    lua_setfield(L, -2, "__close");
    lua_pop(L, 1);
    return 1;
}
