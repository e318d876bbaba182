/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * The exchange engine against a server that misbehaves: outcomes, strays, late answers, callbacks, memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "badserver.h"
#include "base/clock.h"
#include "exchange/exchange.h"
#include "exchange/query.h"

#define MS 1000u

static const uint8_t QUERY[] = {
    0, 0,   1,   0,   0,   1, 0,   0,   0,   0,   0,   0,           /* id 0, RD, one question */
    4, 's', 'h', 'o', 'p', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, /* shop.example. */
    0, 1,   0,   1,                                                 /* A IN */
};

/* ---- fixture ---- */

struct world {
    struct dp_loop *loop;
    struct dp_engine *engine;
    struct bad_server *server;
    struct dp_exchange_params params;
    struct dp_exchange *ex; /* of run() */
    unsigned decided, final;
    enum dp_outcome at_decided;
    unsigned step; /* of handlers */
};

static void count_decided(struct dp_exchange *ex)
{
    struct world *w = ex->user;
    assert_int_equal(w->final, 0);
    w->decided++;
    w->at_decided = ex->outcome;
}

static void count_final(struct dp_exchange *ex)
{
    struct world *w = ex->user;
    w->final++;
}

static void world_open(struct world *w, bad_handler *handler)
{
    *w = (struct world){0};
    assert_int_equal(dp_loop_new(&w->loop), DP_OK);
    w->server = bad_server_new(w->loop, 4, handler, w);
    const struct dp_engine_config config = {.loop = w->loop};
    assert_int_equal(dp_engine_new(&config, &w->engine), DP_OK);
    w->params = (struct dp_exchange_params){.server = w->server->address,
                                            .query = QUERY,
                                            .query_size = sizeof QUERY,
                                            .timeout_us = 200 * MS,
                                            .user = w};
}

static void world_close(struct world *w)
{
    dp_exchange_unref(w->ex);
    dp_engine_free(w->engine);
    bad_server_free(w->server);
    dp_loop_free(w->loop);
}

/* Starts what `params` says and runs until it is final. */
static struct dp_exchange *run(struct world *w)
{
    dp_exchange_unref(w->ex);
    w->decided = w->final = 0;
    assert_int_equal(dp_exchange_start(w->engine, &w->params, count_decided, count_final, &w->ex), DP_OK);
    dp_loop_run(w->loop);
    assert_int_equal(w->decided, 1);
    assert_int_equal(w->final, 1);
    return w->ex;
}

static void answer(struct bad_query *q, void *user)
{
    uint8_t out[512];
    (void)user;
    bad_reply(q, out, bad_answer(q, 1, out));
}

/* ---- tests ---- */

static void test_answer(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
        assert_non_null(ex->response);
        assert_int_equal(ex->response->sections[DP_SECTION_ANSWER].count, 1);
        assert_true(ex->rtt_us > 0 && ex->rtt_us < 200 * MS);
        assert_true(ex->clock_kernel || dp_transport_is_stream(ex->transport));
        assert_int_not_equal(ex->local_port, 0);
        assert_true(dp_addr_equal(&ex->from, &w.server->address));
        assert_int_equal(ex->n_strays_seen, 0);
        assert_int_equal(ex->n, t + 1);
    }
    assert_int_equal(dp_engine_stats(w.engine).open_sockets, 0);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
