/* SPDX-License-Identifier: MIT
 * The event loop: libuv behind a small interface. One thread; every callback runs inside dp_loop_turn. Other
 * rooms may use the uv_loop_t directly for what only libuv has (processes, getaddrinfo, poll handles). */
#ifndef DP_NET_LOOP_H
#define DP_NET_LOOP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct uv_loop_s;
struct dp_loop;
struct dp_timer;

/* How late the loop was for its own heartbeat (every 10 ms while it runs): what the tool itself adds to
 * any time measured in user space. */
struct dp_loop_lag {
    uint64_t samples;
    uint64_t max_us;
    uint64_t total_us;
};

enum dp_err dp_loop_new(struct dp_loop **loop);
/* Stops all timers, closes what is left and frees. Engines on the loop must have been freed before. */
void dp_loop_free(struct dp_loop *loop);
struct uv_loop_s *dp_loop_uv(struct dp_loop *loop);

/* One turn: waits for the next event (if `wait`), handles what is ready. True if something is still active. */
bool dp_loop_turn(struct dp_loop *loop, bool wait);

struct dp_loop_lag dp_loop_lag(const struct dp_loop *loop);
void dp_loop_lag_measure(struct dp_loop *loop, bool on); /* the heartbeat does not keep the loop alive */

/* Calls `fire(user)` once, `after_us` from now (rounded up to a millisecond), never from inside the call. The
 * timer is owned by the loop and gone when it has fired or been canceled. */
typedef void dp_timer_cb(void *user);
enum dp_err dp_timer_start(struct dp_loop *loop, uint64_t after_us, dp_timer_cb *fire, void *user,
                           struct dp_timer **timer);
void dp_timer_cancel(struct dp_timer *timer);

/* One object that net/ keeps for the life of the loop (the TLS library's context); `free_it` may be NULL. */
void *dp_loop_kept(const struct dp_loop *loop);
void dp_loop_keep(struct dp_loop *loop, void *object, void (*free_it)(void *object));

#endif
