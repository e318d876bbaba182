/* SPDX-License-Identifier: MIT
 * Fixture of the tests of the exchange engine: a loop, an engine, a server with the test's handler, and one
 * exchange at a time. Included after cmocka. */
#ifndef DP_TESTS_ENGINEWORLD_H
#define DP_TESTS_ENGINEWORLD_H

#include "badserver.h"
#include "exchange/exchange.h"
#include "looprun.h"

#define MS 1000u

static const uint8_t QUERY[] = {
    0, 0,   1,   0,   0,   1, 0,   0,   0,   0,   0,   0,           /* id 0, RD, one question */
    4, 's', 'h', 'o', 'p', 7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 0, /* shop.example. */
    0, 1,   0,   1,                                                 /* A IN */
};

struct world {
    struct dp_loop *loop;
    struct dp_engine *engine;
    struct bad_server *server;
    struct dp_exchange_params params;
    struct dp_exchange *ex; /* of run() */
    unsigned decided, final;
    enum dp_outcome at_decided;
    unsigned step; /* of handlers, as is this: */
    void *handler_data;
};

static inline void count_decided(struct dp_exchange *ex)
{
    struct world *w = ex->user;
    assert_int_equal(w->final, 0);
    w->decided++;
    w->at_decided = ex->outcome;
}

static inline void count_final(struct dp_exchange *ex)
{
    struct world *w = ex->user;
    w->final++;
}

static inline void world_open(struct world *w, bad_handler *handler)
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

static inline void world_close(struct world *w)
{
    dp_exchange_unref(w->ex);
    dp_engine_free(w->engine);
    bad_server_free(w->server);
    dp_loop_free(w->loop);
}

/* Starts what `params` says and runs until it is final. */
static inline struct dp_exchange *run(struct world *w)
{
    dp_exchange_unref(w->ex);
    w->decided = w->final = 0;
    assert_int_equal(dp_exchange_start(w->engine, &w->params, count_decided, count_final, &w->ex), DP_OK);
    loop_run(w->loop);
    assert_int_equal(w->decided, 1);
    assert_int_equal(w->final, 1);
    return w->ex;
}

/* The handler of a good server. */
static inline void answer(struct bad_query *q, void *user)
{
    uint8_t out[512];
    (void)user;
    bad_reply(q, out, bad_answer(q, 1, out));
}

/* The handler of a dead one. */
static inline void silent(struct bad_query *q, void *user)
{
    (void)q;
    (void)user;
}

#endif
