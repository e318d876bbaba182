/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * The resilient query: tries, TCP on truncation, and that every attempt is kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "engineworld.h"
#include "exchange/query.h"

struct asked {
    unsigned calls;
    unsigned n_attempts;
    struct dp_exchange *attempts[DP_QUERY_ATTEMPTS_MAX];
};

static void keep_result(void *user, const struct dp_query_result *result)
{
    struct asked *a = user;
    a->calls++;
    a->n_attempts = result->n_attempts;
    for (unsigned i = 0; i < result->n_attempts; i++) {
        a->attempts[i] = dp_exchange_ref(result->attempts[i]);
    }
}

static void ask(struct world *w, struct asked *a, unsigned tries, bool tcp_fallback)
{
    const struct dp_query_params params = {.first = w->params, .tries = tries, .tcp_fallback = tcp_fallback};
    *a = (struct asked){0};
    assert_int_equal(dp_query_start(w->engine, &params, keep_result, a), DP_OK);
    dp_loop_run(w->loop);
    assert_int_equal(a->calls, 1);
}

static void forget(struct asked *a)
{
    for (unsigned i = 0; i < a->n_attempts; i++) {
        dp_exchange_unref(a->attempts[i]);
    }
}

static void every_third(struct bad_query *q, void *user)
{
    if (q->server->queries % 3 == 0) {
        answer(q, user);
    }
}

static void test_tries(void **state)
{
    struct world w;
    struct asked a;
    (void)state;
    world_open(&w, every_third);
    w.params.timeout_us = 20 * MS;
    ask(&w, &a, 5, true);
    assert_int_equal(a.n_attempts, 3);
    assert_int_equal(a.attempts[0]->outcome, DP_OUTCOME_TIMEOUT);
    assert_int_equal(a.attempts[1]->outcome, DP_OUTCOME_TIMEOUT);
    assert_int_equal(a.attempts[2]->outcome, DP_OUTCOME_ANSWER);
    assert_memory_not_equal(a.attempts[0]->query, a.attempts[2]->query, 2); /* own ids */
    assert_ptr_equal(a.attempts[0]->user, &w);
    forget(&a);
    ask(&w, &a, 2, true);
    assert_int_equal(a.n_attempts, 2);
    assert_int_equal(a.attempts[1]->outcome, DP_OUTCOME_TIMEOUT);
    forget(&a);
    world_close(&w);
}

static void truncate_udp(struct bad_query *q, void *user)
{
    uint8_t out[512];
    const size_t size = bad_answer(q, 1, out);
    (void)user;
    out[2] |= q->tcp ? 0 : 0x02;
    bad_reply(q, out, size);
}

static void test_tcp_on_truncation(void **state)
{
    struct world w;
    struct asked a;
    (void)state;
    world_open(&w, truncate_udp);
    ask(&w, &a, 3, true);
    assert_int_equal(a.n_attempts, 2);
    assert_int_equal(a.attempts[0]->transport, DP_TRANSPORT_UDP);
    assert_int_not_equal(a.attempts[0]->response->flags & DP_FLAG_TC, 0);
    assert_int_equal(a.attempts[1]->transport, DP_TRANSPORT_TCP);
    assert_int_equal(a.attempts[1]->outcome, DP_OUTCOME_ANSWER);
    assert_memory_equal(a.attempts[0]->query + 2, a.attempts[1]->query + 2, sizeof QUERY - 2);
    forget(&a);
    ask(&w, &a, 3, false); /* +ignore */
    assert_int_equal(a.n_attempts, 1);
    forget(&a);
    world_close(&w);
}

static void servfail(struct bad_query *q, void *user)
{
    uint8_t out[12] = {q->data[0], q->data[1], 0x80, DP_RCODE_SERVFAIL};
    (void)user;
    bad_reply(q, out, sizeof out);
}

static void test_an_error_is_an_answer(void **state)
{
    struct world w;
    struct asked a;
    (void)state;
    world_open(&w, servfail);
    ask(&w, &a, 3, true);
    assert_int_equal(a.n_attempts, 1);
    assert_int_equal(a.attempts[0]->response->rcode, DP_RCODE_SERVFAIL);
    forget(&a);
    world_close(&w);
}

/* Fails before each start returns, so that the attempts nest; and the number is bounded. */
static void test_attempts_are_bounded(void **state)
{
    struct world w;
    struct asked a;
    (void)state;
    world_open(&w, silent);
    w.params.server = (struct dp_addr){.family = 4, .port = 53, .ip = {255, 255, 255, 255}};
    ask(&w, &a, 1000, true);
    assert_int_equal(a.n_attempts, DP_QUERY_ATTEMPTS_MAX - 1);
    forget(&a);
    w.params.server.port = 0;
    const struct dp_query_params params = {.first = w.params};
    assert_int_equal(dp_query_start(w.engine, &params, keep_result, &a), DP_ERR_ARG);
    world_close(&w);
}

static void test_engine_freed_meanwhile(void **state)
{
    struct world w;
    struct asked a = {0};
    (void)state;
    world_open(&w, silent);
    const struct dp_query_params params = {.first = w.params, .tries = 3};
    assert_int_equal(dp_query_start(w.engine, &params, keep_result, &a), DP_OK);
    dp_engine_free(w.engine);
    w.engine = NULL;
    assert_int_equal(a.calls, 1);
    assert_int_equal(a.n_attempts, 1);
    assert_int_equal(a.attempts[0]->outcome, DP_OUTCOME_CANCELED);
    forget(&a);
    world_close(&w);
}

/* What dp_query_build writes is what a parser reads. */
static void test_build(void **state)
{
    uint8_t wire[600];
    size_t size;
    struct dp_arena arena;
    struct dp_msg msg;
    const uint8_t cookie[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    struct dp_edns_option option = {.code = DP_EDNS_COOKIE, .size = 8, .data = cookie};
    struct dp_query_spec spec = {
        .type = DP_TYPE_AAAA,
        .rrclass = DP_CLASS_IN,
        .rd = true,
        .cd = true,
        .edns = {.present = true, .udp_size = 1232, .flags = DP_EDNS_DO, .options = &option, .n_options = 1}};
    (void)state;
    assert_int_equal(dp_name_from_text(&spec.name, "shop.example", 12, NULL), DP_OK);
    assert_int_equal(dp_query_build(&spec, wire, sizeof wire, &size), DP_OK);
    dp_arena_init(&arena, 0);
    assert_int_equal(dp_msg_parse(&msg, wire, size, &arena), DP_OK);
    assert_int_equal(msg.id, 0);
    assert_int_equal(msg.flags, DP_FLAG_RD | DP_FLAG_CD);
    assert_int_equal(msg.n_questions, 1);
    assert_int_equal(msg.questions[0].type, DP_TYPE_AAAA);
    assert_int_equal(msg.questions[0].rrclass, DP_CLASS_IN);
    assert_int_equal(msg.edns.udp_size, 1232);
    assert_int_equal(msg.edns.flags, DP_EDNS_DO);
    assert_int_equal(msg.edns.n_options, 1);
    spec.no_question = true;
    spec.edns.present = false;
    spec.opcode = 4;
    assert_int_equal(dp_query_build(&spec, wire, sizeof wire, &size), DP_OK);
    assert_int_equal(size, 12);
    assert_int_equal(wire[2] >> 3 & 15, 4);
    assert_int_equal(dp_query_build(&spec, wire, 11, &size), DP_ERR_NOSPACE);
    dp_arena_fini(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tries),
        cmocka_unit_test(test_tcp_on_truncation),
        cmocka_unit_test(test_an_error_is_an_answer),
        cmocka_unit_test(test_attempts_are_bounded),
        cmocka_unit_test(test_engine_freed_meanwhile),
        cmocka_unit_test(test_build),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
