/* SPDX-License-Identifier: MIT
 * Making and closing the state. Order of closing: operations are dropped, the stub, the engine and the loop
 * go (their last callbacks find the operations still there), then Lua. */
#include "vm/state.h"

#include <stdlib.h>
#include <unistd.h>

#include <lauxlib.h>
#include <lualib.h>

#include "base/clock.h"
#include "exchange/exchange.h"
#include "host/stub_ares.h"
#include "net/loop.h"
#include "trace/memory.h"
#include "vm/json.h"
#include "vm/leash.h"
#include "vm/modules.h"

#define CLOSE_PATIENCE_US 200000u

static const char setup_key = 0;

static const struct dp_settings defaults = {
    .qps = 20,             /* per server address: what public resolvers take without limiting */
    .burst = 10,           /* depth of that bucket */
    .qps_total = 500,      /* over all servers */
    .qps_most = 20,        /* as qps */
    .port = 53,            /* RFC 1035, section 4.2 */
    .timeout_us = 2000000, /* shorter than the 5 s of the C library: lost and slow must be told apart soon */
    .late_us = 3000000,    /* together with the timeout: those 5 s */
    .linger_us = 100000,   /* duplicates and second answers come within the path's jitter */
};

/* Opens what a protected call must guard: everything here may run out of memory. */
static int open_state(lua_State *L)
{
    luaL_openlibs(L);
    dp_task_open(L);
    lua_newtable(L);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &setup_key);
    dp_json_open(L);
    dp_state_get(L)->preload(L);
    dp_modules_open(L);
    return 0;
}

struct dp_state *dp_state_new(void (*preload)(lua_State *L))
{
    struct dp_state *state = calloc(1, sizeof *state);
    lua_State *L = luaL_newstate();
    if (state == NULL || L == NULL) {
        goto failed;
    }
    state->L = L;
    state->preload = preload;
    /* From here on memory is counted: luaL_newstate allocates with realloc and free, and so does our
     * allocator. */
    state->heap.state = state;
    state->heap.used_bytes = (size_t)lua_gc(L, LUA_GCCOUNT) * 1024 + (size_t)lua_gc(L, LUA_GCCOUNTB);
    lua_setallocf(L, dp_heap_allocate, &state->heap);
    state->settings = defaults;
    dp_rand_init(&state->rand);
    dp_str_init(&state->scratch, 0);
    *(struct dp_state **)lua_getextraspace(L) = state;
    lua_pushcfunction(L, open_state);
    if (lua_pcall(L, 0, 0, 0) != LUA_OK) {
        goto failed;
    }
    return state;
failed:
    if (L != NULL) {
        lua_close(L);
    }
    if (state != NULL) {
        dp_spare_fini(&state->heap.spare);
    }
    free(state);
    return NULL;
}

static void drop_waits(struct dp_state *state)
{
    struct dp_wait *next = NULL;
    for (struct dp_wait *wait = state->scheduler.waits; wait != NULL; wait = next) {
        next = wait->next;
        wait->drop(wait);
    }
}

/* A few operations (a thread in the C library, a process) cannot be stopped and free themselves in their last
 * callback: the loop turns for a moment. Returns false when some are still there. */
static bool wait_for_rest(struct dp_state *state)
{
    uint64_t end_us = dp_clock_mono_us() + CLOSE_PATIENCE_US;
    while (state->scheduler.waits != NULL && dp_clock_mono_us() < end_us) {
        dp_loop_turn(state->loop, false);
        if (state->scheduler.waits != NULL) {
            usleep(1000);
        }
    }
    return state->scheduler.waits == NULL;
}

void dp_state_close(struct dp_state *state)
{
    state->closing = true;
    drop_waits(state);
    if (state->ares != NULL) {
        dp_stub_ares_free(state->ares);
    }
    if (state->engine != NULL) {
        dp_engine_free(state->engine);
    }
    if (!wait_for_rest(state)) {
        return;
    }
    if (state->loop != NULL) {
        dp_loop_free(state->loop);
    }
    dp_leash_fini(state);
    lua_close(state->L);
    dp_spare_fini(&state->heap.spare);
    dp_trace_memory_free(state->trace_memory);
    dp_guard_fini(&state->guard);
    dp_str_fini(&state->scratch);
    dp_seats_fini(&state->scheduler.seats);
    free(state);
}

struct dp_loop *dp_state_loop(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (state->loop == NULL) {
        enum dp_err err = dp_loop_new(&state->loop);
        if (err != DP_OK) {
            luaL_error(L, "event loop: %s", dp_err_text(err));
        }
        dp_loop_lag_measure(state->loop, true);
        if (state->on_loop != NULL) {
            state->on_loop(state);
        }
    }
    return state->loop;
}

struct dp_engine *dp_state_engine(lua_State *L)
{
    struct dp_state *state = dp_state_get(L);
    if (state->engine == NULL) {
        struct dp_engine_config config = {
            .loop = dp_state_loop(L),
            .seeded = state->settings.seeded,
            .seed = (uint64_t)state->settings.seed,
            .qps_per_server = state->settings.qps,
            .burst_per_server = state->settings.burst,
            .qps_total = state->settings.qps_total,
            .held_bytes = &state->heap.outside_bytes,
        };
        enum dp_err err = dp_engine_new(&config, &state->engine);
        if (err != DP_OK) {
            luaL_error(L, "exchange engine: %s", dp_err_text(err));
        }
    }
    return state->engine;
}

enum dp_guard_ruling dp_state_rule(lua_State *L, const struct dp_addr *addr, bool connect)
{
    struct dp_state *state = dp_state_get(L);
    const struct dp_leash *leash = state->scheduler.leash;
    if (leash == NULL || leash->limits.typed) {
        return dp_guard_permits(&state->guard, addr) ? DP_GUARD_PERMITTED : DP_GUARD_PRIVATE;
    }
    return dp_guard_rule(&state->guard, addr, (uint16_t)state->settings.port, connect);
}

void dp_state_charge(lua_State *L, int64_t n)
{
    struct dp_state *state = dp_state_get(L);
    struct dp_leash *leash = state->scheduler.leash;
    const struct dp_settings *most = &state->settings;
    if (leash == NULL) {
        return;
    }
    state->charged += n;
    leash->charged += n;
    if ((most->max_queries > 0 && state->charged > most->max_queries) ||
        (most->step_queries > 0 && leash->charged > most->step_queries)) {
        dp_leash_halt(L, DP_LEASH_QUERIES);
    }
}

void dp_state_push_setup(lua_State *L, const char *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &setup_key);
    lua_getfield(L, -1, key);
    lua_remove(L, -2);
}

void dp_state_set_setup(lua_State *L, const char *key)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &setup_key);
    lua_insert(L, -2);
    lua_setfield(L, -2, key);
    lua_pop(L, 1);
}

void dp_state_settled(struct dp_state *state)
{
    if (--state->unsettled == 0 && state->settle != NULL) {
        dp_wait_done(state->settle);
    }
}
