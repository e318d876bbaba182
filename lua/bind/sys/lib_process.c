/* SPDX-License-Identifier: MIT
 * dnsprobe.process: other programs, by argument vector, bounded in time. For the library only: no runbook
 * gets it (lua/dnsprobe/guest/sandbox.lua lists what they get). */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>
#include <uv.h>

#include "host/process.h"
#include "sys/libs.h"
#include "vm/arg.h"
#include "vm/set.h"
#include "vm/state.h"

#define ARGS_MAX      512
#define TIMEOUT_MAX_S 86400.0

struct child {
    struct dp_wait wait;
    struct dp_process *process; /* NULL: it has ended */
    bool dropped;
    struct dp_process_outcome outcome;
};

static void child_free(struct child *child)
{
    dp_wait_fini(&child->wait);
    free(child);
}

static void child_done(void *user, const struct dp_process_outcome *outcome)
{
    struct child *child = user;
    child->process = NULL;
    child->outcome = *outcome;
    if (child->dropped) {
        child_free(child);
    } else {
        dp_wait_done(&child->wait);
    }
}

static void child_drop(struct dp_wait *wait)
{
    struct child *child = (struct child *)wait;
    child->dropped = true;
    if (child->process != NULL) {
        dp_process_kill(child->process); /* child_done frees */
    } else {
        child_free(child);
    }
}

static int child_take(lua_State *L, struct dp_wait *wait)
{
    struct child *child = (struct child *)wait;
    const struct dp_process_outcome outcome = child->outcome;
    child_free(child);
    if (!outcome.started) {
        lua_pushnil(L);
        lua_pushstring(L, strerror(-outcome.error));
        return 2;
    }
    lua_createtable(L, 0, 5);
    if (outcome.exit_status >= 0) {
        dp_set_integer(L, "status", outcome.exit_status);
    }
    if (outcome.term_signal != 0) {
        dp_set_integer(L, "signal", outcome.term_signal);
    }
    dp_set_boolean(L, "timed_out", outcome.timed_out);
    dp_set_string(L, "stderr", outcome.stderr_text);
    dp_set_integer(L, "elapsed_us", (lua_Integer)outcome.elapsed_us);
    return 1;
}

/* The words at `index` as a NULL-terminated vector, a userdata on top of the stack; the strings stay the
 * table's. */
static const char **check_argv(lua_State *L, int index)
{
    luaL_checktype(L, index, LUA_TTABLE);
    const lua_Integer n = luaL_len(L, index);
    luaL_argcheck(L, n >= 1 && n <= ARGS_MAX, index, "1 to 512 words expected");
    const char **argv = lua_newuserdatauv(L, ((size_t)n + 1) * sizeof *argv, 0);
    for (lua_Integer i = 1; i <= n; i++) {
        luaL_argcheck(L, lua_rawgeti(L, index, i) == LUA_TSTRING, index, "strings expected");
        argv[i - 1] = lua_tostring(L, -1);
        lua_pop(L, 1);
    }
    argv[n] = NULL;
    return argv;
}

/* process.run(argv, seconds) -> { status?, signal?, timed_out, stderr, elapsed_us }; nil, message */
static int l_run(lua_State *L)
{
    const uint64_t timeout_us = dp_arg_seconds(L, 2, 0.01, TIMEOUT_MAX_S);
    dp_await_check(L);
    struct dp_loop *loop = dp_state_loop(L);
    const char **argv = check_argv(L, 1);
    struct child *child = calloc(1, sizeof *child);
    if (child == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&child->wait, dp_state_get(L), child_take, child_drop);
    const enum dp_err err = dp_process_run(loop, argv, timeout_us, child_done, child, &child->process);
    if (err != DP_OK) {
        child_free(child);
        return luaL_error(L, "process: %s", dp_err_text(err));
    }
    return dp_await(L, &child->wait);
}

/* process.self() -> the path of this program, or nil */
static int l_self(lua_State *L)
{
    char path[4096];
    size_t size = sizeof path;
    if (uv_exepath(path, &size) == 0) {
        lua_pushlstring(L, path, size);
    } else {
        lua_pushnil(L);
    }
    return 1;
}

/* process.cores() -> processors that this process may use */
static int l_cores(lua_State *L)
{
#if UV_VERSION_HEX >= 0x012c00
    lua_pushinteger(L, (lua_Integer)uv_available_parallelism());
#else
    uv_cpu_info_t *list;
    int n = 1;
    if (uv_cpu_info(&list, &n) == 0) {
        uv_free_cpu_info(list, n);
    }
    lua_pushinteger(L, n > 0 ? n : 1);
#endif
    return 1;
}

static const luaL_Reg functions[] = {{"cores", l_cores}, {"run", l_run}, {"self", l_self}, {NULL, NULL}};

int dp_open_process(lua_State *L)
{
    luaL_newlib(L, functions);
    return 1;
}
