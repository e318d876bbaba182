/* SPDX-License-Identifier: MIT
 * libuv behind the small interface of loop.h.
 *
 * A uv handle may be freed only after its close callback, which runs in a later turn; so a timer that has
 * fired or was canceled leaves the list at once and its memory when libuv is done with it. dp_loop_free turns
 * the loop until the last close callback has run. */
#include "net/loop.h"

#include <stdlib.h>
#include <uv.h>

#include "base/clock.h"

#define HEARTBEAT_MS 10u

struct dp_timer {
    uv_timer_t handle; /* .data is the timer itself */
    struct dp_loop *loop;
    struct dp_timer *next, *prev;
    dp_timer_cb *fire;
    void *user;
};

struct dp_loop {
    uv_loop_t uv;
    uv_timer_t heartbeat;
    uint64_t heartbeat_due_us;
    struct dp_loop_lag lag;
    struct dp_timer *timers;
    void *kept;
    void (*free_kept)(void *object);
};

/* ---- life ---- */

enum dp_err dp_loop_new(struct dp_loop **loop)
{
    struct dp_loop *l = calloc(1, sizeof *l);
    if (l == NULL) {
        return DP_ERR_NOMEM;
    }
    if (uv_loop_init(&l->uv) != 0) {
        free(l);
        return DP_ERR_SOCKET;
    }
    uv_timer_init(&l->uv, &l->heartbeat);
    l->heartbeat.data = l;
    *loop = l;
    return DP_OK;
}

static void close_left(uv_handle_t *handle, void *arg)
{
    (void)arg;
    if (!uv_is_closing(handle)) {
        uv_close(handle, NULL);
    }
}

void dp_loop_free(struct dp_loop *loop)
{
    if (loop == NULL) {
        return;
    }
    while (loop->timers != NULL) {
        dp_timer_cancel(loop->timers);
    }
    uv_walk(&loop->uv, close_left, NULL);
    while (uv_loop_close(&loop->uv) == UV_EBUSY) {
        uv_run(&loop->uv, UV_RUN_DEFAULT);
    }
    dp_loop_keep(loop, NULL, NULL);
    free(loop);
}

struct uv_loop_s *dp_loop_uv(struct dp_loop *loop)
{
    return &loop->uv;
}

bool dp_loop_turn(struct dp_loop *loop, bool wait)
{
    return uv_run(&loop->uv, wait ? UV_RUN_ONCE : UV_RUN_NOWAIT) != 0;
}

/* ---- lag ---- */

static void heartbeat_fire(uv_timer_t *handle)
{
    struct dp_loop *loop = handle->data;
    const uint64_t now_us = dp_clock_mono_us();
    const uint64_t late_us = now_us > loop->heartbeat_due_us ? now_us - loop->heartbeat_due_us : 0;
    loop->lag.samples++;
    loop->lag.total_us += late_us;
    if (late_us > loop->lag.max_us) {
        loop->lag.max_us = late_us;
    }
    loop->heartbeat_due_us = now_us + HEARTBEAT_MS * 1000u;
}

struct dp_loop_lag dp_loop_lag(const struct dp_loop *loop)
{
    return loop->lag;
}

void dp_loop_lag_measure(struct dp_loop *loop, bool on)
{
    if (!on) {
        uv_timer_stop(&loop->heartbeat);
        return;
    }
    uv_update_time(&loop->uv);
    loop->heartbeat_due_us = dp_clock_mono_us() + HEARTBEAT_MS * 1000u;
    uv_timer_start(&loop->heartbeat, heartbeat_fire, HEARTBEAT_MS, HEARTBEAT_MS);
    uv_unref((uv_handle_t *)&loop->heartbeat);
}

/* ---- timers ---- */

static void timer_closed(uv_handle_t *handle)
{
    free(handle->data);
}

static void timer_remove(struct dp_timer *timer)
{
    if (timer->prev != NULL) {
        timer->prev->next = timer->next;
    } else {
        timer->loop->timers = timer->next;
    }
    if (timer->next != NULL) {
        timer->next->prev = timer->prev;
    }
    uv_close((uv_handle_t *)&timer->handle, timer_closed);
}

static void timer_fire(uv_timer_t *handle)
{
    struct dp_timer *timer = handle->data;
    dp_timer_cb *fire = timer->fire;
    void *user = timer->user;
    timer_remove(timer);
    fire(user);
}

enum dp_err dp_timer_start(struct dp_loop *loop, uint64_t after_us, dp_timer_cb *fire, void *user,
                           struct dp_timer **timer)
{
    struct dp_timer *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return DP_ERR_NOMEM;
    }
    *t = (struct dp_timer){.loop = loop, .next = loop->timers, .fire = fire, .user = user};
    uv_timer_init(&loop->uv, &t->handle);
    t->handle.data = t;
    if (loop->timers != NULL) {
        loop->timers->prev = t;
    }
    loop->timers = t;
    /* The loop's idea of now may be old by what the caller computed since; that must not shorten the wait. */
    uv_update_time(&loop->uv);
    uv_timer_start(&t->handle, timer_fire, after_us / 1000 + (after_us % 1000 != 0), 0);
    if (timer != NULL) {
        *timer = t;
    }
    return DP_OK;
}

void dp_timer_cancel(struct dp_timer *timer)
{
    timer_remove(timer);
}

/* ---- kept ---- */

void *dp_loop_kept(const struct dp_loop *loop)
{
    return loop->kept;
}

void dp_loop_keep(struct dp_loop *loop, void *object, void (*free_it)(void *object))
{
    if (loop->free_kept != NULL) {
        loop->free_kept(loop->kept);
    }
    loop->kept = object;
    loop->free_kept = free_it;
}
