/* SPDX-License-Identifier: MIT
 * Ceilings on what is sent: one token bucket per server address (without port: it is the host that is to be
 * spared) and one over all. Who has to wait does so in order of arrival at its server. */
#ifndef DP_EXCHANGE_PACE_H
#define DP_EXCHANGE_PACE_H

#include "exchange/wheel.h"
#include "net/addr.h"

struct dp_pace;
struct dp_pace_waiter;
typedef void dp_pace_cb(struct dp_pace_waiter *waiter); /* both tokens are taken: send now */

/* A place in the queue, embedded in what waits; zeroed before first use. */
struct dp_pace_waiter {
    struct dp_pace_waiter *next, *prev;
    struct dp_pace_bucket *bucket; /* whose queue it stands in; NULL: none */
    dp_pace_cb *granted;
};

struct dp_pace_config {
    double qps_per_server;   /* 0: no ceiling */
    double burst_per_server; /* depth of the bucket; 0: 10 */
    double qps_total;        /* 0: no ceiling */
};

#define DP_PACE_BURST       10.0
#define DP_PACE_BUCKETS_MAX 16384u /* servers beyond that share one bucket until others are idle */

/* Times come from the caller, wake-ups from `wheel` (borrowed for life), which the caller advances. */
enum dp_err dp_pace_new(const struct dp_pace_config *config, struct dp_wheel *wheel, struct dp_pace **pace);
/* Nobody may be waiting. */
void dp_pace_free(struct dp_pace *pace);
void dp_pace_set_qps(struct dp_pace *pace, double per_server, double total, uint64_t now_us);

/* Takes a token of `server` and one of the total. True: both were there, send now. False: `waiter` queues and
 * granted(waiter) comes later, from dp_wheel_advance. `qps` > 0 sets the rate of this server from now on. */
bool dp_pace_take(struct dp_pace *pace, const struct dp_addr *server, double qps, uint64_t now_us,
                  struct dp_pace_waiter *waiter, dp_pace_cb *granted);
/* Takes both at once, into debt where there is none (at most one bucket deep):
 * for a caller who paces itself. */
void dp_pace_charge(struct dp_pace *pace, const struct dp_addr *server, double qps, uint64_t now_us);
/* Takes both into debt behind those who wait; how long the caller must wait before it sends. */
uint64_t dp_pace_reserve_us(struct dp_pace *pace, const struct dp_addr *server, uint64_t now_us);
/* Gives up the place in the queue; no-op when not waiting. */
void dp_pace_cancel(struct dp_pace *pace, struct dp_pace_waiter *waiter);
size_t dp_pace_waiting(const struct dp_pace *pace);

#endif
