/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * The exchange engine against a server that misbehaves: outcomes, strays, late answers, callbacks, memory. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engineworld.h"

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
        assert_true(ex->sent_clock_kernel || dp_transport_is_stream(ex->transport));
        assert_int_not_equal(ex->local_port, 0);
        assert_true(dp_addr_equal(&ex->from, &w.server->address));
        assert_int_equal(ex->n_strays_seen, 0);
        assert_int_equal(ex->n, t + 1);
    }
    assert_int_equal(dp_engine_stats(w.engine).open_sockets, 0);
    world_close(&w);
}

/* ---- strays: each handler sends something wrong first, then the answer ---- */

static void wrong_first(struct bad_query *q, void *user)
{
    struct world *w = user;
    uint8_t good[512], bad[512];
    const size_t size = bad_answer(q, 1, good);
    size_t bad_size = size;
    memcpy(bad, good, size);
    switch (w->step) {
    case DP_STRAY_ID:
        bad[0] ^= 1;
        break;
    case DP_STRAY_QUESTION:
        bad[13] = 'x';
        break;
    case DP_STRAY_MALFORMED:
        bad_size = 3;
        break;
    case DP_STRAY_NOT_A_RESPONSE:
        bad[2] &= 0x7f;
        break;
    default:
        break;
    }
    if (w->step == DP_STRAY_SOURCE) {
        bad_reply_elsewhere(q, bad, bad_size);
    } else {
        bad_reply(q, bad, bad_size);
    }
    bad_reply(q, good, size);
}

static void test_strays(void **state)
{
    static const enum dp_stray_reason reasons[] = {DP_STRAY_ID, DP_STRAY_QUESTION, DP_STRAY_SOURCE,
                                                   DP_STRAY_MALFORMED, DP_STRAY_NOT_A_RESPONSE};
    struct world w;
    (void)state;
    world_open(&w, wrong_first);
    w.params.linger_us = 10 * MS; /* the packet from elsewhere may be read second */
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        w.step = reasons[i];
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
        assert_int_equal(ex->n_strays, 1);
        assert_int_equal(ex->strays[0].reason, reasons[i]);
        assert_true(ex->strays[0].after_us > 0);
        assert_int_equal(dp_addr_equal(&ex->strays[0].from, &w.server->address),
                         reasons[i] != DP_STRAY_SOURCE);
    }
    world_close(&w);
}

/* Answers, then sends the same again, in other order of case, and with another address. */
static void answer_thrice(struct bad_query *q, void *user)
{
    uint8_t out[512];
    const size_t size = bad_answer(q, 1, out);
    (void)user;
    bad_reply(q, out, size);
    out[13] = 'S';
    out[size - 7] = 9; /* another TTL */
    bad_reply(q, out, size);
    bad_reply(q, out, bad_answer(q, 2, out));
}

static void test_duplicates(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer_thrice);
    w.params.linger_us = 30 * MS;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
        assert_int_equal(ex->n_strays, 2);
        assert_int_equal(ex->strays[0].reason, DP_STRAY_DUPLICATE);
        assert_false(ex->strays[0].differs);
        assert_int_equal(ex->strays[1].reason, DP_STRAY_DUPLICATE);
        assert_true(ex->strays[1].differs);
    }
    world_close(&w);
}

/* ---- broken messages ---- */

static void truncated(struct bad_query *q, void *user)
{
    struct world *w = user;
    uint8_t out[512];
    (void)bad_answer(q, 1, out);
    bad_reply(q, out, w->step);
}

/* An answer broken off at every octet: malformed as soon as id and QR are there, never a crash. */
static void test_truncation_at_every_octet(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, truncated);
    w.params.timeout_us = 20 * MS;
    for (w.step = 0; w.step < sizeof QUERY + 16; w.step++) {
        const struct dp_exchange *ex = run(&w);
        if (w.step < 4) {
            assert_int_equal(ex->outcome, DP_OUTCOME_TIMEOUT);
            assert_int_equal(ex->n_strays, 1);
            assert_int_equal(ex->strays[0].reason, DP_STRAY_MALFORMED);
        } else {
            assert_int_equal(ex->outcome, DP_OUTCOME_MALFORMED);
            assert_non_null(ex->response);
            assert_int_not_equal(ex->response->place.err, DP_OK);
            assert_int_equal(ex->size_bytes, w.step);
        }
    }
    world_close(&w);
}

static void broken(struct bad_query *q, void *user)
{
    static const uint8_t opt[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};
    struct world *w = user;
    uint8_t out[512];
    size_t size = bad_answer(q, 1, out);
    switch (w->step) {
    case 0: /* counts that cannot be */
        memset(out + 6, 0xff, 6);
        break;
    case 1: /* two OPT records (RFC 6891, section 6.1.1) */
        memcpy(out + size, opt, sizeof opt);
        memcpy(out + size + sizeof opt, opt, sizeof opt);
        size += 2 * sizeof opt;
        out[11] = 2;
        break;
    case 2: /* an owner that points at itself */
        out[size - 15] = (uint8_t)(size - 16);
        break;
    default: /* RDLENGTH beyond the end */
        out[size - 5] = 200;
        break;
    }
    bad_reply(q, out, size);
}

static void test_broken_messages(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, broken);
    for (w.step = 0; w.step < 4; w.step++) {
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_MALFORMED);
        assert_int_equal(ex->response->n_questions, 1);
    }
    world_close(&w);
}

static void header_only(struct bad_query *q, void *user)
{
    struct world *w = user;
    uint8_t out[12] = {q->data[0], q->data[1], 0x80, (uint8_t)w->step};
    bad_reply(q, out, sizeof out);
}

static void test_header_only_error_is_an_answer(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, header_only);
    w.params.timeout_us = 20 * MS;
    w.step = DP_RCODE_FORMERR;
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_ANSWER);
    assert_int_equal(w.ex->response->rcode, DP_RCODE_FORMERR);
    w.step = DP_RCODE_NOERROR;
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_TIMEOUT);
    assert_int_equal(w.ex->strays[0].reason, DP_STRAY_QUESTION);
    world_close(&w);
}

/* ---- time ---- */

static void answer_late(struct bad_query *q, void *user)
{
    bad_later(q, 60 * MS, answer, user);
}

static void test_late_answer(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer_late);
    w.params.timeout_us = 20 * MS;
    w.params.late_us = 500 * MS;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const uint64_t begin_us = dp_clock_mono_us();
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(w.at_decided, DP_OUTCOME_TIMEOUT);
        assert_int_equal(ex->outcome, DP_OUTCOME_LATE);
        assert_non_null(ex->response);
        assert_true(ex->rtt_us >= 55 * MS && ex->rtt_us < 300 * MS);
        assert_true(dp_clock_mono_us() - begin_us < 400 * MS); /* did not wait for the whole window */
    }
    assert_int_equal(dp_engine_stats(w.engine).late, 2);
    world_close(&w);
}

static void test_timeout(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    w.params.timeout_us = 30 * MS;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const uint64_t begin_us = dp_clock_mono_us();
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_TIMEOUT);
        assert_null(ex->response);
        assert_int_equal(ex->rtt_us, 0);
        assert_true(dp_clock_mono_us() - begin_us >= 30 * MS);
    }
    assert_int_equal(dp_engine_stats(w.engine).timeouts, 2);
    world_close(&w);
}

/* The loop was busy when the answer came: its kernel stamp counts, not the time at which it is read. */
static void test_answer_in_time_read_too_late(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    w.params.timeout_us = 20 * MS;
    w.params.linger_us = 20 * MS;
    dp_exchange_unref(run(&w)); /* by now the kernel stamps what arrives (net/link.c) */
    assert_int_equal(dp_exchange_start(w.engine, &w.params, NULL, NULL, &w.ex), DP_OK);
    bad_udp_ready(&w.server->udp, 0, 0); /* the server answers now */
    const uint64_t until_us = dp_clock_mono_us() + 40 * MS;
    while (dp_clock_mono_us() < until_us) { /* busy */
    }
    loop_run(w.loop);
    assert_int_equal(w.ex->outcome, DP_OUTCOME_ANSWER);
    assert_true(w.ex->rtt_us < 20 * MS);
    world_close(&w);
}

/* ---- the path ---- */

/* A port of `family`'s loopback address on which nobody listens. */
static struct dp_addr nobody(uint8_t family)
{
    struct dp_addr address = {.family = family, .ip = {127, 0, 0, 1}};
    if (family == 6) {
        address = (struct dp_addr){.family = 6, .ip = {[15] = 1}};
    }
    close(bad_socket(&address, SOCK_DGRAM));
    return address;
}

static void test_port_unreachable(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    w.params.linger_us = 5 * MS;
    for (uint8_t family = 4; family <= 6; family = (uint8_t)(family + 2)) {
        w.params.server = nobody(family);
        w.params.transport = DP_TRANSPORT_UDP;
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_PORT_UNREACHABLE);
        assert_int_equal(ex->icmp_type, family == 4 ? 3 : 1);
        assert_int_equal(ex->icmp_code, family == 4 ? 3 : 4);
        assert_true(dp_addr_same_ip(&ex->icmp_from, &w.params.server));
        assert_int_equal(ex->sys_errno, ECONNREFUSED);
        w.params.transport = DP_TRANSPORT_TCP;
        assert_int_equal(run(&w)->outcome, DP_OUTCOME_CONNECTION_REFUSED);
    }
    world_close(&w);
}

/* A broadcast address may not be sent to: known before dp_exchange_start returns. */
static void test_error_before_start_returns(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    w.params.server = (struct dp_addr){.family = 4, .port = 53, .ip = {255, 255, 255, 255}};
    assert_int_equal(dp_exchange_start(w.engine, &w.params, count_decided, count_final, &w.ex), DP_OK);
    assert_int_equal(w.decided, 1);
    assert_int_equal(w.final, 1);
    assert_int_equal(w.at_decided, DP_OUTCOME_HOST_UNREACHABLE);
    assert_true(w.ex->unsent); /* and its time is that of the attempt, not 1970 */
    assert_true(dp_clock_real_us() - w.ex->sent_real_us < 60000 * MS);
    world_close(&w);
}

/* ---- listening on ---- */

#define CROWD 60u

struct crowd {
    struct world w;
    unsigned started, ended, wakes;
    uint64_t last_end_us;
    uint64_t decided_us[CROWD + 1]; /* by number of the exchange */
};

static void crowd_decided(struct dp_exchange *ex)
{
    struct crowd *c = ex->user;
    c->decided_us[ex->n] = dp_clock_mono_us();
}

static void crowd_final(struct dp_exchange *ex)
{
    struct crowd *c = ex->user;
    const uint64_t now_us = dp_clock_mono_us();
    assert_true(now_us >= c->decided_us[ex->n] + c->w.params.linger_us);
    c->ended++;
    c->wakes += now_us > c->last_end_us + 1 * MS;
    c->last_end_us = now_us;
}

static void crowd_start(void *user)
{
    struct crowd *c = user;
    assert_int_equal(dp_exchange_start(c->w.engine, &c->w.params, crowd_decided, crowd_final, NULL), DP_OK);
    if (++c->started < CROWD) {
        assert_int_equal(dp_timer_start(c->w.loop, 2 * MS, crowd_start, c, NULL), DP_OK);
    }
}

/* Where many listen they end together, each 20 ms, and none listens for less than it should. */
static void test_a_crowd_ends_together(void **state)
{
    struct crowd c = {0};
    (void)state;
    world_open(&c.w, answer);
    c.w.params.linger_us = 50 * MS;
    c.w.params.user = &c;
    crowd_start(&c);
    loop_run(c.w.loop);
    assert_int_equal(c.ended, CROWD);
    assert_true(c.wakes < CROWD / 2);
    world_close(&c.w);
}

static void test_arguments(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, silent);
    w.params.query_size = 11;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, NULL, NULL, NULL), DP_ERR_ARG);
    w.params.query_size = sizeof QUERY;
    w.params.server.port = 0;
    assert_int_equal(dp_exchange_start(w.engine, &w.params, NULL, NULL, NULL), DP_ERR_ARG);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answer),
        cmocka_unit_test(test_strays),
        cmocka_unit_test(test_duplicates),
        cmocka_unit_test(test_truncation_at_every_octet),
        cmocka_unit_test(test_broken_messages),
        cmocka_unit_test(test_header_only_error_is_an_answer),
        cmocka_unit_test(test_late_answer),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_answer_in_time_read_too_late),
        cmocka_unit_test(test_port_unreachable),
        cmocka_unit_test(test_error_before_start_returns),
        cmocka_unit_test(test_a_crowd_ends_together),
        cmocka_unit_test(test_arguments),
    };
    return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
