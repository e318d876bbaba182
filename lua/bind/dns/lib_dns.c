/* SPDX-License-Identifier: MIT
 * The module `dnsprobe`: settings, clock, counters and randomness; its larger parts are added by their own
 * files. */
#include <math.h>
#include <string.h>

#include <lauxlib.h>

#include "base/clock.h"
#include "base/escape.h"
#include "dns/libs.h"
#include "dns/push.h"
#include "exchange/exchange.h"
#include "host/stub_ares.h"
#include "vm/arg.h"
#include "vm/hostpaths.h"
#include "vm/set.h"
#include "vm/state.h"

#ifndef DP_VERSION
#error "DP_VERSION comes from CMakeLists.txt"
#endif

/* ---- setup ---- */

static const struct dp_arg_row setup_rows[] = {
    {"allow_flush", DP_ARG_BOOL, offsetof(struct dp_settings, allow_flush), 0, 0, NULL},
    {"burst", DP_ARG_NUMBER, offsetof(struct dp_settings, burst), 1, 1e6, NULL},
    {"family", DP_ARG_ANY, 0, 0, 0, NULL},
    {"guard", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"late", DP_ARG_SECONDS, offsetof(struct dp_settings, late_us), 0, 3600, NULL},
    {"linger", DP_ARG_SECONDS, offsetof(struct dp_settings, linger_us), 0, 60, NULL},
    {"max_queries", DP_ARG_INT, offsetof(struct dp_settings, max_queries), 0, 1e9, NULL},
    {"port", DP_ARG_INT, offsetof(struct dp_settings, port), 1, 65535, NULL},
    {"qps", DP_ARG_NUMBER, offsetof(struct dp_settings, qps), 0, 1e6, NULL},
    {"qps_most", DP_ARG_NUMBER, offsetof(struct dp_settings, qps_most), 0, 1e6, NULL},
    {"qps_total", DP_ARG_NUMBER, offsetof(struct dp_settings, qps_total), 0, 1e6, NULL},
    {"root_hints", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"seed", DP_ARG_INT, offsetof(struct dp_settings, seed), -9223372036854775808.0, 9223372036854775807.0,
     NULL},
    {"step_queries", DP_ARG_INT, offsetof(struct dp_settings, step_queries), 0, 1e9, NULL},
    {"stub", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"timeout", DP_ARG_SECONDS, offsetof(struct dp_settings, timeout_us), 0.001, 3600, NULL},
};

static const char *const guard_modes[] = {"public", "off", "loopback", NULL};
struct guard_values {
    int mode;
    int64_t servers;
};
static const struct dp_arg_row guard_rows[] = {
    {"allow", DP_ARG_TABLE, 0, 0, 0, NULL},
    {"mode", DP_ARG_WORD, offsetof(struct guard_values, mode), 0, 0, guard_modes},
    {"servers", DP_ARG_INT, offsetof(struct guard_values, servers), 0, 1e9, NULL},
};

static void allow_at(lua_State *L, int arg, int index)
{
    struct dp_addr addr;
    dp_arg_addr(L, arg, index, "allowed address", 0, &addr);
    if (dp_guard_allow(&dp_state_get(L)->guard, &addr) != DP_OK) {
        luaL_error(L, "out of memory");
    }
}

/* dns.answered(address[, false]): it was answered for the target, so a runbook may connect to it; false: no
 * longer */
static int l_answered(lua_State *L)
{
    struct dp_addr addr;
    dp_arg_addr(L, 1, 1, "answered address", 0, &addr);
    addr.port = 0;
    if (lua_isboolean(L, 2) && !lua_toboolean(L, 2)) {
        dp_guard_forget(&dp_state_get(L)->guard, &addr);
    } else if (dp_guard_answered(&dp_state_get(L)->guard, &addr) != DP_OK) {
        return luaL_error(L, "out of memory");
    }
    return 0;
}

/* Reads guard = { mode, allow } of the setup table at 1. */
static void setup_guard(lua_State *L)
{
    struct dp_guard *guard = &dp_state_get(L)->guard;
    struct guard_values v = {.mode = (int)guard->mode, .servers = (int64_t)guard->servers_max};
    if (lua_getfield(L, 1, "guard") != LUA_TNIL) {
        dp_arg_options(L, 1, -1, "guard.", guard_rows, sizeof guard_rows / sizeof guard_rows[0], &v);
        guard->mode = (enum dp_guard_mode)v.mode;
        guard->servers_max = (size_t)v.servers;
        if (lua_getfield(L, -1, "allow") == LUA_TTABLE) {
            for (lua_Integer i = 1; lua_rawgeti(L, -1, i) != LUA_TNIL; i++) {
                allow_at(L, 1, -1);
                lua_pop(L, 1);
            }
            lua_pop(L, 1);
        }
        lua_pop(L, 1);
    }
    lua_pop(L, 1);
}

static int setup_family(lua_State *L, int family)
{
    int type = lua_getfield(L, 1, "family");
    lua_Integer value = lua_tointeger(L, -1);
    lua_pop(L, 1);
    if (type == LUA_TNIL) {
        return family;
    }
    luaL_argcheck(L, value == 4 || value == 6 || value == 0, 1, "option 'family' must be 4, 6 or 0 (both)");
    return (int)value;
}

/* A new view of the host: c-ares reads its files again at the next look-up;
 * those in flight end as canceled. */
static void setup_stub(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (lua_getfield(L, 1, "stub") != LUA_TNIL) {
        dp_hostpaths_check(L, -1);
        if (state->ares != NULL) {
            dp_stub_ares_free(state->ares);
        }
        state->ares = NULL;
    }
    lua_pop(L, 1);
}

/* dns.setup{...}: given keys replace what was set before. The seed counts only before the first exchange. */
static int l_setup(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    struct dp_settings settings = state->settings;
    dp_arg_table(L, 1, false, setup_rows, sizeof setup_rows / sizeof setup_rows[0], &settings);
    settings.family = setup_family(L, settings.family);
    bool seeded = lua_getfield(L, 1, "seed") != LUA_TNIL;
    setup_guard(L);
    setup_stub(L);
    static const char *const kept[] = {"root_hints", "stub"};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) {
        if (lua_getfield(L, 1, kept[i]) != LUA_TNIL) {
            dp_state_set_setup(L, kept[i]);
        } else {
            lua_pop(L, 1);
        }
    }
    if (seeded) {
        settings.seeded = true;
        dp_rand_init_seeded(&state->rand, (uint64_t)settings.seed);
    }
    state->settings = settings;
    state->charged = 0;
    dp_guard_reset(&state->guard);
    if (state->engine != NULL) {
        dp_engine_set_qps(state->engine, settings.qps, settings.qps_total);
    }
    return 0;
}

/* dns.allow(address): the guard lets it pass from now on */
static int l_allow(lua_State *L)
{
    allow_at(L, 1, 1);
    return 0;
}

/* ---- clock, counters, randomness ---- */

/* dns.now() -> monotonic seconds */
static int l_now(lua_State *L)
{
    lua_pushnumber(L, (double)dp_clock_mono_us() / 1e6);
    return 1;
}

/* dns.time() -> Unix time in seconds */
static int l_time(lua_State *L)
{
    lua_pushnumber(L, (double)dp_clock_real_us() / 1e6);
    return 1;
}

static void set_lag(lua_State *L, const struct dp_loop_lag *lag)
{
    lua_createtable(L, 0, 3);
    dp_set_integer(L, "samples", (lua_Integer)lag->samples);
    dp_set_integer(L, "max_us", (lua_Integer)lag->max_us);
    dp_set_integer(L, "mean_us", lag->samples == 0 ? 0 : (lua_Integer)(lag->total_us / lag->samples));
    lua_setfield(L, -2, "lag");
}

/* dns.stats() -> counters of the engine since the start */
static int l_stats(lua_State *L)
{
    const struct dp_state *state = dp_state_get(L);
    struct dp_engine_stats stats = {0};
    struct dp_loop_lag lag = {0};
    if (state->engine != NULL) {
        stats = dp_engine_stats(state->engine);
    }
    if (state->loop != NULL) {
        lag = dp_loop_lag(state->loop);
    }
    lua_createtable(L, 0, 11);
    dp_set_integer(L, "queries", (lua_Integer)stats.queries);
    dp_set_integer(L, "bytes", (lua_Integer)stats.bytes_sent);
    dp_set_integer(L, "answers", (lua_Integer)stats.answers);
    dp_set_integer(L, "timeouts", (lua_Integer)stats.timeouts);
    dp_set_integer(L, "late", (lua_Integer)stats.late);
    dp_set_integer(L, "strays", (lua_Integer)stats.strays);
    dp_set_integer(L, "socket_errors", (lua_Integer)stats.socket_errors);
    dp_set_integer(L, "in_flight", (lua_Integer)stats.in_flight);
    dp_set_integer(L, "waiting", (lua_Integer)stats.waiting);
    dp_set_integer(L, "lingering", (lua_Integer)stats.lingering);
    set_lag(L, &lag);
    return 1;
}

/* dns.random() -> [0, 1) · dns.random(n) -> 1..n · dns.random(m, n) -> m..n:
 * math.random from the run's seed */
static int l_random(lua_State *L)
{
    struct dp_rand *rand = &dp_state_get(L)->rand;
    lua_Integer low = 1, high;
    if (lua_gettop(L) == 0) {
        lua_pushnumber(L, dp_rand_unit(rand));
        return 1;
    }
    high = luaL_checkinteger(L, lua_gettop(L) == 1 ? 1 : 2);
    if (lua_gettop(L) > 1) {
        low = luaL_checkinteger(L, 1);
    }
    luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
    luaL_argcheck(L, (uint64_t)high - (uint64_t)low < UINT32_MAX, lua_gettop(L), "interval is too large");
    uint32_t n = (uint32_t)((uint64_t)high - (uint64_t)low) + 1;
    lua_pushinteger(L, low + (lua_Integer)dp_rand_below(rand, n));
    return 1;
}

/* dns.escape(s) -> s, safe for a terminal */
static int l_escape(lua_State *L)
{
    size_t size = 0;
    const char *data = luaL_checklstring(L, 1, &size);
    struct dp_str *s = dp_push_scratch(L);
    dp_escape_terminal(s, data, size);
    dp_push_text(L, s);
    return 1;
}

static const luaL_Reg functions[] = {
    {"setup", l_setup}, {"allow", l_allow},   {"answered", l_answered}, {"now", l_now}, {"time", l_time},
    {"stats", l_stats}, {"random", l_random}, {"escape", l_escape},     {NULL, NULL},
};

int dp_open_dns(lua_State *L)
{
    luaL_newlib(L, functions);
    lua_pushliteral(L, DP_VERSION);
    lua_setfield(L, -2, "version");
    dp_add_exchange(L);
    dp_add_message(L);
    dp_add_name(L);
    dp_add_trace(L);
    dp_add_stub(L);
    dp_add_flush(L);
    dp_add_connect(L);
    return 1;
}
