/* SPDX-License-Identifier: MIT
 * ① The command: argv becomes a table, dnsprobe.cli runs in the first task, its number is the exit code.
 *
 * SIGINT and SIGTERM ask the run to stop (task.on_signal; without a function there the first task is
 * canceled), so that the partial report can be written; a second one ends the process at once. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lua.h>
#include <uv.h>

#include "libs.h"
#include "net/loop.h"
#include "vm/state.h"

#define EXIT_INTERNAL    70  /* sysexits(3): EX_SOFTWARE */
#define EXIT_INTERRUPTED 130 /* as shells say it: 128 + SIGINT */

struct signals {
    uv_signal_t interrupt, terminate;
};

static void end_now(int number)
{
    (void)number;
    _exit(EXIT_INTERRUPTED);
}

/* The first signal goes to the scheduler; from then on the plain handler above is installed, which works even
 * where the loop does not turn. At a prompt every SIGINT goes to the scheduler. */
static void on_signal(uv_signal_t *handle, int number)
{
    struct dp_state *state = handle->data;
    struct signals *signals = state->signals;
    state->scheduler.signal = number;
    if (state->scheduler.again && number == SIGINT) {
        return;
    }
    uv_signal_stop(&signals->interrupt);
    uv_signal_stop(&signals->terminate);
    signal(SIGINT, end_now);
    signal(SIGTERM, end_now);
}

/* Before there is a loop nothing has been measured, and a signal simply ends the process. */
static void on_loop(struct dp_state *state)
{
    struct signals *signals = state->signals;
    uv_loop_t *loop = dp_loop_uv(state->loop);
    if (uv_signal_init(loop, &signals->interrupt) != 0 || uv_signal_init(loop, &signals->terminate) != 0) {
        return;
    }
    signals->interrupt.data = signals->terminate.data = state;
    uv_signal_start(&signals->interrupt, on_signal, SIGINT);
    uv_signal_start(&signals->terminate, on_signal, SIGTERM);
    uv_unref((uv_handle_t *)&signals->interrupt);
    uv_unref((uv_handle_t *)&signals->terminate);
}

/* Message handler: keeps the error value (cancellation is told by identity) and notes where it came from. */
static int with_traceback(lua_State *L)
{
    dp_task_push_traceback(L);
    if (lua_isnil(L, -1)) {
        luaL_traceback(L, L, NULL, 1);
    }
    lua_setglobal(L, "traceback"); /* the library is done with its globals by now */
    return 1;
}

/* cli.main(argv) in the first task; its result is left on the stack. */
static int run(lua_State *L)
{
    int argc = (int)lua_tointeger(L, 1);
    char **argv = lua_touserdata(L, 2);
    lua_getglobal(L, "require");
    lua_pushvalue(L, -1);
    lua_pushliteral(L, "dnsprobe.task.core");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "run");
    lua_pushvalue(L, -3);
    lua_pushliteral(L, "dnsprobe.cli.entry");
    lua_call(L, 1, 1);
    lua_getfield(L, -1, "main");
    lua_remove(L, -2);
    lua_createtable(L, argc, 0);
    for (int i = 1; i < argc; i++) { /* the words behind the program's name */
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i);
    }
    lua_call(L, 2, 1);
    return 1;
}

static bool wants_traceback(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "-v") == 0 || strcmp(argv[i], "--verbose") == 0) {
            return true;
        }
    }
    return getenv("DNSPROBE_DEBUG") != NULL;
}

/* What went wrong inside, in one line; `-v` or DNSPROBE_DEBUG also shows where. */
static int complain(lua_State *L, int argc, char **argv)
{
    if (dp_task_is_cancel(L, -1)) {
        return EXIT_INTERRUPTED;
    }
    fprintf(stderr, "dnsprobe: internal error: %s\n", luaL_tolstring(L, -1, NULL));
    if (wants_traceback(argc, argv) && lua_getglobal(L, "traceback") == LUA_TSTRING) {
        fprintf(stderr, "%s\n", lua_tostring(L, -1));
    }
    return EXIT_INTERNAL;
}

int main(int argc, char **argv)
{
    struct signals signals;
    int code = EXIT_INTERNAL;
    struct dp_state *state = dp_state_new(dp_libs_preload);
    if (state == NULL) {
        fprintf(stderr, "dnsprobe: out of memory\n");
        return EXIT_INTERNAL;
    }
    signal(SIGPIPE, SIG_IGN);
    state->signals = &signals;
    state->on_loop = on_loop;
    lua_State *L = state->L;
    lua_pushcfunction(L, with_traceback);
    lua_pushcfunction(L, run);
    lua_pushinteger(L, argc);
    lua_pushlightuserdata(L, argv);
    if (lua_pcall(L, 2, 1, 1) == LUA_OK) {
        code = (int)lua_tointeger(L, -1);
    } else {
        code = complain(L, argc, argv);
    }
    if (fflush(stdout) != 0 && code == 0) {
        code = EXIT_INTERNAL;
    }
    dp_state_close(state);
    return code;
}
