/* SPDX-License-Identifier: MIT
 * The engine's life, its one timer, and the interface of exchange.h.
 *
 *   start ─▶ WAITING ─token─▶ QUEUED ─batch─▶ SENT ─answer, error, timeout─▶ DECIDED ─listened─▶ FINAL
 *               │ (no queue for a socket of one's own)  ──────▶                 ▲            ▲
 *               └───────────────────────── cancel ──────────────────────────────┴────────────┘
 *
 * Cost: an exchange is one struct of about 1 KiB that is used again (free list), its timeouts are places in a
 * timer wheel, and beyond `max_dedicated_sockets` it shares a socket, so that a burst of thousands costs few
 * system calls: queries queued in one turn of the loop leave together just before the loop sleeps.
 *
 * Reentrancy: callbacks may call anything here, dp_engine_free included. What makes that safe: flights are
 * counted references, links stay readable while on the stack (net/link.c), and the engine's memory goes only
 * after its uv handles have closed, which is a later turn of the loop. */
#include "exchange/engine.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

#define HEADER_BYTES         12u
#define DEDICATED_DEFAULT    256u
#define POOL_SOCKETS_DEFAULT 64u
#define TABLE_FIRST_SIZE     1024u
#define SCRATCH_LIMIT_BYTES  (4 * DP_FLIGHT_ARENA_BYTES)

/* ---- timer ---- */

static void timer_fire(uv_timer_t *handle)
{
    struct dp_engine *engine = handle->data;
    engine->armed_us = UINT64_MAX;
    dp_wheel_advance(&engine->wheel, dp_clock_mono_us());
    dp_engine_arm(engine);
}

void dp_engine_arm(struct dp_engine *engine)
{
    uint64_t next_us;
    if (engine->closing) {
        return;
    }
    if (!dp_wheel_next_us(&engine->wheel, &next_us)) {
        if (engine->armed_us != UINT64_MAX) {
            uv_timer_stop(&engine->timer);
            engine->armed_us = UINT64_MAX;
        }
        return;
    }
    if (next_us >= engine->armed_us) {
        return;
    }
    const uint64_t now_us = dp_clock_mono_us();
    const uint64_t after_ms = next_us > now_us ? (next_us - now_us + 999) / 1000 : 0;
    engine->armed_us = next_us;
    uv_timer_start(&engine->timer, timer_fire, after_ms, 0);
}

/* ---- life ---- */

static void engine_free_memory(struct dp_engine *engine)
{
    while (engine->free_flights != NULL) {
        struct dp_flight *next = engine->free_flights->next;
        dp_flight_free(engine->free_flights);
        engine->free_flights = next;
    }
    dp_arena_fini(&engine->scratch);
    dp_pace_free(engine->pace);
    free(engine->table);
    for (unsigned i = 0; i < 2; i++) {
        free(engine->pools[i].links);
        free(engine->pools[i].uses);
    }
    free(engine);
}

void dp_engine_release(struct dp_engine *engine)
{
    if (engine->closing && engine->live == 0 && engine->handles == 0) {
        engine_free_memory(engine);
    }
}

static enum dp_err engine_init(struct dp_engine *e)
{
    const struct dp_link_events events = {dp_receive_packet, dp_receive_path_error};
    const struct dp_pace_config pace = {.qps_per_server = e->config.qps_per_server,
                                        .burst_per_server = e->config.burst_per_server,
                                        .qps_total = e->config.qps_total};
    e->table_size = TABLE_FIRST_SIZE;
    e->table = calloc(e->table_size, sizeof *e->table);
    for (unsigned i = 0; i < 2; i++) {
        e->pools[i].links = calloc(e->config.pool_sockets, sizeof *e->pools[i].links);
        e->pools[i].uses = calloc(e->config.pool_sockets, sizeof *e->pools[i].uses);
    }
    if (e->table == NULL || e->pools[0].links == NULL || e->pools[0].uses == NULL ||
        e->pools[1].links == NULL || e->pools[1].uses == NULL) {
        return DP_ERR_NOMEM;
    }
    const enum dp_err err = dp_pace_new(&pace, &e->wheel, &e->pace);
    return err != DP_OK ? err : dp_net_new(e->config.loop, &events, e, &e->net);
}

enum dp_err dp_engine_new(const struct dp_engine_config *config, struct dp_engine **engine)
{
    struct dp_engine *e = calloc(1, sizeof *e);
    if (e == NULL) {
        return DP_ERR_NOMEM;
    }
    e->config = *config;
    if (e->config.max_dedicated_sockets == 0) {
        e->config.max_dedicated_sockets = DEDICATED_DEFAULT;
    }
    if (e->config.pool_sockets == 0) {
        e->config.pool_sockets = POOL_SOCKETS_DEFAULT;
    }
    e->armed_us = UINT64_MAX;
    dp_wheel_init(&e->wheel, dp_clock_mono_us());
    dp_arena_init(&e->scratch, SCRATCH_LIMIT_BYTES);
    const enum dp_err err = engine_init(e);
    if (err != DP_OK) {
        engine_free_memory(e);
        return err;
    }
    if (config->seeded) {
        dp_rand_init_seeded(&e->rand, config->seed);
    } else {
        dp_rand_init(&e->rand);
    }
    uv_loop_t *uv = dp_loop_uv(config->loop);
    uv_timer_init(uv, &e->timer);
    uv_prepare_init(uv, &e->prepare);
    e->timer.data = e->prepare.data = e;
    e->handles = 2;
    *engine = e;
    return DP_OK;
}

static void handle_closed(uv_handle_t *handle)
{
    struct dp_engine *engine = handle->data;
    engine->handles--;
    dp_engine_release(engine);
}

void dp_engine_free(struct dp_engine *engine)
{
    if (engine == NULL || engine->closing) {
        return;
    }
    engine->closing = true;
    for (struct dp_flight *f = engine->flights; f != NULL;) {
        const bool deciding = f->deciding; /* we are inside its callback: final when that returns */
        struct dp_flight *next = f->next;
        dp_exchange_cancel(engine, &f->ex);
        f = deciding ? next : engine->flights;
    }
    dp_ports_close(engine);
    dp_net_free(engine->net);
    uv_close((uv_handle_t *)&engine->timer, handle_closed);
    uv_close((uv_handle_t *)&engine->prepare, handle_closed);
}

/* ---- exchanges ---- */

static bool params_valid(const struct dp_exchange_params *params)
{
    return (params->server.family == 4 || params->server.family == 6) && params->server.port != 0 &&
           (unsigned)params->transport < DP_TRANSPORT_COUNT_ && params->query_size >= HEADER_BYTES &&
           params->query_size <= DP_MESSAGE_MAX_BYTES && params->timeout_us > 0;
}

static enum dp_err fill(struct dp_flight *f, const struct dp_exchange_params *params, dp_exchange_cb *decided,
                        dp_exchange_cb *final)
{
    struct dp_engine *engine = f->engine;
    f->query = params->query_size <= sizeof f->inline_query ? f->inline_query
                                                            : dp_arena_alloc(&f->arena, params->query_size);
    if (f->query == NULL) {
        return DP_ERR_NOMEM;
    }
    memcpy(f->query, params->query, params->query_size);
    f->accept = dp_accept_query(&params->server, f->query, params->query_size, params->ignore_question);
    f->decided = decided;
    f->final = final;
    f->timeout_us = params->timeout_us;
    f->late_us = params->late_us;
    f->linger_us = params->linger_us;
    f->df = params->df;
    f->own_socket_needed = params->keep_id || params->df != DP_DF_SYSTEM;
    if (!params->keep_id) {
        dp_ports_draw_id(f);
    }
    f->ex.n = ++engine->started;
    f->ex.server = params->server;
    f->ex.transport = params->transport;
    f->ex.query = f->query;
    f->ex.query_size = params->query_size;
    f->ex.user = params->user;
    return DP_OK;
}

static void link_in(struct dp_engine *engine, struct dp_flight *f)
{
    f->next = engine->flights;
    f->prev = NULL;
    if (engine->flights != NULL) {
        engine->flights->prev = f;
    }
    engine->flights = f;
    engine->stats.waiting++;
}

/* Undoes link_in for a flight that could not be tried: the caller hears of it by the error alone. */
static void withdraw(struct dp_flight *f, struct dp_exchange **out)
{
    dp_flight_set_phase(f, DP_PHASE_FINAL);
    dp_flight_link_out(f);
    if (out != NULL) {
        *out = NULL;
        dp_flight_unref(f);
    }
    dp_flight_unref(f);
}

enum dp_err dp_exchange_start(struct dp_engine *engine, const struct dp_exchange_params *params,
                              dp_exchange_cb *decided, dp_exchange_cb *final, struct dp_exchange **out)
{
    if (!params_valid(params)) {
        return DP_ERR_ARG;
    }
    if (engine->closing) {
        return DP_ERR_CANCELED;
    }
    struct dp_flight *f = dp_flight_new(engine);
    if (f == NULL) {
        return DP_ERR_NOMEM;
    }
    enum dp_err err = fill(f, params, decided, final);
    if (err != DP_OK) {
        dp_flight_unref(f);
        return err;
    }
    if (out != NULL) {
        *out = dp_exchange_ref(&f->ex);
    }
    link_in(engine, f);
    const uint64_t now_us = dp_clock_mono_us();
    f->begun_us = now_us;
    if (params->unpaced) {
        dp_pace_charge(engine->pace, &params->server, params->qps, now_us);
    } else if (!dp_pace_take(engine->pace, &params->server, params->qps, now_us, &f->waiter,
                             dp_flight_granted)) {
        dp_engine_arm(engine);
        return DP_OK;
    }
    int sys_errno = 0;
    err = dp_flight_launch(f, &sys_errno);
    if (err != DP_OK) {
        withdraw(f, out);
    }
    return err;
}

void dp_exchange_cancel(struct dp_engine *engine, struct dp_exchange *ex)
{
    struct dp_flight *f = dp_flight_of(ex);
    if (f->phase == DP_PHASE_FINAL) {
        return;
    }
    f->refs++;
    dp_pace_cancel(engine->pace, &f->waiter);
    if (f->phase < DP_PHASE_DECIDED) {
        dp_flight_decide(f, DP_OUTCOME_CANCELED);
    } else {
        dp_flight_finish(f);
    }
    dp_flight_unref(f);
}

struct dp_exchange *dp_exchange_ref(struct dp_exchange *ex)
{
    dp_flight_of(ex)->refs++;
    return ex;
}

void dp_exchange_unref(struct dp_exchange *ex)
{
    if (ex != NULL) {
        dp_flight_unref(dp_flight_of(ex));
    }
}

/* ---- the rest ---- */

struct dp_engine_stats dp_engine_stats(const struct dp_engine *engine)
{
    struct dp_engine_stats stats = engine->stats;
    stats.open_sockets = engine->closing ? 0 : dp_net_open_links(engine->net);
    return stats;
}

uint64_t dp_engine_reserve_us(struct dp_engine *engine, const struct dp_addr *server)
{
    return dp_pace_reserve_us(engine->pace, server, dp_clock_mono_us());
}

void dp_engine_set_qps(struct dp_engine *engine, double per_server, double total)
{
    dp_pace_set_qps(engine->pace, per_server, total, dp_clock_mono_us());
    dp_engine_arm(engine);
}
