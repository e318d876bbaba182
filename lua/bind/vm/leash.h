/* SPDX-License-Identifier: MIT
 * The leash of code that somebody else wrote: ceilings on processor time between two waits, on memory and on
 * queries, for a task and all that it starts. What a ceiling stops is not raised as an error, which the code
 * could catch: the task is parked for good, and whoever waits for it gets the reason. */
#ifndef DP_BIND_LEASH_H
#define DP_BIND_LEASH_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <lua.h>

#include "vm/spare.h"

struct dp_state;
struct dp_task;

enum dp_leash_stop {
    DP_LEASH_RUNS,
    DP_LEASH_TIME,    /* too long without waiting */
    DP_LEASH_MEMORY,  /* too much of it */
    DP_LEASH_QUERIES, /* the run's ceiling is reached */
};

struct dp_leash_limits {
    bool quiet;          /* it may not wait, so it sends nothing */
    bool trusted;        /* no ceiling on time and memory */
    bool typed;          /* by the user at a prompt: it may ask and connect to what the user may */
    uint64_t cpu_us;     /* processor time between two waits */
    size_t memory_bytes; /* more than when it began */
};

/* Shared by the tasks on it; the last one frees it. */
struct dp_leash {
    unsigned refs;
    struct dp_leash_limits limits;
    struct dp_task *first;               /* the task it was made for, while that runs */
    struct dp_leash *next;               /* all of the state */
    volatile sig_atomic_t stop, collect; /* enum dp_leash_stop · the heap is to be looked at */
    volatile sig_atomic_t ticks;         /* of processor time since the last wait */
    size_t memory_max_bytes;             /* of the whole heap and what is outside */
    int64_t charged;                     /* queries and connections */
    bool denied;                         /* the last request for memory was refused */
    char where[512];                     /* "FILE:LINE" of what was stopped */
};

/* The heap of one Lua state. */
struct dp_heap {
    struct dp_state *state;
    size_t used_bytes;
    size_t outside_bytes; /* what its exchanges and messages hold in the core's memory */
    struct dp_spare spare;
};

struct dp_leash *dp_leash_new(struct dp_state *state,
                              const struct dp_leash_limits *limits); /* NULL: out of memory */
struct dp_leash *dp_leash_take(struct dp_leash *leash); /* one more task is on it; NULL stays NULL */
void dp_leash_drop(struct dp_state *state, struct dp_leash *leash);
void dp_leash_fini(struct dp_state *state); /* frees those whose tasks never ended */

/* Allocator of the state (lua_Alloc); `user` is its struct dp_heap. */
void *dp_heap_allocate(void *user, void *block, size_t old_bytes, size_t new_bytes);

/* Raises an error where the running task is to be stopped: for long loops in C; may throw. */
void dp_leash_poll(lua_State *L);
/* Another thread of the running task's goes on: a coroutine that its code made, or who resumed that. What was
 * to be looked at is looked at there. */
void dp_leash_follow(struct dp_state *state, lua_State *co);
/* Where the running task is to be stopped, its code ends here; may throw. Not from a hook. */
void dp_leash_rest(lua_State *L);
/* Stops the leash of the running task for that reason and parks it: `return dp_leash_halt(L, reason);`. */
int dp_leash_halt(lua_State *L, enum dp_leash_stop reason);
/* Pushes the line that says why the leash was stopped. */
void dp_leash_push_reason(lua_State *L, const struct dp_leash *leash);
const char *dp_leash_stop_name(int stop); /* "time", "memory", "queries"; NULL: it runs */

#endif
