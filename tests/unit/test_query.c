/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * The resilient query: tries, TCP on truncation; and that a query is built as it is read. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "exchange/query.h"

/* The outcome of the n-th of `tries` attempts: the transport of the next, or NULL. */
static const char *next(enum dp_transport transport, enum dp_outcome outcome, uint16_t flags, unsigned n,
                        unsigned tries, bool tcp_fallback)
{
    struct dp_msg response = {.flags = flags, .rcode = DP_RCODE_SERVFAIL};
    const struct dp_exchange ex = {.transport = transport,
                                   .outcome = outcome,
                                   .response = outcome == DP_OUTCOME_ANSWER ? &response : NULL};
    enum dp_transport then = DP_TRANSPORT_COUNT_;
    return dp_query_wants_next(&ex, n, tries, tcp_fallback, &then) ? dp_transport_name(then) : NULL;
}

static void test_tries_until_there_is_an_answer(void **state)
{
    (void)state;
    for (int outcome = 0; outcome < DP_OUTCOME_COUNT_; outcome++) {
        const bool more = outcome != DP_OUTCOME_ANSWER && outcome != DP_OUTCOME_CANCELED;
        for (unsigned n = 1; n <= 3; n++) {
            const char *then = next(DP_TRANSPORT_UDP, (enum dp_outcome)outcome, 0, n, 3, true);
            assert_int_equal(then != NULL, more && n < 3);
            assert_true(then == NULL || strcmp(then, "udp") == 0);
        }
    }
}

/* Also after the last try, as the answer is there; but only once. */
static void test_tcp_on_truncation(void **state)
{
    (void)state;
    assert_string_equal(next(DP_TRANSPORT_UDP, DP_OUTCOME_ANSWER, DP_FLAG_TC, 1, 1, true), "tcp");
    assert_null(next(DP_TRANSPORT_UDP, DP_OUTCOME_ANSWER, DP_FLAG_TC, 1, 3, false)); /* +ignore */
    assert_null(next(DP_TRANSPORT_TCP, DP_OUTCOME_ANSWER, DP_FLAG_TC, 2, 3, true));
    assert_null(next(DP_TRANSPORT_TCP, DP_OUTCOME_TIMEOUT, 0, 2, 3, true));
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
        cmocka_unit_test(test_tries_until_there_is_an_answer),
        cmocka_unit_test(test_tcp_on_truncation),
        cmocka_unit_test(test_build),
    };
    return cmocka_run_group_tests_name("query", tests, NULL, NULL);
}
