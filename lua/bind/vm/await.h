/* SPDX-License-Identifier: MIT
 * Tasks and waits: the one place that parks and resumes coroutines. A task is a coroutine with a parent; a
 * wait is what it is parked on. Callbacks of the core never run Lua: they mark a wait as done, and the
 * scheduler resumes its task from the top level of the loop. */
#ifndef DP_BIND_AWAIT_H
#define DP_BIND_AWAIT_H

#include <stdbool.h>

#include <lua.h>

#include "vm/seats.h"

struct dp_leash;
struct dp_state;
struct dp_task;
struct dp_wait;

/* Pushes the results of a finished operation (may throw) and returns how many. The wait is the taker's from
 * then on. */
typedef int dp_wait_take(lua_State *L, struct dp_wait *wait);
/* Nobody will take the results: stop the operation where it still runs, and free. Must not throw. */
typedef void dp_wait_drop(struct dp_wait *wait);

/* The head of every operation that a coroutine can wait for. */
struct dp_wait {
    struct dp_state *state;
    struct dp_task *task; /* parked on it; NULL if none */
    bool done;
    dp_wait_take *take;
    dp_wait_drop *drop;
    struct dp_wait *previous, *next; /* all that exist, so that closing the state finds them */
};

/* A task that somebody waits for. `ended` is called once when it finishes (at once if it has): no Lua in it.
 */
struct dp_watch {
    struct dp_task *task; /* NULL: not watching */
    void (*ended)(struct dp_watch *watch, const struct dp_task *task);
    void *user;
    struct dp_watch *next;
};

struct dp_scheduler {
    struct dp_task *ready_first, *ready_last;
    struct dp_wait *waits;
    struct dp_task *current;         /* the one that runs now */
    lua_State *volatile running;     /* its thread; NULL: none */
    struct dp_leash *volatile leash; /* what it is on; NULL: nothing. Signal handlers read both. */
    unsigned closes;                 /* coroutines that are being closed, one in another */
    struct dp_task *root;            /* what dp_task_drive waits for */
    struct dp_seats seats;           /* of the tasks that have not ended */
    int task_meta_ref;               /* reference of the metatable of handles */
    const void *task_meta;           /* its address */
    int signal;                      /* number of a signal that has come and is not handled yet */
    bool again; /* SIGINT may come any number of times: each is handled, none ends the process */
};

/* Throws unless the caller runs in a task that may be parked: call it before an operation is started. */
void dp_await_check(lua_State *L);
/* Enters the wait into the state's list; dp_wait_fini takes it out, before its memory is freed. */
void dp_wait_init(struct dp_wait *wait, struct dp_state *state, dp_wait_take *take, dp_wait_drop *drop);
void dp_wait_fini(struct dp_wait *wait);
/* Parks the calling coroutine until dp_wait_done, or takes the results at once where the operation finished
 * before the caller could yield. Use as `return dp_await(L, &op->wait);`. */
int dp_await(lua_State *L, struct dp_wait *wait);
/* The operation's results are there. May come before dp_await, and from any callback. */
void dp_wait_done(struct dp_wait *wait);

/* Pops a function and `n_args` arguments, pushes the handle of a new task that will run it: a "dnsprobe.Task"
 * userdata. Its parent is the current task; when a parent ends, its children are canceled. */
struct dp_task *dp_task_spawn(lua_State *L, int n_args);
/* The same, on a leash of its own, which is taken. A child is on its parent's. */
struct dp_task *dp_task_spawn_leashed(lua_State *L, int n_args, struct dp_leash *leash);
struct dp_task *dp_task_check(lua_State *L, int index);
void dp_task_cancel(struct dp_task *task);
bool dp_task_finished(const struct dp_task *task);
bool dp_task_failed(const struct dp_task *task);
int dp_task_stop(const struct dp_task *task); /* enum dp_leash_stop (leash.h): what stopped it */
void dp_task_watch(struct dp_watch *watch, struct dp_task *task);
void dp_task_unwatch(struct dp_watch *watch);
/* Pushes the results of a finished task, whose handle is at index 1, and returns how many; raises its error
 * where it failed. */
int dp_task_results(lua_State *L, struct dp_task *task);
/* Runs the loop until `task` (whose handle must be reachable) and all its children have finished. False when
 * nothing is left that could finish it. */
bool dp_task_drive(lua_State *L, struct dp_task *task);

bool dp_task_is_cancel(lua_State *L, int index); /* is the value what cancellation raises? */
/* Pushes the traceback of the last failure in a task, through all tasks that it passed, or nil. */
void dp_task_push_traceback(lua_State *L);
/* Creates the metatable of handles and the values kept in the registry. */
void dp_task_open(lua_State *L);

#endif
