/* SPDX-License-Identifier: MIT
 * One exchange on its way: memory, sending, deciding, the time it listens afterwards.
 *
 * The clock for outcomes is the arrival stamp, not the moment at which the loop got round to reading: a
 * timeout is believed only after the socket has been looked at once more, and a packet that the kernel
 * stamped after the timeout is late even if no timer has fired yet (receive.c). */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "exchange/engine.h"

#define FREE_FLIGHTS_MAX 4096u
#define ARENA_KEEP_BYTES 4096u  /* what a flight in the free list may hold on to */
#define CROWD            8u     /* who listen at once */
#define LISTEN_GRID_US   20000u /* a fifth of what is listened after an answer */

/* ---- memory ---- */

struct dp_flight *dp_flight_new(struct dp_engine *engine)
{
    struct dp_flight *f = engine->free_flights;
    if (f != NULL) {
        engine->free_flights = f->next;
        engine->n_free--;
        struct dp_arena arena = f->arena;
        memset(f, 0, offsetof(struct dp_flight, msg));
        f->arena = arena;
    } else {
        f = calloc(1, sizeof *f);
        if (f == NULL) {
            return NULL;
        }
        dp_arena_init(&f->arena, DP_FLIGHT_ARENA_BYTES);
        f->arena.held_bytes = engine->config.held_bytes;
        if (f->arena.held_bytes != NULL) {
            *f->arena.held_bytes += sizeof *f;
        }
    }
    f->engine = engine;
    f->refs = 1;
    engine->live++;
    return f;
}

void dp_flight_free(struct dp_flight *flight)
{
    dp_arena_fini(&flight->arena);
    if (flight->arena.held_bytes != NULL) {
        *flight->arena.held_bytes -= sizeof *flight;
    }
    free(flight);
}

void dp_flight_unref(struct dp_flight *flight)
{
    struct dp_engine *engine = flight->engine;
    if (--flight->refs > 0) {
        return;
    }
    engine->live--;
    if (engine->closing || engine->n_free >= FREE_FLIGHTS_MAX) {
        dp_flight_free(flight);
        dp_engine_release(engine);
        return;
    }
    if (flight->arena.used_bytes > ARENA_KEEP_BYTES) {
        dp_arena_fini(&flight->arena);
    } else {
        dp_arena_reset(&flight->arena);
    }
    flight->next = engine->free_flights;
    engine->free_flights = flight;
    engine->n_free++;
}

void dp_flight_link_out(struct dp_flight *flight)
{
    *(flight->prev != NULL ? &flight->prev->next : &flight->engine->flights) = flight->next;
    if (flight->next != NULL) {
        flight->next->prev = flight->prev;
    }
    flight->next = flight->prev = NULL;
}

/* ---- the send queue ---- */

static void send_queued(uv_prepare_t *handle);

static void queue_push(struct dp_flight *f)
{
    struct dp_engine *engine = f->engine;
    f->queue_next = NULL;
    f->queue_prev = engine->queue_tail;
    *(engine->queue_tail != NULL ? &engine->queue_tail->queue_next : &engine->queue_head) = f;
    engine->queue_tail = f;
    if (engine->queue_head == f) {
        uv_prepare_start(&engine->prepare, send_queued);
    }
}

static void queue_remove(struct dp_flight *f)
{
    struct dp_engine *engine = f->engine;
    *(f->queue_prev != NULL ? &f->queue_prev->queue_next : &engine->queue_head) = f->queue_next;
    *(f->queue_next != NULL ? &f->queue_next->queue_prev : &engine->queue_tail) = f->queue_prev;
    f->queue_next = f->queue_prev = NULL;
    if (engine->queue_head == NULL) {
        uv_prepare_stop(&engine->prepare);
    }
}

/* ---- states ---- */

void dp_flight_set_phase(struct dp_flight *flight, enum dp_phase phase)
{
    struct dp_engine_stats *stats = &flight->engine->stats;
    uint64_t *const counts[] = {[DP_PHASE_WAITING] = &stats->waiting,
                                [DP_PHASE_QUEUED] = &stats->in_flight,
                                [DP_PHASE_SENT] = &stats->in_flight,
                                [DP_PHASE_DECIDED] = &stats->lingering,
                                [DP_PHASE_FINAL] = NULL};
    if (counts[flight->phase] != NULL) {
        --*counts[flight->phase];
    }
    flight->phase = phase;
    if (counts[phase] != NULL) {
        ++*counts[phase];
    }
}

static void finalize(struct dp_flight *f)
{
    struct dp_engine *engine = f->engine;
    dp_flight_set_phase(f, DP_PHASE_FINAL);
    dp_wheel_clear(&engine->wheel, &f->timer);
    dp_ports_release(f);
    dp_flight_link_out(f);
    if (engine->wheel.count == 0) {
        dp_engine_arm(engine); /* nothing left to wait for: the loop may end */
    }
    f->ex.final = true;
    if (f->final != NULL) {
        f->final(&f->ex);
    }
    dp_flight_unref(f);
}

void dp_flight_finish(struct dp_flight *flight)
{
    if (flight->deciding) {
        flight->finish = true;
    } else {
        finalize(flight);
    }
}

/* How long to listen after this outcome. A path error may be wrong (one router's opinion): an answer that
 * comes all the same is worth seeing. */
static uint64_t listen_us(const struct dp_flight *f)
{
    switch (f->ex.outcome) {
    case DP_OUTCOME_TIMEOUT:
    case DP_OUTCOME_CONNECT_TIMEOUT:
        return f->late_us;
    case DP_OUTCOME_ANSWER:
    case DP_OUTCOME_LATE:
    case DP_OUTCOME_MALFORMED:
        return f->linger_us;
    case DP_OUTCOME_PORT_UNREACHABLE:
    case DP_OUTCOME_HOST_UNREACHABLE:
        return dp_transport_is_stream(f->ex.transport) || f->ex.unsent ? 0 : f->linger_us;
    case DP_OUTCOME_CONNECTION_REFUSED:
    case DP_OUTCOME_RESET:
    case DP_OUTCOME_CLOSED:
    case DP_OUTCOME_CANCELED:
    case DP_OUTCOME_PENDING:
    case DP_OUTCOME_COUNT_:
        break;
    }
    return 0;
}

static void timer_fire(struct dp_wheel_timer *timer);

static void set_timer_at(struct dp_flight *flight, uint64_t due_us)
{
    struct dp_engine *engine = flight->engine;
    dp_wheel_set(&engine->wheel, &flight->timer, due_us, timer_fire);
    if (due_us < engine->armed_us) {
        dp_engine_arm(engine);
    }
}

static void set_timer(struct dp_flight *flight, uint64_t after_us)
{
    set_timer_at(flight, dp_clock_mono_us() + after_us);
}

/* Where many listen, their times end together: to wake this process for the end of each alone costs as much
 * as an answer does. Nobody listens for less than he was told to. */
void dp_flight_listen(struct dp_flight *flight)
{
    const uint64_t after_us = listen_us(flight);
    if (after_us == 0) {
        dp_flight_finish(flight);
        return;
    }
    uint64_t due_us = dp_clock_mono_us() + after_us;
    if (flight->engine->stats.lingering >= CROWD) {
        due_us += LISTEN_GRID_US - 1 - (due_us + LISTEN_GRID_US - 1) % LISTEN_GRID_US;
    }
    set_timer_at(flight, due_us);
}

void dp_flight_decide(struct dp_flight *flight, enum dp_outcome outcome)
{
    struct dp_engine_stats *stats = &flight->engine->stats;
    if (flight->phase == DP_PHASE_QUEUED) {
        queue_remove(flight);
    }
    dp_wheel_clear(&flight->engine->wheel, &flight->timer);
    dp_flight_set_phase(flight, DP_PHASE_DECIDED);
    flight->ex.outcome = outcome;
    if (flight->ex.sent_real_us == 0) {
        flight->ex.unsent = true;
        flight->ex.sent_real_us = dp_clock_real_us();
    }
    stats->answers += outcome == DP_OUTCOME_ANSWER;
    stats->timeouts += outcome == DP_OUTCOME_TIMEOUT || outcome == DP_OUTCOME_CONNECT_TIMEOUT;
    flight->deciding = true;
    dp_flight_listen(flight);
    if (flight->decided != NULL) {
        flight->decided(&flight->ex);
    }
    flight->deciding = false;
    if (flight->finish) {
        finalize(flight);
    }
}

/* The socket of a flight is at its timeout: what has arrived there counts. The link may serve many. */
static void time_out(struct dp_flight *f)
{
    f->refs++;
    dp_link_drain(f->link, f->engine->wheel.now_us);
    if (f->phase == DP_PHASE_SENT) {
        dp_receive_note_phases(f);
        const bool connecting = dp_transport_is_stream(f->ex.transport) && f->link->connected_real_us == 0;
        dp_flight_decide(f, connecting ? DP_OUTCOME_CONNECT_TIMEOUT : DP_OUTCOME_TIMEOUT);
    }
    dp_flight_unref(f);
}

static void timer_fire(struct dp_wheel_timer *timer)
{
    struct dp_flight *f = (struct dp_flight *)((char *)timer - offsetof(struct dp_flight, timer));
    if (f->phase == DP_PHASE_DECIDED) {
        dp_flight_finish(f);
    } else if (f->ex.sent_real_us == 0) { /* a batch could not send it; an ICMP message leaves an errno too */
        dp_receive_note_mtu(f);
        dp_flight_decide(f, dp_receive_outcome(f, f->ex.sys_errno));
    } else {
        time_out(f);
    }
}

/* ---- sending ---- */

static struct dp_outgoing outgoing(const struct dp_flight *f)
{
    return (struct dp_outgoing){.to = f->ex.server, .data = f->query, .size_bytes = f->ex.query_size};
}

/* The message has left, a moment before `now_us`. */
static void sent(struct dp_flight *f, const struct dp_outgoing *item, uint64_t now_us)
{
    struct dp_engine_stats *stats = &f->engine->stats;
    dp_flight_set_phase(f, DP_PHASE_SENT);
    f->ex.sent_real_us = item->sent_real_us;
    f->ex.sent_clock_kernel = item->clock_kernel;
    stats->queries++;
    stats->bytes_sent += f->ex.query_size;
    set_timer_at(f, now_us + f->timeout_us);
}

/* Sends at most one batch: the flights at the head of the queue that share a socket. Calls nothing back: a
 * message that could not be sent is decided by the timer wheel, at once. */
static void flush_batch(struct dp_engine *engine)
{
    struct dp_outgoing items[DP_SEND_BATCH];
    struct dp_flight *flights[DP_SEND_BATCH];
    struct dp_link *link = engine->queue_head->link;
    size_t count = 0;
    while (count < DP_SEND_BATCH && engine->queue_head != NULL && engine->queue_head->link == link) {
        flights[count] = engine->queue_head;
        items[count] = outgoing(flights[count]);
        queue_remove(flights[count]);
        count++;
    }
    dp_link_send(link, items, count);
    const uint64_t now_us = dp_clock_mono_us();
    for (size_t i = 0; i < count; i++) {
        if (items[i].sys_errno == 0) {
            sent(flights[i], &items[i], now_us);
        } else {
            flights[i]->ex.sys_errno = items[i].sys_errno;
            dp_flight_set_phase(flights[i], DP_PHASE_SENT);
            set_timer(flights[i], 0);
        }
    }
}

static void send_queued(uv_prepare_t *handle)
{
    struct dp_engine *engine = handle->data;
    while (engine->queue_head != NULL) {
        flush_batch(engine);
    }
}

enum dp_err dp_flight_launch(struct dp_flight *flight, int *sys_errno)
{
    const enum dp_err err = dp_ports_assign(flight, sys_errno);
    if (err != DP_OK) {
        return err;
    }
    if (flight->link->shared) {
        dp_flight_set_phase(flight, DP_PHASE_QUEUED);
        queue_push(flight);
        return DP_OK;
    }
    struct dp_outgoing item = outgoing(flight);
    dp_link_send(flight->link, &item, 1);
    if (item.sys_errno == 0) {
        sent(flight, &item, dp_clock_mono_us());
        return DP_OK;
    }
    flight->ex.sys_errno = item.sys_errno;
    dp_receive_note_mtu(flight);
    dp_flight_decide(flight, dp_receive_outcome(flight, item.sys_errno));
    return DP_OK;
}

void dp_flight_granted(struct dp_pace_waiter *waiter)
{
    struct dp_flight *f = (struct dp_flight *)((char *)waiter - offsetof(struct dp_flight, waiter));
    int sys_errno = 0;
    const uint64_t now_us = dp_clock_mono_us();
    f->ex.paced_us = now_us - f->begun_us;
    f->begun_us = now_us;
    if (dp_flight_launch(f, &sys_errno) != DP_OK) {
        f->ex.sys_errno = sys_errno;
        dp_flight_decide(f, DP_OUTCOME_CANCELED);
    }
}
