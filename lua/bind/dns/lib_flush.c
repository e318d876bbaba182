/* SPDX-License-Identifier: MIT
 * dns.flush: the plan of emptying this host's caches, and, where the run was allowed to, its execution. */
#include <stdlib.h>
#include <string.h>

#include <lauxlib.h>

#include "dns/libs.h"
#include "dns/push.h"
#include "host/flush.h"
#include "vm/arg.h"
#include "vm/hostpaths.h"
#include "vm/set.h"
#include "vm/state.h"

#define PLAN_LIMIT_BYTES (1u << 20)
#define STEP_TIMEOUT_US  10000000u /* a cache that takes longer to be emptied hangs */

/* ---- pushing ---- */

static void set_argv(lua_State *L, const char *const *argv)
{
    if (argv == NULL) {
        return;
    }
    lua_newtable(L);
    for (lua_Integer i = 0; argv[i] != NULL; i++) {
        lua_pushstring(L, argv[i]);
        lua_rawseti(L, -2, i + 1);
    }
    lua_setfield(L, -2, "argv");
}

static void set_outcome(lua_State *L, const struct dp_flush_outcome *outcome)
{
    const struct dp_process_outcome *process = &outcome->process;
    if (!outcome->ran) {
        return;
    }
    lua_createtable(L, 0, 5);
    dp_set_boolean(L, "ok", outcome->ok);
    if (process->started && process->exit_status >= 0) {
        dp_set_integer(L, "status", process->exit_status);
    }
    if (process->term_signal != 0) {
        dp_set_integer(L, "signal", process->term_signal);
    }
    dp_set_boolean(L, "timed_out", process->timed_out);
    if (process->stderr_text[0] != '\0') {
        dp_set_string(L, "stderr", process->stderr_text);
    }
    if (process->error != 0) {
        dp_set_string(L, "error", strerror(-process->error));
    }
    lua_setfield(L, -2, "outcome");
}

/* { platform, here, steps = {...} }; `outcomes` NULL: only planned. */
static void push_plan(lua_State *L, const struct dp_flush_plan *plan, const struct dp_flush_outcome *outcomes)
{
    lua_createtable(L, 0, 3);
    dp_set_string(L, "platform", dp_flush_platform_name(plan->platform));
    dp_set_boolean(L, "here", plan->here);
    lua_createtable(L, (int)plan->n_steps, 0);
    for (size_t i = 0; i < plan->n_steps; i++) {
        const struct dp_flush_step *step = &plan->steps[i];
        lua_createtable(L, 0, 9);
        dp_set_string(L, "what", step->what);
        set_argv(L, step->argv);
        dp_set_string(L, "why", step->why);
        dp_set_string(L, "text", step->text);
        dp_set_boolean(L, "needs_root", step->needs_root);
        dp_set_boolean(L, "present", step->present);
        dp_set_boolean(L, "manual", step->manual);
        if (step->pid != 0) {
            dp_set_integer(L, "pid", step->pid);
        }
        if (outcomes != NULL) {
            set_outcome(L, &outcomes[i]);
        }
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "steps");
}

/* ---- the operation ---- */

struct flush {
    struct dp_wait wait;
    bool dropped;
    struct dp_arena arena; /* of the plan and the outcomes */
    struct dp_flush_plan plan;
    struct dp_flush_outcome *outcomes;
};

static void flush_free(struct flush *flush)
{
    dp_wait_fini(&flush->wait);
    dp_arena_fini(&flush->arena);
    free(flush);
}

static void flush_done(void *user, const struct dp_flush_plan *plan, const struct dp_flush_outcome *outcomes)
{
    struct flush *flush = user;
    if (flush->dropped) {
        flush_free(flush);
        return;
    }
    if (plan->n_steps > 0) {
        flush->outcomes = dp_arena_memdup(&flush->arena, outcomes, plan->n_steps * sizeof *outcomes);
    }
    dp_wait_done(&flush->wait);
}

/* What was begun is finished: a cache is not left half emptied. */
static void flush_drop(struct dp_wait *wait)
{
    struct flush *flush = (struct flush *)wait;
    flush->dropped = true;
    if (wait->done) {
        flush_free(flush);
    }
}

static int flush_take(lua_State *L, struct dp_wait *wait)
{
    struct flush *flush = (struct flush *)wait;
    push_plan(L, &flush->plan, flush->outcomes);
    flush_free(flush);
    return 1;
}

/* ---- dns.flush ---- */

struct flush_values {
    bool plan;
    struct dp_arg_text domain, platform;
};
#define FIELD(member) offsetof(struct flush_values, member)
static const struct dp_arg_row rows[] = {
    {"domain", DP_ARG_STRING, FIELD(domain), 0, 0, NULL},
    {"plan", DP_ARG_BOOL, FIELD(plan), 0, 0, NULL},
    {"platform", DP_ARG_STRING, FIELD(platform), 0, 0, NULL},
};

static int flush_start(lua_State *L, struct flush *flush)
{
    enum dp_err err = dp_flush_run(dp_state_get(L)->loop, &flush->plan, STEP_TIMEOUT_US, flush_done, flush);
    if (err == DP_OK) {
        return dp_await(L, &flush->wait);
    }
    flush_free(flush);
    lua_pushnil(L);
    lua_pushstring(L, dp_err_text(err));
    lua_pushliteral(L, "error");
    return 3;
}

/* dns.flush{ plan = true, platform?, domain? } -> plan;
 * with plan = false its steps are run and have outcomes */
static int l_flush(lua_State *L)
{
    struct flush_values v = {.plan = true};
    enum dp_flush_platform platform = dp_flush_platform_here();
    dp_arg_table(L, 1, true, rows, sizeof rows / sizeof rows[0], &v);
    if (v.platform.data != NULL && dp_flush_platform_from_text(v.platform.data, &platform) != DP_OK) {
        return luaL_argerror(L, 1,
                             lua_pushfstring(L,
                                             "option 'platform' '%s' is none of linux, macos, windows, java",
                                             v.platform.data));
    }
    if (!v.plan) {
        if (!dp_state_get(L)->settings.allow_flush) {
            return luaL_error(L, "this run is not allowed to flush caches (--allow flush)");
        }
        if (!dp_hostpaths_is_this_host(L)) {
            return luaL_error(L, "the caches of this host are no part of the lab");
        }
        dp_await_check(L);
        dp_state_loop(L);
    }
    struct dp_host_paths paths = dp_hostpaths(L);
    struct flush *flush = calloc(1, sizeof *flush);
    if (flush == NULL) {
        return luaL_error(L, "out of memory");
    }
    dp_wait_init(&flush->wait, dp_state_get(L), flush_take, flush_drop);
    dp_arena_init(&flush->arena, PLAN_LIMIT_BYTES);
    flush->wait.done = v.plan;
    enum dp_err err = dp_flush_plan_make(platform, &paths, v.domain.data, &flush->arena, &flush->plan);
    if (err != DP_OK) {
        flush_free(flush);
        return luaL_error(L, "flush: %s", dp_err_text(err));
    }
    return v.plan ? flush_take(L, &flush->wait) : flush_start(L, flush);
}

static const luaL_Reg functions[] = {{"flush", l_flush}, {NULL, NULL}};

void dp_add_flush(lua_State *L)
{
    luaL_setfuncs(L, functions, 0);
}
