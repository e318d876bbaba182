/* SPDX-License-Identifier: MIT
 * The scheduler. Rules:
 *
 * 1. Lua runs only in task_step, called from dp_task_drive. A callback of the core sets `done` and queues the
 *    task; so no Lua error can jump through libuv or the engine, and no callback finds a coroutine half way.
 * 2. A task has a seat from spawn to end, which keeps its handle and its thread reachable. A thread that
 *    ended well with at most one result stays there for the next task, and the result becomes the handle's
 *    user value; else the thread does.
 * 3. An operation that finished before its caller could yield is taken at once (dp_await): both paths end in
 *    the same `take`, so both give the same results.
 * 4. Cancellation is an error value raised where the task waits, and again at each further wait. The wait is
 *    dropped at that moment: `drop` stops the operation and frees it.
 * 5. A task that ends cancels its children. The error of a child reaches whoever awaits it; if nobody did
 *    until the parent ended, it becomes the parent's error, so that no error is lost.
 * 6. Each turn runs the tasks that were ready when it began, then lets the loop look for events: a task that
 *    is always ready does not starve the sockets. */
#include "vm/await.h"

#include <string.h>

#include <lauxlib.h>

#include "net/loop.h"
#include "vm/leash.h"
#include "vm/state.h"

#define HANDLE_NAME "dnsprobe.Task"

struct dp_task {
    struct dp_state *state;
    lua_State *co;        /* of its seat, later user value 1 of the handle; NULL once given back (rule 2) */
    struct dp_wait *wait; /* what it is parked on */
    struct dp_watch *watches;
    struct dp_task *parent, *first_child, *previous, *next; /* siblings */
    struct dp_task *ready_next;
    struct dp_leash *leash; /* NULL: none */
    unsigned cancels;       /* how often the cancellation was raised */
    int stop;               /* enum dp_leash_stop: why it was stopped */
    int n_values; /* on co: the arguments before the start, results or one error value after the end */
    int seat;     /* where it is kept reachable with its thread; -1: nowhere */
    bool started, finished, failed, queued, cancel, halted;
};

#define CANCELS_MAX 16 /* a clean-up may wait a few times in vain; who goes on then is not resumed again */

/* Keys in the registry: their addresses are unique. */
static const char cancel_key = 0, failure_key = 0, traceback_key = 0;

/* ---- waits ---- */

static void ready_push(struct dp_task *task)
{
    struct dp_scheduler *s = &task->state->scheduler;
    if (task->queued || task->finished) {
        return;
    }
    task->queued = true;
    task->ready_next = NULL;
    if (s->ready_last != NULL) {
        s->ready_last->ready_next = task;
    } else {
        s->ready_first = task;
    }
    s->ready_last = task;
}

static int raise_cancel(lua_State *L)
{
    struct dp_task *task = dp_state_get(L)->scheduler.current;
    if (task->leash != NULL && ++task->cancels > CANCELS_MAX) {
        task->halted = true;
        return lua_yield(L, 0);
    }
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cancel_key);
    return lua_error(L);
}

void dp_await_check(lua_State *L)
{
    struct dp_task *task = dp_state_get(L)->scheduler.current;
    if (task == NULL) {
        luaL_error(L, "this call waits: run it inside task.run");
    }
    if (task->co != L) {
        luaL_error(L, "this call waits, and cannot do so in a coroutine of your own: use task.spawn");
    }
    if (!lua_isyieldable(L)) {
        luaL_error(L, "this call waits, and cannot do so inside a metamethod, a sort or gsub function");
    }
    if (task->leash != NULL && task->leash->limits.quiet) {
        luaL_error(L, "a runbook sends and waits in measure and run, not while it is loaded or judged");
    }
    if (task->cancel) {
        raise_cancel(L);
    }
}

void dp_wait_init(struct dp_wait *wait, struct dp_state *state, dp_wait_take *take, dp_wait_drop *drop)
{
    memset(wait, 0, sizeof *wait);
    wait->state = state;
    wait->take = take;
    wait->drop = drop;
    wait->next = state->scheduler.waits;
    if (wait->next != NULL) {
        wait->next->previous = wait;
    }
    state->scheduler.waits = wait;
}

void dp_wait_fini(struct dp_wait *wait)
{
    if (wait->previous != NULL) {
        wait->previous->next = wait->next;
    } else {
        wait->state->scheduler.waits = wait->next;
    }
    if (wait->next != NULL) {
        wait->next->previous = wait->previous;
    }
}

/* Continuation of every wait: the task was resumed because the wait is done, or to be canceled. */
static int resumed(lua_State *L, int status, lua_KContext context)
{
    struct dp_task *task = dp_state_get(L)->scheduler.current;
    struct dp_wait *wait = task->wait;
    (void)status;
    (void)context;
    task->wait = NULL;
    wait->task = NULL;
    if (task->cancel) {
        wait->drop(wait);
        return raise_cancel(L);
    }
    return wait->take(L, wait);
}

int dp_await(lua_State *L, struct dp_wait *wait)
{
    struct dp_task *task = wait->state->scheduler.current;
    if (wait->done) {
        return wait->take(L, wait);
    }
    wait->task = task;
    task->wait = wait;
    return lua_yieldk(L, 0, 0, resumed);
}

void dp_wait_done(struct dp_wait *wait)
{
    wait->done = true;
    if (wait->task != NULL) {
        ready_push(wait->task);
    }
}

/* ---- life of a task ---- */

static void link_child(struct dp_task *parent, struct dp_task *task)
{
    task->parent = parent;
    if (parent == NULL) {
        return;
    }
    task->next = parent->first_child;
    if (task->next != NULL) {
        task->next->previous = task;
    }
    parent->first_child = task;
}

static void unlink_child(struct dp_task *task)
{
    if (task->parent == NULL) {
        return;
    }
    if (task->previous != NULL) {
        task->previous->next = task->next;
    } else {
        task->parent->first_child = task->next;
    }
    if (task->next != NULL) {
        task->next->previous = task->previous;
    }
    task->parent = task->previous = task->next = NULL;
}

/* Nobody needs the task any more but who has its handle. */
static void release_seat(lua_State *L, struct dp_task *task)
{
    const bool reuse = !task->failed && task->n_values <= 1;
    if (dp_seats_leave(L, &task->state->scheduler.seats, task->seat, reuse)) {
        task->co = NULL;
    }
    task->seat = -1;
}

struct dp_task *dp_task_spawn(lua_State *L, int n_args)
{
    struct dp_state *state = dp_state_get(L);
    struct dp_task *task = lua_newuserdatauv(L, sizeof *task, 1);
    memset(task, 0, sizeof *task);
    task->seat = -1;
    task->state = state;
    lua_rawgeti(L, LUA_REGISTRYINDEX, state->scheduler.task_meta_ref);
    lua_setmetatable(L, -2);
    task->co = dp_seats_ready(L, &state->scheduler.seats);
    if (!lua_checkstack(task->co, n_args + 1)) {
        luaL_error(L, "too many arguments"); /* nothing below throws */
    }
    lua_insert(L, -(n_args + 2));
    lua_xmove(L, task->co, n_args + 1);
    task->seat = dp_seats_take(L, &state->scheduler.seats);
    task->n_values = n_args;
    task->leash = dp_leash_take(state->scheduler.leash);
    link_child(state->scheduler.current, task);
    ready_push(task);
    return task;
}

struct dp_task *dp_task_spawn_leashed(lua_State *L, int n_args, struct dp_leash *leash)
{
    struct dp_task *task = dp_task_spawn(L, n_args);
    dp_leash_drop(task->state, task->leash);
    task->leash = leash;
    leash->first = task;
    return task;
}

struct dp_task *dp_task_check(lua_State *L, int index)
{
    struct dp_task *task = lua_touserdata(L, index);
    if (task != NULL && lua_getmetatable(L, index)) {
        const bool is_task = lua_topointer(L, -1) == dp_state_get(L)->scheduler.task_meta;
        lua_pop(L, 1);
        if (is_task) {
            return task;
        }
    }
    return luaL_checkudata(L, index, HANDLE_NAME); /* throws */
}

bool dp_task_finished(const struct dp_task *task)
{
    return task->finished;
}

bool dp_task_failed(const struct dp_task *task)
{
    return task->failed;
}

int dp_task_stop(const struct dp_task *task)
{
    return task->stop;
}

void dp_task_cancel(struct dp_task *task)
{
    if (task->finished || task->cancel) {
        return;
    }
    task->cancel = true;
    if (task->wait != NULL) {
        ready_push(task);
    }
}

void dp_task_watch(struct dp_watch *watch, struct dp_task *task)
{
    if (task->finished) {
        watch->task = NULL;
        watch->ended(watch, task);
        return;
    }
    watch->task = task;
    watch->next = task->watches;
    task->watches = watch;
}

void dp_task_unwatch(struct dp_watch *watch)
{
    if (watch->task == NULL) {
        return;
    }
    for (struct dp_watch **link = &watch->task->watches; *link != NULL; link = &(*link)->next) {
        if (*link == watch) {
            *link = watch->next;
            break;
        }
    }
    watch->task = NULL;
}

int dp_task_results(lua_State *L, struct dp_task *task)
{
    if (task->parent != NULL) { /* it was kept for its error, which is seen now */
        unlink_child(task);
        release_seat(L, task);
    }
    if (task->co == NULL) {
        lua_getiuservalue(L, 1, 1);
        return task->n_values; /* one or, with the nil that stands for nothing, none */
    }
    if (!lua_checkstack(L, task->n_values) || !lua_checkstack(task->co, task->n_values)) {
        return luaL_error(L, "too many results");
    }
    for (int i = 1; i <= task->n_values; i++) {
        lua_pushvalue(task->co, i);
    }
    lua_xmove(task->co, L, task->n_values);
    return task->failed ? lua_error(L) : task->n_values;
}

/* ---- the end of a task ---- */

bool dp_task_is_cancel(lua_State *L, int index)
{
    index = lua_absindex(L, index);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &cancel_key);
    bool same = lua_rawequal(L, -1, index);
    lua_pop(L, 1);
    return same;
}

void dp_task_push_traceback(lua_State *L)
{
    lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

/* Keeps the traceback of a failure whose error value is on top of co; where the same value failed a child
 * before, the child's traceback comes first. */
static void note_failure(lua_State *L, lua_State *co)
{
    lua_pushvalue(co, -1);
    lua_xmove(co, L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &failure_key);
    bool passed_on = lua_rawequal(L, -1, -2);
    lua_pop(L, 1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &failure_key);
    luaL_traceback(L, co, NULL, 0);
    if (passed_on) {
        lua_rawgetp(L, LUA_REGISTRYINDEX, &traceback_key);
        lua_insert(L, -2);
        lua_pushliteral(L, "\nraised again by the task that waited for it\n");
        lua_insert(L, -2);
        lua_concat(L, 3);
    }
    lua_rawsetp(L, LUA_REGISTRYINDEX, &traceback_key);
}

/* Cancels the children that still run. An error of a child that nobody has seen becomes the parent's. */
static void end_children(lua_State *L, struct dp_task *task)
{
    while (task->first_child != NULL) {
        struct dp_task *child = task->first_child;
        unlink_child(child);
        if (!child->finished) {
            dp_task_cancel(child);
            continue;
        }
        if (!task->failed) {
            lua_settop(task->co, 0);
            lua_pushvalue(child->co, 1);
            lua_xmove(child->co, task->co, 1);
            task->failed = true;
            task->n_values = 1;
        }
        release_seat(L, child);
    }
}

static void task_finish(lua_State *L, struct dp_task *task)
{
    bool canceled = task->failed && dp_task_is_cancel(task->co, 1);
    end_children(L, task);
    if (task->leash != NULL && task->leash->first == task) {
        task->leash->first = NULL;
    }
    dp_leash_drop(task->state, task->leash);
    task->leash = NULL;
    task->finished = true;
    bool seen = task->watches != NULL;
    while (task->watches != NULL) {
        struct dp_watch *watch = task->watches;
        task->watches = watch->next;
        watch->task = NULL;
        watch->ended(watch, task);
    }
    if (task->failed && !seen && !canceled && task->parent != NULL) {
        return; /* stays with its parent until somebody looks (rule 5) */
    }
    unlink_child(task);
    release_seat(L, task);
}

/* Closes a thread that failed: pending `<close>` variables run, the error value remains alone on it. */
static void close_failed(lua_State *L, struct dp_task *task)
{
    if (!dp_task_is_cancel(task->co, -1)) {
        note_failure(L, task->co);
    }
    lua_resetthread(task->co);
    task->failed = true;
    task->n_values = 1;
}

/* A plain coroutine.yield at the task's own level has nobody to return to. */
static void close_strayed(struct dp_task *task)
{
    lua_resetthread(task->co);
    lua_settop(task->co, 0);
    lua_pushliteral(task->co,
                    "coroutine.yield outside of a coroutine: tasks wait with the functions of task and dns");
    task->failed = true;
    task->n_values = 1;
}

/* Canceled before it ran a single instruction: there is nothing to close. */
static void never_start(lua_State *L, struct dp_task *task)
{
    lua_settop(task->co, 0);
    lua_rawgetp(task->co, LUA_REGISTRYINDEX, &cancel_key);
    task->failed = true;
    task->n_values = 1;
    task_finish(L, task);
}

static bool stopped(const struct dp_task *task)
{
    return task->halted || (task->leash != NULL && task->leash->stop != DP_LEASH_RUNS);
}

/* Leaves the thread of a stopped task as it is, pending `<close>` variables included, to the garbage
 * collector. A fresh one holds the reason. */
static void abandon(lua_State *L, struct dp_task *task)
{
    struct dp_wait *wait = task->wait;
    if (wait != NULL) {
        task->wait = NULL;
        wait->task = NULL;
        wait->drop(wait);
    }
    task->co = lua_newthread(L);
    dp_seats_fill(L, &task->state->scheduler.seats, task->seat);
    if (task->halted) {
        lua_rawgetp(task->co, LUA_REGISTRYINDEX, &cancel_key);
    } else {
        dp_leash_push_reason(task->co, task->leash);
    }
    task->failed = true;
    task->n_values = 1;
    if (task->halted) {
        return;
    }
    task->stop = task->leash->stop;
    if (task->leash->first != NULL && task->leash->first != task) {
        ready_push(task->leash->first); /* it need not wait for what it waits for */
    }
}

static void task_step(lua_State *L, struct dp_task *task)
{
    struct dp_scheduler *s = &task->state->scheduler;
    int n_results = 0;
    if (stopped(task)) {
        abandon(L, task);
        task_finish(L, task);
        return;
    }
    if (!task->started && task->cancel) {
        never_start(L, task);
        return;
    }
    int n_args = task->started ? 0 : task->n_values;
    task->started = true;
    s->current = task;
    s->running = task->co;
    s->leash = task->leash;
    if (task->leash != NULL) {
        task->leash->ticks = 0;
    }
    int status = lua_resume(task->co, L, n_args, &n_results);
    s->leash = NULL;
    s->running = NULL;
    s->current = NULL;
    if (status == LUA_YIELD && task->wait != NULL) {
        return;
    }
    if (status != LUA_OK && stopped(task)) {
        abandon(L, task);
    } else if (status == LUA_YIELD) {
        close_strayed(task);
    } else if (status != LUA_OK) {
        close_failed(L, task);
    } else {
        task->n_values = n_results;
    }
    task_finish(L, task);
}

/* ---- the loop ---- */

/* Runs what was ready at the beginning (rule 6). */
static void run_ready(lua_State *L, struct dp_scheduler *s)
{
    struct dp_task *last = s->ready_last, *task = NULL;
    while (s->ready_first != NULL && task != last) {
        task = s->ready_first;
        s->ready_first = task->ready_next;
        if (s->ready_first == NULL) {
            s->ready_last = NULL;
        }
        task->queued = false;
        task_step(L, task);
    }
}

/* A signal asks the run to stop: through the function given to task.on_signal, else by canceling the root. */
static void handle_signal(lua_State *L, struct dp_scheduler *s)
{
    int number = s->signal;
    s->signal = 0;
    if (lua_getfield(L, LUA_REGISTRYINDEX, DP_ON_SIGNAL) == LUA_TNIL) {
        lua_pop(L, 1);
        dp_task_cancel(s->root);
        return;
    }
    lua_pushstring(L, number == 2 ? "SIGINT" : "SIGTERM");
    s->current = s->root;
    dp_task_spawn(L, 1);
    s->current = NULL;
    lua_pop(L, 1);
}

bool dp_task_drive(lua_State *L, struct dp_task *task)
{
    struct dp_state *state = task->state;
    struct dp_scheduler *s = &state->scheduler;
    s->root = task;
    while (!task->finished || s->ready_first != NULL) {
        run_ready(L, s);
        bool idle = s->ready_first == NULL;
        if (task->finished || (state->loop == NULL && !idle)) {
            continue;
        }
        bool alive = state->loop != NULL && dp_loop_turn(state->loop, idle);
        if (s->signal != 0) {
            handle_signal(L, s);
        }
        if (idle && !alive && s->ready_first == NULL) {
            break;
        }
    }
    s->root = NULL;
    return task->finished;
}

void dp_task_open(lua_State *L)
{
    struct dp_scheduler *s = &dp_state_get(L)->scheduler;
    luaL_newmetatable(L, HANDLE_NAME);
    s->task_meta = lua_topointer(L, -1);
    s->task_meta_ref = luaL_ref(L, LUA_REGISTRYINDEX);
    dp_seats_open(L, &s->seats);
    lua_newtable(L);
    lua_newtable(L);
    lua_pushliteral(L, "dnsprobe.Canceled");
    lua_setfield(L, -2, "__name");
    lua_setmetatable(L, -2);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &cancel_key);
}
