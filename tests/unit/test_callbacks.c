/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * What callbacks may do, and many exchanges at once: each callback fires exactly once, may fire before the
 * start returns, may start and cancel others, may free the engine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engineworld.h"

/* ---- chains ---- */

struct chain {
    struct world *w;
    unsigned left, decided, final;
    struct dp_exchange *victim; /* canceled by a callback */
};

static void chain_final(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    c->final++;
}

static void chain_next(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    c->decided++;
    if (c->left > 0) {
        c->left--;
        assert_int_equal(dp_exchange_start(c->w->engine, &c->w->params, chain_next, chain_final, NULL),
                         DP_OK);
    }
}

static void run_chain(struct world *w, struct chain *c)
{
    w->params.user = c;
    assert_int_equal(dp_exchange_start(w->engine, &w->params, chain_next, chain_final, NULL), DP_OK);
    loop_run(w->loop);
}

static void test_callback_starts_the_next(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    struct chain c = {.w = &w, .left = 20};
    run_chain(&w, &c);
    assert_int_equal(c.decided, 21);
    assert_int_equal(c.final, 21);
    world_close(&w);
}

/* Each start fails at once and calls back before it returns, so that the calls nest. */
static void test_callback_before_start_returns(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    w.params.server = (struct dp_addr){.family = 4, .port = 53, .ip = {255, 255, 255, 255}};
    struct chain c = {.w = &w, .left = 10};
    w.params.user = &c;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, chain_next, chain_final, NULL), DP_OK);
    assert_int_equal(c.decided, 11);
    assert_int_equal(c.final, 11);
    world_close(&w);
}

/* ---- canceling ---- */

static void cancel_victim(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    c->decided++;
    dp_exchange_cancel(c->w->engine, c->victim);
    dp_exchange_cancel(c->w->engine, c->victim); /* again: nothing happens */
}

static void test_callback_cancels_another(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    struct chain c = {.w = &w};
    struct dp_addr good = w.params.server;
    w.params.server.ip[3] = 77; /* nobody */
    w.params.server.port = 9;
    w.params.unpaced = true;
    w.params.linger_us = 1000 * MS;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, count_decided, count_final, &c.victim), DP_OK);
    w.params.server = good;
    w.params.user = &c;
    w.params.linger_us = 0;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, cancel_victim, chain_final, NULL), DP_OK);
    loop_run(w.loop);
    assert_int_equal(c.decided, 1);
    assert_int_equal(c.final, 1);
    assert_int_equal(w.decided, 1);
    assert_int_equal(w.final, 1);
    dp_exchange_unref(c.victim);
    world_close(&w);
}

static void cancel_itself(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    c->decided++;
    assert_int_equal(c->final, 0);
    dp_exchange_cancel(c->w->engine, ex);
    assert_int_equal(c->final, 0); /* `final` comes after `decided` has returned */
}

static void test_callback_cancels_itself(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    struct chain c = {.w = &w};
    w.params.user = &c;
    w.params.linger_us = 60u * 1000 * MS;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, cancel_itself, chain_final, NULL), DP_OK);
    loop_run(w.loop);
    assert_int_equal(c.decided, 1);
    assert_int_equal(c.final, 1);
    world_close(&w);
}

static void free_engine(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    c->decided++;
    if (c->w->engine != NULL) {
        struct dp_engine *engine = c->w->engine;
        c->w->engine = NULL;
        dp_engine_free(engine);
    }
}

/* With exchanges waiting, queued, in flight and listening: all are called, nothing leaks (LeakSanitizer). */
static void test_callback_frees_the_engine(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    dp_engine_free(w.engine);
    const struct dp_engine_config config = {
        .loop = w.loop, .qps_per_server = 1, .burst_per_server = 12, .max_dedicated_sockets = 4};
    assert_int_equal(dp_engine_new(&config, &w.engine), DP_OK);
    struct chain c = {.w = &w};
    w.params.user = &c;
    w.params.linger_us = 1000 * MS;
    for (unsigned i = 0; i < 16; i++) {
        assert_int_equal(dp_exchange_start(w.engine, &w.params, free_engine, chain_final, NULL), DP_OK);
    }
    loop_run(w.loop);
    assert_int_equal(c.decided, 16);
    assert_int_equal(c.final, 16);
    world_close(&w);
}

static void test_reference_outlives_the_engine(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    struct dp_exchange *ex = dp_exchange_ref(run(&w));
    world_close(&w);
    assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
    assert_int_equal(ex->response->sections[DP_SECTION_ANSWER].count, 1);
    dp_exchange_unref(ex);
}

/* ---- many ---- */

/* More than there are sockets: most share, ids stay unique, every answer finds its exchange. */
static void test_thousands_in_flight(void **state)
{
    enum { MANY = 3000 };
    struct world w;
    (void)state;
    world_open(&w, answer);
    dp_engine_free(w.engine);
    const struct dp_engine_config config = {.loop = w.loop, .max_dedicated_sockets = 8, .pool_sockets = 4};
    assert_int_equal(dp_engine_new(&config, &w.engine), DP_OK);
    struct chain c = {.w = &w};
    w.params.user = &c;
    w.params.timeout_us = 5000 * MS;
    w.params.linger_us = 10 * MS;
    for (unsigned i = 0; i < MANY; i++) {
        assert_int_equal(dp_exchange_start(w.engine, &w.params, chain_next, chain_final, NULL), DP_OK);
        if (i % 64 == 0) { /* a burst larger than socket buffers is the kernel's to lose */
            dp_loop_turn(w.loop, false);
        }
    }
    loop_run(w.loop);
    const struct dp_engine_stats stats = dp_engine_stats(w.engine);
    assert_int_equal(c.final, MANY);
    assert_int_equal(stats.answers, MANY);
    assert_int_equal(stats.queries, MANY);
    assert_int_equal(stats.in_flight + stats.waiting + stats.lingering, 0);
    assert_true(stats.open_sockets <= 4); /* the pool */
    world_close(&w);
}

static void expect_unreachable(struct dp_exchange *ex)
{
    struct chain *c = ex->user;
    assert_int_equal(ex->outcome, DP_OUTCOME_PORT_UNREACHABLE);
    c->decided++;
}

/* On a shared socket the id in the quoted message tells whose query an ICMP message is about. */
static void test_icmp_on_shared_sockets(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    dp_engine_free(w.engine);
    const struct dp_engine_config config = {.loop = w.loop, .max_dedicated_sockets = 1, .pool_sockets = 1};
    assert_int_equal(dp_engine_new(&config, &w.engine), DP_OK);
    struct chain c = {.w = &w};
    w.params.server = (struct dp_addr){.family = 4, .ip = {127, 0, 0, 1}};
    close(bad_socket(&w.params.server, SOCK_DGRAM));
    w.params.user = &c;
    w.params.timeout_us = 3000 * MS;
    for (unsigned i = 0; i < 4; i++) { /* fewer than the kernel's ICMP rate limit */
        assert_int_equal(dp_exchange_start(w.engine, &w.params, expect_unreachable, chain_final, NULL),
                         DP_OK);
    }
    loop_run(w.loop);
    assert_int_equal(c.decided, 4);
    assert_int_equal(c.final, 4);
    world_close(&w);
}

struct batch {
    uint16_t closed_port;
    unsigned answers, unreachable;
};

static void batch_decided(struct dp_exchange *ex)
{
    struct batch *b = ex->user;
    if (ex->server.port == b->closed_port) {
        b->unreachable += ex->outcome == DP_OUTCOME_PORT_UNREACHABLE;
    } else {
        b->answers += ex->outcome == DP_OUTCOME_ANSWER;
    }
}

/* One socket, two batches of many messages each: during each the loop does not watch the socket, yet it
 * learns of the answers and of the ICMP messages that arrive meanwhile. */
static void test_batches_on_one_socket(void **state)
{
    enum { MANY = 48, CLOSED_EVERY = 24 };
    struct batch b = {0};
    struct world w;
    (void)state;
    world_open(&w, answer);
    dp_engine_free(w.engine);
    const struct dp_engine_config config = {.loop = w.loop, .max_dedicated_sockets = 1, .pool_sockets = 1};
    assert_int_equal(dp_engine_new(&config, &w.engine), DP_OK);
    const struct dp_addr open = w.params.server;
    struct dp_addr closed = {.family = 4, .ip = {127, 0, 0, 1}};
    close(bad_socket(&closed, SOCK_DGRAM));
    b.closed_port = closed.port;
    w.params.user = &b;
    w.params.timeout_us = 3000 * MS;
    const uint64_t begin_us = dp_clock_mono_us();
    for (unsigned batch = 1; batch <= 2; batch++) {
        for (unsigned i = 0; i < MANY; i++) {
            w.params.server = i % CLOSED_EVERY == 0 ? closed : open;
            assert_int_equal(dp_exchange_start(w.engine, &w.params, batch_decided, NULL, NULL), DP_OK);
        }
        loop_run(w.loop);
        assert_int_equal(b.unreachable, batch * (MANY / CLOSED_EVERY));
        assert_int_equal(b.answers, batch * (MANY - MANY / CLOSED_EVERY));
    }
    assert_true(dp_clock_mono_us() - begin_us <
                w.params.timeout_us); /* not found by the last look of a timeout */
    world_close(&w);
}

static void flood(struct bad_query *q, void *user)
{
    uint8_t out[512];
    const size_t size = bad_answer(q, 1, out);
    (void)user;
    for (unsigned i = 1; i <= 200; i++) {
        out[1] = (uint8_t)(q->data[1] + i);
        bad_reply(q, out, size);
    }
    out[1] = q->data[1];
    bad_reply(q, out, size);
}

/* Guesses at the id: kept up to the limit, all counted, and the answer behind them arrives. */
static void test_flood_of_wrong_ids(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, flood);
    const struct dp_exchange *ex = run(&w);
    assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
    assert_int_equal(ex->n_strays, DP_STRAYS_MAX);
    assert_int_equal(ex->n_strays_seen, 200);
    world_close(&w);
}

static uint16_t query_id(const struct dp_exchange *ex)
{
    return (uint16_t)((unsigned)ex->query[0] << 8 | ex->query[1]);
}

/* Ports differ, ids look random; a seeded engine repeats its ids. */
static void test_ids_and_ports(void **state)
{
    struct world w;
    uint16_t ids[2][4];
    (void)state;
    world_open(&w, answer);
    for (unsigned round = 0; round < 2; round++) {
        dp_engine_free(w.engine);
        const struct dp_engine_config config = {.loop = w.loop, .seeded = true, .seed = 7};
        assert_int_equal(dp_engine_new(&config, &w.engine), DP_OK);
        for (unsigned i = 0; i < 4; i++) {
            ids[round][i] = query_id(run(&w));
        }
    }
    assert_memory_equal(ids[0], ids[1], sizeof ids[0]);
    assert_true(ids[0][0] != ids[0][1] || ids[0][1] != ids[0][2]);
    w.params.keep_id = true;
    assert_int_equal(query_id(run(&w)), 0);
    world_close(&w);
}

static void test_pacing(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    dp_engine_set_qps(w.engine, 10, 0);
    struct chain c = {.w = &w};
    w.params.user = &c;
    struct dp_exchange *last = NULL;
    for (unsigned i = 0; i < 12; i++) { /* 10 at once, then one each 100 ms */
        dp_exchange_unref(last);
        assert_int_equal(dp_exchange_start(w.engine, &w.params, chain_next, chain_final, &last), DP_OK);
    }
    assert_int_equal(dp_engine_stats(w.engine).waiting, 2);
    loop_run(w.loop);
    assert_int_equal(c.final, 12);
    /* 200 ms after the first, of which starting the others took some */
    assert_true(last->paced_us >= 100 * MS && last->paced_us < 1000 * MS);
    dp_exchange_unref(last);
    assert_true(dp_engine_reserve_us(w.engine, &w.params.server) <= 100 * MS);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_callback_starts_the_next),
        cmocka_unit_test(test_callback_before_start_returns),
        cmocka_unit_test(test_callback_cancels_another),
        cmocka_unit_test(test_callback_cancels_itself),
        cmocka_unit_test(test_callback_frees_the_engine),
        cmocka_unit_test(test_reference_outlives_the_engine),
        cmocka_unit_test(test_thousands_in_flight),
        cmocka_unit_test(test_icmp_on_shared_sockets),
        cmocka_unit_test(test_batches_on_one_socket),
        cmocka_unit_test(test_flood_of_wrong_ids),
        cmocka_unit_test(test_ids_and_ports),
        cmocka_unit_test(test_pacing),
    };
    return cmocka_run_group_tests_name("callbacks", tests, NULL, NULL);
}
