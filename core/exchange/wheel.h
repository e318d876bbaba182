/* SPDX-License-Identifier: MIT
 * Timer wheel: thousands of timeouts for the price of one timer of the loop.
 * Setting and clearing are O(1). */
#ifndef DP_EXCHANGE_WHEEL_H
#define DP_EXCHANGE_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DP_WHEEL_TICK_US 1000u
#define DP_WHEEL_SLOTS   4096u

struct dp_wheel_timer;
typedef void dp_wheel_cb(struct dp_wheel_timer *timer);

struct dp_wheel_timer {                 /* embedded in what it is for; zeroed before first use */
    struct dp_wheel_timer *next, *prev; /* NULL: not set */
    uint64_t due_us;
    dp_wheel_cb *fire;
};

struct dp_wheel {
    struct dp_wheel_timer slots[DP_WHEEL_SLOTS]; /* heads of circular lists */
    uint64_t occupied[DP_WHEEL_SLOTS / 64];      /* one bit per slot */
    uint64_t tick;                               /* all before it have been visited */
    uint64_t now_us;                             /* of the last advance: the time in callbacks */
    size_t count;
};

void dp_wheel_init(struct dp_wheel *wheel, uint64_t now_us);
/* Sets or moves `timer`: `fire` is called by the first dp_wheel_advance at or after due_us. */
void dp_wheel_set(struct dp_wheel *wheel, struct dp_wheel_timer *timer, uint64_t due_us, dp_wheel_cb *fire);
void dp_wheel_clear(struct dp_wheel *wheel, struct dp_wheel_timer *timer); /* no-op when not set */
/* Fires what is due; callbacks may set and clear any timer. */
void dp_wheel_advance(struct dp_wheel *wheel, uint64_t now_us);
/* When to advance next (at most one tick after the earliest timer is due, perhaps too early once per turn of
 * the wheel); false when no timer is set. */
bool dp_wheel_next_us(const struct dp_wheel *wheel, uint64_t *next_us);

#endif
