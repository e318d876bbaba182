/* SPDX-License-Identifier: MIT
 * How code is stopped that does not want to be. Rules:
 *
 * 1. Nothing is watched per instruction: a count hook that is always on halves the speed of Lua. A timer of
 * processor time ticks instead, while a leash exists; its signal handler counts, and at the ceiling sets a
 * hook for the next instruction, which the reference manual's own interpreter does on SIGINT.
 * 2. The hook yields, and the scheduler never resumes the task. A yield passes through pcall and xpcall,
 * calls no message handler and closes no variable: nothing of the code runs any more.
 * 3. Inside a C function that calls back (sort, gsub, a metamethod) a yield is not possible. There the hook
 * raises an error, at this and at every further instruction, until the code is back where rule 2 works.
 *    A coroutine that the code made yields to whoever resumed it, who yields on (lib_coroutine.c).
 * 4. A C function that never calls back cannot be left. Those that could run for long are bounded by the
 * sandbox; if one was forgotten, the process ends GRACE_TICKS later with the line and exit code that rule 2
 * would have given.
 * 5. Memory over the ceiling sets the same hook, which collects garbage first. A single request far over it
 * is refused, so that it fails at once. What Messages hold outside of the heap counts for the first, but not
 * for the second: the collection that precedes a refusal runs no finalizer, so it would free none of that.
 * The handler touches only what the interrupted thread may be reading in one piece: sig_atomic_t,
 * lua_sethook. */
#include "vm/leash.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include <lauxlib.h>

#include "vm/state.h"

#define TICK_US      50000
#define GRACE_TICKS  (10 * 1000000 / TICK_US)
#define EXIT_INPUT   65 /* sysexits(3): EX_DATAERR, as lua/dnsprobe/base/exit.lua */
#define LIBRARY      "@dnsprobe/"
#define HEAP_HARD(n) ((n) + (n) / 4) /* one request may go so far over, then it is refused */

/* The state that the signal handler looks at: there is one per process that has leashes, and one signal. */
static struct dp_state *volatile ticking;

/* ---- where it is --------------------------------------------------------------------------------------- */

static bool is_library(const char *source)
{
    const char *folder = secure_getenv("DNSPROBE_LUA");
    if (strncmp(source, LIBRARY, sizeof LIBRARY - 1) == 0)
        return true;
    return folder != NULL && folder[0] != '\0' && strncmp(source + 1, folder, strlen(folder)) == 0;
}

/* "FILE:LINE" of the innermost function that is not the library's own. Allocates nothing. */
static void note_where(lua_State *L, struct dp_leash *leash)
{
    lua_Debug frame;
    if (leash->where[0] != '\0')
        return; /* what comes later is on the way out */
    for (int level = 0; level < 1000 && lua_getstack(L, level, &frame) != 0; level++) {
        if (lua_getinfo(L, "Sl", &frame) == 0 || frame.currentline <= 0 || frame.source[0] != '@')
            continue;
        bool own = !is_library(frame.source);
        if (own || leash->where[0] == '\0')
            snprintf(leash->where, sizeof leash->where, "%s:%d: ", frame.source + 1, frame.currentline);
        if (own)
            return;
    }
}

static size_t mib(size_t bytes)
{
    return bytes >> 20;
}

static void reason(const struct dp_leash *leash, char *out, size_t size_bytes)
{
    const struct dp_leash_limits *limits = &leash->limits;
    switch ((enum dp_leash_stop)leash->stop) {
    case DP_LEASH_TIME:
        snprintf(out, size_bytes, "%srunbook stopped: more than %g s of processor time without waiting",
                 leash->where, (double)limits->cpu_us / 1e6);
        return;
    case DP_LEASH_MEMORY:
        snprintf(out, size_bytes, "%srunbook stopped: more than %zu MiB of memory", leash->where,
                 mib(limits->memory_bytes));
        return;
    case DP_LEASH_QUERIES:
        snprintf(out, size_bytes, "%srunbook stopped: the ceiling of queries is reached", leash->where);
        return;
    case DP_LEASH_RUNS:
        break;
    }
    out[0] = '\0';
}

void dp_leash_push_reason(lua_State *L, const struct dp_leash *leash)
{
    char text[sizeof leash->where + 128];
    reason(leash, text, sizeof text);
    lua_pushstring(L, text);
}

const char *dp_leash_stop_name(int stop)
{
    static const char *const names[] = {NULL, "time", "memory", "queries"};
    return names[stop];
}

/* ---- stopping --------------------------------------------------------------------------------------------
 */

static struct dp_leash *running(const struct dp_state *state)
{
    return state->scheduler.leash;
}

static size_t held_bytes(const struct dp_heap *heap)
{
    return heap->used_bytes + heap->outside_bytes;
}

/* Whether garbage was all that was too much; else the leash is stopped. */
static bool collected(lua_State *L, struct dp_leash *leash)
{
    leash->collect = 0;
    if (leash->stop != DP_LEASH_RUNS)
        return false;
    lua_gc(L, LUA_GCCOLLECT);
    if (held_bytes(&dp_state_get(L)->heap) <= leash->memory_max_bytes)
        return true;
    leash->stop = DP_LEASH_MEMORY;
    leash->where[0] = '\0';
    return false;
}

/* Parks the task, or takes its code to where that works (rule 3). Returns only within a hook. */
static void leave(lua_State *L, struct dp_leash *leash)
{
    if (lua_isyieldable(L) && dp_state_get(L)->scheduler.closes == 0) {
        lua_yield(L, 0);
        return;
    }
    dp_leash_push_reason(L, leash);
    lua_error(L);
}

static void on_hook(lua_State *L, lua_Debug *frame)
{
    struct dp_leash *leash = running(dp_state_get(L));
    (void)frame;
    if (leash == NULL || (leash->collect != 0 && collected(L, leash)) || leash->stop == DP_LEASH_RUNS) {
        lua_sethook(L, NULL, 0, 0);
        return;
    }
    note_where(L, leash);
    leave(L, leash);
}

static void set_hook(struct dp_state *state)
{
    if (state->scheduler.running != NULL)
        lua_sethook(state->scheduler.running, on_hook, LUA_MASKCOUNT, 1);
}

void dp_leash_poll(lua_State *L)
{
    struct dp_leash *leash = running(dp_state_get(L));
    if (leash != NULL && leash->stop != DP_LEASH_RUNS) {
        note_where(L, leash);
        dp_leash_push_reason(L, leash);
        lua_error(L);
    }
}

void dp_leash_follow(struct dp_state *state, lua_State *co)
{
    const struct dp_leash *leash = running(state);
    if (state->scheduler.running == NULL)
        return;
    state->scheduler.running = co;
    if (leash != NULL && (leash->stop != DP_LEASH_RUNS || leash->collect != 0))
        set_hook(state);
}

void dp_leash_rest(lua_State *L)
{
    struct dp_leash *leash = running(dp_state_get(L));
    if (leash == NULL || leash->stop == DP_LEASH_RUNS)
        return;
    note_where(L, leash);
    leave(L, leash);
}

int dp_leash_halt(lua_State *L, enum dp_leash_stop stop)
{
    struct dp_leash *leash = running(dp_state_get(L));
    if (leash->stop == DP_LEASH_RUNS) {
        leash->stop = (sig_atomic_t)stop;
        if (stop != DP_LEASH_MEMORY) /* that was noted when it was refused */
            leash->where[0] = '\0';
    }
    dp_leash_rest(L);
    return 0;
}

/* ---- time
 * -------------------------------------------------------------------------------------------------- */

/* Rule 4: only what is safe in a signal handler. The stack is that of a C function and stands still. */
static void end_process(lua_State *L, struct dp_leash *leash)
{
    static const char name[] = "dnsprobe: ";
    char text[sizeof leash->where + 128];
    note_where(L, leash);
    reason(leash, text, sizeof text - 1);
    size_t size = strlen(text);
    text[size++] = '\n';
    if (write(STDERR_FILENO, name, sizeof name - 1) < 0 || write(STDERR_FILENO, text, size) < 0)
        _exit(EXIT_INPUT);
    _exit(EXIT_INPUT);
}

static void on_tick(int number)
{
    const int saved = errno;
    struct dp_state *state = ticking;
    struct dp_leash *leash = state == NULL ? NULL : running(state);
    (void)number;
    if (leash == NULL || leash->limits.trusted)
        return;
    const sig_atomic_t limit = (sig_atomic_t)(leash->limits.cpu_us / TICK_US);
    leash->ticks = leash->ticks + 1;
    if (leash->ticks >= limit && leash->stop == DP_LEASH_RUNS) {
        leash->where[0] = '\0';
        leash->stop = DP_LEASH_TIME;
    }
    if (leash->stop != DP_LEASH_RUNS)
        set_hook(state);
    if (leash->ticks >= limit + GRACE_TICKS)
        end_process(state->scheduler.running, leash);
    errno = saved;
}

static void tick(struct dp_state *state, bool on)
{
    struct itimerval timer = {0};
    if (on) {
        struct sigaction action = {.sa_handler = on_tick, .sa_flags = SA_RESTART};
        ticking = state;
        sigemptyset(&action.sa_mask);
        sigaction(SIGPROF, &action, NULL);
        timer.it_interval.tv_usec = timer.it_value.tv_usec = TICK_US;
    }
    setitimer(ITIMER_PROF, &timer, NULL);
    if (!on)
        ticking = NULL;
}

struct dp_leash *dp_leash_new(struct dp_state *state, const struct dp_leash_limits *limits)
{
    struct dp_leash *leash = calloc(1, sizeof *leash);
    if (leash == NULL)
        return NULL;
    leash->limits = *limits;
    leash->memory_max_bytes = held_bytes(&state->heap) + limits->memory_bytes;
    leash->refs = 1;
    if (state->leashes == NULL)
        tick(state, true);
    leash->next = state->leashes;
    state->leashes = leash;
    return leash;
}

struct dp_leash *dp_leash_take(struct dp_leash *leash)
{
    if (leash != NULL)
        leash->refs++;
    return leash;
}

void dp_leash_drop(struct dp_state *state, struct dp_leash *leash)
{
    if (leash == NULL || --leash->refs > 0)
        return;
    struct dp_leash **link = &state->leashes;
    while (*link != leash)
        link = &(*link)->next;
    *link = leash->next;
    free(leash);
    if (state->leashes == NULL)
        tick(state, false);
}

void dp_leash_fini(struct dp_state *state)
{
    while (state->leashes != NULL) {
        state->leashes->refs = 1;
        dp_leash_drop(state, state->leashes);
    }
}

/* ---- memory
 * -------------------------------------------------------------------------------------------------- */

/* Asked only where a leash runs. */
static bool may_grow(struct dp_heap *heap, size_t more_bytes)
{
    struct dp_state *state = heap->state;
    struct dp_leash *leash = running(state);
    if (leash->limits.trusted || leash->stop != DP_LEASH_RUNS)
        return true;
    const size_t after_bytes = heap->used_bytes + more_bytes;
    if (after_bytes > HEAP_HARD(leash->memory_max_bytes)) {
        /* Lua collects garbage and asks once more; the second refusal is final. (A buffer asks only once: its
         * error ends in core.out_of_memory.) */
        leash->where[0] = '\0';
        note_where(state->scheduler.running, leash);
        if (leash->denied) {
            leash->stop = DP_LEASH_MEMORY;
            set_hook(state);
        }
        leash->denied = !leash->denied;
        return false;
    }
    leash->denied = false;
    if (after_bytes + heap->outside_bytes > leash->memory_max_bytes && leash->collect == 0) {
        leash->collect = 1;
        set_hook(state);
    }
    return true;
}

/* A new block, or one of another size, wherever it comes from. Apart from dp_heap_allocate, whose common
 * cases need no registers saved. */
__attribute__((noinline)) static void *heap_fetch(struct dp_heap *heap, void *block, size_t old_bytes,
                                                  size_t new_bytes)
{
    if (new_bytes > old_bytes && running(heap->state) != NULL && !may_grow(heap, new_bytes - old_bytes))
        return NULL;
    void *fresh = block == NULL ? dp_spare_take(&heap->spare, new_bytes) : NULL;
    if (fresh == NULL)
        fresh = realloc(block, new_bytes);
    if (fresh != NULL)
        heap->used_bytes += new_bytes - old_bytes;
    return fresh;
}

void *dp_heap_allocate(void *user, void *block, size_t old_bytes, size_t new_bytes)
{
    struct dp_heap *heap = user;
    if (block == NULL) { /* then old_bytes is the kind of the new object */
        void *fresh = running(heap->state) == NULL ? dp_spare_take(&heap->spare, new_bytes) : NULL;
        if (fresh == NULL)
            return new_bytes == 0 ? NULL : heap_fetch(heap, NULL, 0, new_bytes);
        heap->used_bytes += new_bytes;
        return fresh;
    }
    if (new_bytes != 0)
        return heap_fetch(heap, block, old_bytes, new_bytes);
    heap->used_bytes -= old_bytes;
    dp_spare_give(&heap->spare, block, old_bytes);
    return NULL;
}
