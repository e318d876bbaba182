/* SPDX-License-Identifier: MIT
 * Two gates in a row, each a token bucket with a queue:
 *
 *   take ─▶ [bucket of the server: rate N, depth 10] ─▶ [bucket of the total] ─▶ granted
 *
 * 1. A bucket fills at its rate up to its depth. Whoever finds a token and nobody waiting passes at once,
 *    others queue; one timer per bucket releases the head of the queue when its token is there. A server's
 *    queue is first in, first out.
 * 2. The token of the total is taken after that of the server, so that a long queue at one server does not
 *    reserve sendings of the total that others could use: nobody starves.
 * 3. Timers have ticks of a millisecond. Above rate × 2 ms = depth the depth grows with the rate, or the tick
 *    would be the ceiling; at the contract's depth of 10 that begins at 5,000 queries/s.
 * 4. Buckets live in a hash table by address. A full bucket with an empty queue and the common rate is the
 *    same as none, so such buckets are swept out when DP_PACE_BUCKETS_MAX is reached. If all are in use,
 *    newcomers share the overflow bucket: memory stays bounded and the ceiling holds.
 * 5. Who cancels leaves no gap: tokens are taken when granted, not when queued. Only dp_pace_reserve_us runs
 *    a bucket into debt, for packets that are not ours to delay. */
#include "exchange/pace.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MIN_S    2e-3 /* a bucket is at least this much of its rate deep: rule 3 */
#define TABLE_SIZE     1024u
#define SWEEP_PAUSE_US 1000000u
#define RATE_MIN       1e-3         /* below it the next token is beyond any timeout */
#define TOKEN_WHOLE    (1.0 - 1e-6) /* what rounding leaves of a token counts as one */

struct dp_pace_bucket {
    struct dp_wheel_timer timer; /* when the head of the queue may pass */
    struct dp_pace *pace;
    struct dp_pace_bucket *next; /* in the hash chain */
    struct dp_pace_waiter *head, *tail;
    size_t waiting;
    double tokens, rate, depth; /* rate 0: no ceiling */
    uint64_t filled_us;
    struct dp_addr server;
    bool own_rate; /* set by a caller: dp_pace_set_qps leaves it */
};

struct dp_pace {
    struct dp_wheel *wheel; /* borrowed */
    double qps_per_server, burst;
    struct dp_pace_bucket total, overflow;
    struct dp_pace_bucket *table[TABLE_SIZE];
    size_t buckets, waiting, own_rates;
    uint64_t swept_us;
};

/* ---- one bucket ---- */

static void bucket_fill(struct dp_pace_bucket *b, uint64_t now_us)
{
    if (now_us > b->filled_us) {
        b->tokens += b->rate * (double)(now_us - b->filled_us) * 1e-6;
        b->filled_us = now_us;
    }
    if (b->tokens > b->depth) {
        b->tokens = b->depth;
    }
}

/* The bucket stays as full in proportion as it was,
 * so that a changed rate is no excuse for a second burst. */
static void bucket_set_rate(struct dp_pace_bucket *b, double rate, uint64_t now_us)
{
    bucket_fill(b, now_us);
    const double share = b->depth > 0 ? b->tokens / b->depth : 1.0;
    b->rate = rate > 0 && rate < RATE_MIN ? RATE_MIN : rate;
    b->depth = b->pace->burst > rate * DEPTH_MIN_S ? b->pace->burst : rate * DEPTH_MIN_S;
    b->tokens = share * b->depth;
}

static void bucket_init(struct dp_pace_bucket *b, struct dp_pace *pace, double rate, uint64_t now_us)
{
    *b = (struct dp_pace_bucket){.pace = pace, .filled_us = now_us};
    bucket_set_rate(b, rate, now_us);
}

/* True: the token is taken, or none is needed. */
static bool bucket_pass(struct dp_pace_bucket *b, uint64_t now_us)
{
    bucket_fill(b, now_us);
    if (b->rate > 0) {
        if (b->tokens < TOKEN_WHOLE) {
            return false;
        }
        b->tokens -= 1;
    }
    return true;
}

static void bucket_fire(struct dp_wheel_timer *timer);

/* Wakes the bucket when the head of its queue can pass. */
static void bucket_arm(struct dp_pace_bucket *b, uint64_t now_us)
{
    if (b->head == NULL) {
        dp_wheel_clear(b->pace->wheel, &b->timer);
        return;
    }
    const double missing = b->rate > 0 && b->tokens < 1 ? (1 - b->tokens) / b->rate : 0;
    dp_wheel_set(b->pace->wheel, &b->timer, now_us + (uint64_t)(missing * 1e6) + 1, bucket_fire);
}

static void queue_push(struct dp_pace_bucket *b, struct dp_pace_waiter *w, uint64_t now_us)
{
    w->bucket = b;
    w->next = NULL;
    w->prev = b->tail;
    if (b->tail != NULL) {
        b->tail->next = w;
    } else {
        b->head = w;
    }
    b->tail = w;
    b->waiting++;
    b->pace->waiting++;
    if (b->head == w) {
        bucket_arm(b, now_us);
    }
}

static void queue_remove(struct dp_pace_bucket *b, struct dp_pace_waiter *w)
{
    *(w->prev != NULL ? &w->prev->next : &b->head) = w->next;
    *(w->next != NULL ? &w->next->prev : &b->tail) = w->prev;
    *w = (struct dp_pace_waiter){.granted = w->granted};
    b->waiting--;
    b->pace->waiting--;
}

/* Behind the server's gate: through that of the total, or into its queue. */
static bool total_pass(struct dp_pace *pace, struct dp_pace_waiter *w, uint64_t now_us)
{
    if (pace->total.head == NULL && bucket_pass(&pace->total, now_us)) {
        return true;
    }
    queue_push(&pace->total, w, now_us);
    return false;
}

static void bucket_fire(struct dp_wheel_timer *timer)
{
    struct dp_pace_bucket *b =
        (struct dp_pace_bucket *)((char *)timer - offsetof(struct dp_pace_bucket, timer));
    struct dp_pace *pace = b->pace;
    const uint64_t now_us = pace->wheel->now_us;
    while (b->head != NULL && bucket_pass(b, now_us)) {
        struct dp_pace_waiter *w = b->head;
        queue_remove(b, w);
        if (b == &pace->total || total_pass(pace, w, now_us)) {
            w->granted(w);
        }
    }
    bucket_arm(b, now_us);
}

/* ---- the table ---- */

static size_t table_index(const struct dp_addr *server)
{
    uint64_t hash = server->family; /* FNV-1a over the address: its worst case is a long chain, bounded by */
    for (size_t i = 0; i < 16; i++) { /* DP_PACE_BUCKETS_MAX, and the caller chooses the servers */
        hash = (hash ^ server->ip[i]) * UINT64_C(0x100000001b3);
    }
    return (size_t)(hash ^ hash >> 32) % TABLE_SIZE;
}

/* Rule 4. */
static void table_sweep(struct dp_pace *pace, uint64_t now_us)
{
    if (pace->swept_us != 0 && now_us - pace->swept_us < SWEEP_PAUSE_US) {
        return;
    }
    pace->swept_us = now_us;
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        for (struct dp_pace_bucket **at = &pace->table[i]; *at != NULL;) {
            struct dp_pace_bucket *b = *at;
            bucket_fill(b, now_us);
            if (b->head == NULL && !b->own_rate && b->tokens >= b->depth) {
                *at = b->next;
                free(b);
                pace->buckets--;
            } else {
                at = &b->next;
            }
        }
    }
}

static struct dp_pace_bucket *table_get(struct dp_pace *pace, const struct dp_addr *server, uint64_t now_us)
{
    struct dp_pace_bucket **chain = &pace->table[table_index(server)];
    for (struct dp_pace_bucket *b = *chain; b != NULL; b = b->next) {
        if (dp_addr_same_ip(&b->server, server)) {
            return b;
        }
    }
    if (pace->buckets >= DP_PACE_BUCKETS_MAX) {
        table_sweep(pace, now_us);
    }
    struct dp_pace_bucket *b = pace->buckets < DP_PACE_BUCKETS_MAX ? malloc(sizeof *b) : NULL;
    if (b == NULL) {
        return &pace->overflow;
    }
    bucket_init(b, pace, pace->qps_per_server, now_us);
    b->server = *server;
    b->next = *chain;
    *chain = b;
    pace->buckets++;
    return b;
}

/* The bucket of `server` at its rate; NULL where no server has a ceiling. */
static struct dp_pace_bucket *bucket_of(struct dp_pace *pace, const struct dp_addr *server, double qps,
                                        uint64_t now_us)
{
    if (pace->qps_per_server <= 0 && qps <= 0 && pace->own_rates == 0) {
        return NULL;
    }
    struct dp_pace_bucket *b = table_get(pace, server, now_us);
    if (qps > 0 && b != &pace->overflow) {
        pace->own_rates += b->own_rate ? 0 : 1;
        b->own_rate = true;
        if (b->rate < qps || b->rate > qps) {
            bucket_set_rate(b, qps, now_us);
            bucket_arm(b, now_us);
        }
    }
    return b;
}

/* ---- interface ---- */

enum dp_err dp_pace_new(const struct dp_pace_config *config, struct dp_wheel *wheel, struct dp_pace **pace)
{
    struct dp_pace *p = calloc(1, sizeof *p);
    if (p == NULL) {
        return DP_ERR_NOMEM;
    }
    p->wheel = wheel;
    p->qps_per_server = config->qps_per_server;
    p->burst = config->burst_per_server > 0 ? config->burst_per_server : DP_PACE_BURST;
    bucket_init(&p->total, p, config->qps_total, wheel->now_us);
    bucket_init(&p->overflow, p, config->qps_per_server, wheel->now_us);
    *pace = p;
    return DP_OK;
}

void dp_pace_free(struct dp_pace *pace)
{
    if (pace == NULL) {
        return;
    }
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        while (pace->table[i] != NULL) {
            struct dp_pace_bucket *next = pace->table[i]->next;
            dp_wheel_clear(pace->wheel, &pace->table[i]->timer);
            free(pace->table[i]);
            pace->table[i] = next;
        }
    }
    dp_wheel_clear(pace->wheel, &pace->total.timer);
    dp_wheel_clear(pace->wheel, &pace->overflow.timer);
    free(pace);
}

void dp_pace_set_qps(struct dp_pace *pace, double per_server, double total, uint64_t now_us)
{
    pace->qps_per_server = per_server;
    bucket_set_rate(&pace->total, total, now_us);
    bucket_arm(&pace->total, now_us);
    bucket_set_rate(&pace->overflow, per_server, now_us);
    bucket_arm(&pace->overflow, now_us);
    for (size_t i = 0; i < TABLE_SIZE; i++) {
        for (struct dp_pace_bucket *b = pace->table[i]; b != NULL; b = b->next) {
            if (!b->own_rate) {
                bucket_set_rate(b, per_server, now_us);
                bucket_arm(b, now_us);
            }
        }
    }
}

bool dp_pace_take(struct dp_pace *pace, const struct dp_addr *server, double qps, uint64_t now_us,
                  struct dp_pace_waiter *waiter, dp_pace_cb *granted)
{
    struct dp_pace_bucket *b = bucket_of(pace, server, qps, now_us);
    *waiter = (struct dp_pace_waiter){.granted = granted};
    if (b != NULL && (b->head != NULL || !bucket_pass(b, now_us))) {
        queue_push(b, waiter, now_us);
        return false;
    }
    return total_pass(pace, waiter, now_us);
}

static void bucket_charge(struct dp_pace_bucket *b, uint64_t now_us)
{
    bucket_fill(b, now_us);
    if (b->rate > 0 && b->tokens > -b->depth) {
        b->tokens -= 1;
    }
}

void dp_pace_charge(struct dp_pace *pace, const struct dp_addr *server, double qps, uint64_t now_us)
{
    struct dp_pace_bucket *b = bucket_of(pace, server, qps, now_us);
    if (b != NULL) {
        bucket_charge(b, now_us);
    }
    bucket_charge(&pace->total, now_us);
}

static uint64_t bucket_reserve_us(struct dp_pace_bucket *b, uint64_t now_us)
{
    if (b->rate <= 0) {
        return 0;
    }
    bucket_fill(b, now_us);
    const double missing = (double)b->waiting + 1 - b->tokens;
    b->tokens -= 1;
    return missing > 0 ? (uint64_t)(missing / b->rate * 1e6) : 0;
}

uint64_t dp_pace_reserve_us(struct dp_pace *pace, const struct dp_addr *server, uint64_t now_us)
{
    struct dp_pace_bucket *b = bucket_of(pace, server, 0, now_us);
    const uint64_t server_us = b != NULL ? bucket_reserve_us(b, now_us) : 0;
    const uint64_t total_us = bucket_reserve_us(&pace->total, now_us);
    return server_us > total_us ? server_us : total_us;
}

void dp_pace_cancel(struct dp_pace *pace, struct dp_pace_waiter *waiter)
{
    (void)pace;
    struct dp_pace_bucket *b = waiter->bucket;
    if (b != NULL) {
        queue_remove(b, waiter);
        if (b->head == NULL) {
            dp_wheel_clear(b->pace->wheel, &b->timer);
        }
    }
}

size_t dp_pace_waiting(const struct dp_pace *pace)
{
    return pace->waiting;
}
