/* SPDX-License-Identifier: MIT
 * What the bindings keep for one Lua state: the loop and the engine (made at first use, so that commands that
 * send nothing start fast), the settings of dns.setup, the guard and the scheduler. One thread, no globals:
 * found through the state's extra space. */
#ifndef DP_BIND_STATE_H
#define DP_BIND_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <lua.h>

#include "base/rand.h"
#include "base/str.h"
#include "vm/arg.h"
#include "vm/await.h"
#include "vm/guard.h"
#include "vm/leash.h"

struct dp_loop;
struct dp_engine;
struct dp_stub_ares;
struct dp_trace_memory;

#define DP_ON_SIGNAL "dnsprobe.on_signal" /* registry: the function given to task.on_signal */

/* dns.setup; the defaults are in state.c. */
struct dp_settings {
    bool seeded;
    int64_t seed;
    double qps, burst, qps_total;
    double qps_most;      /* that a runbook may ask for at one server */
    int64_t max_queries;  /* of code on leashes since the last setup; 0: no ceiling */
    int64_t step_queries; /* of the code on one leash: a step of one domain; 0: no ceiling */
    int64_t port;
    int family; /* 4, 6, 0: both */
    uint64_t timeout_us, late_us, linger_us;
    bool allow_flush;
};

struct dp_state {
    lua_State *L; /* main thread */
    void (*preload)(lua_State *L);
    struct dp_loop *loop;
    struct dp_engine *engine;
    struct dp_stub_ares *ares;            /* of dns.stub.lookup */
    struct dp_trace_memory *trace_memory; /* of dns.trace with `remember`; NULL until then */
    struct dp_settings settings;
    struct dp_guard guard;
    struct dp_rand rand;           /* of dns.random */
    struct dp_str scratch;         /* push.h */
    uint8_t message[UINT16_MAX];   /* where a message is built before it is pushed */
    const void *message_meta;      /* address of the metatable of Messages */
    int message_ref, exchange_ref; /* references of that metatable and of the one of Exchanges */
    struct dp_arg_memo args;
    struct dp_scheduler scheduler;
    struct dp_heap heap;
    struct dp_leash *leashes; /* all that exist */
    int64_t charged;          /* queries and connections of code on leashes since the last setup */
    struct dp_wait *settle;   /* parked in dns.settle, at most one */
    unsigned unsettled;       /* exchanges that are not final */
    void (*on_loop)(struct dp_state *state); /* called once when the loop has been made; NULL: nothing */
    void *signals;                           /* main.c's */
    bool closing;
};

/* A Lua state with the standard libraries, the compiled-in modules and the C modules that `preload` enters
 * into package.preload (dp_libs_preload of lua/libs.h); NULL: out of memory. */
struct dp_state *dp_state_new(void (*preload)(lua_State *L));
/* Cancels and frees all that is in flight, then closes the Lua state. Where something cannot be stopped (a
 * thread inside getaddrinfo), the memory is left to the end of the process. */
void dp_state_close(struct dp_state *state);

static inline struct dp_state *dp_state_get(lua_State *L)
{
    return *(struct dp_state **)lua_getextraspace(L);
}

struct dp_loop *dp_state_loop(lua_State *L);     /* may throw */
struct dp_engine *dp_state_engine(lua_State *L); /* may throw */
/* The guard's ruling for the task that runs. */
enum dp_guard_ruling dp_state_rule(lua_State *L, const struct dp_addr *addr, bool connect);
/* Charges so many queries to the run where the task is on a leash; parks it for good at the ceiling. Call it
 * before anything is allocated: it may not return. */
void dp_state_charge(lua_State *L, int64_t n);
/* Pushes the table that dns.setup was given last for `key` ("root_hints", "stub"), or nil. */
void dp_state_push_setup(lua_State *L, const char *key);
void dp_state_set_setup(lua_State *L, const char *key); /* pops the value */
void dp_state_settled(struct dp_state *state); /* one exchange less is unsettled; wakes dns.settle at none */

#endif
