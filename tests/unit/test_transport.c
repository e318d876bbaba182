/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * The contract that every row of net/transports.def keeps, and what only streams can suffer. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engineworld.h"

/* ---- all rows ---- */

static void test_names(void **state)
{
    enum dp_transport back;
    (void)state;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        assert_int_equal(dp_transport_from_text(dp_transport_name((enum dp_transport)t), &back), DP_OK);
        assert_int_equal(back, t);
    }
    assert_int_equal(dp_transport_from_text("carrier-pigeon", &back), DP_ERR_NOTFOUND);
}

static void test_both_families(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    struct bad_server *v6 = bad_server_new(w.loop, 6, answer, &w);
    w.params.server = v6->address;
    w.params.df = DP_DF_SET;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
        assert_true(dp_addr_equal(&ex->from, &v6->address));
    }
    bad_server_free(v6);
    world_close(&w);
}

static void test_hop_count_of_datagrams(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, answer);
    assert_int_equal(run(&w)->ttl, 64); /* Linux's default, unchanged over loopback */
    world_close(&w);
}

/* A message as large as can be, of one TXT-like record of unknown type. */
static void largest(struct bad_query *q, void *user)
{
    static uint8_t out[65535];
    (void)user;
    const size_t size = q->tcp ? sizeof out : 65507; /* IPv4's limit for a UDP payload */
    const size_t start = bad_answer(q, 1, out) - 16;
    const uint8_t record[] = {0xc0, 12, 0xff, 0, 0, 1, 0, 0, 0, 0};
    const size_t rdata = size - start - 12;
    memcpy(out + start, record, sizeof record);
    out[start + 10] = (uint8_t)(rdata >> 8);
    out[start + 11] = (uint8_t)rdata;
    bad_reply(q, out, size);
}

static void test_largest_message(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, largest);
    w.params.timeout_us = 2000 * MS;
    for (unsigned t = 0; t < DP_TRANSPORT_COUNT_; t++) {
        w.params.transport = (enum dp_transport)t;
        const struct dp_exchange *ex = run(&w);
        assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
        assert_int_equal(ex->size_bytes, dp_transport_is_stream(ex->transport) ? 65535 : 65507);
    }
    world_close(&w);
}

/* ---- streams ---- */

struct drip {
    uint8_t bytes[512];
    size_t size, sent;
    uint64_t every_us;
};

static void drip(struct bad_query *q, void *user)
{
    struct world *w = user;
    struct drip *d = w->handler_data;
    if (d->sent < d->size) {
        bad_write(q, d->bytes + d->sent++, 1);
        bad_later(q, d->every_us, drip, user);
    }
}

static void drip_begin(struct bad_query *q, void *user)
{
    struct world *w = user;
    struct drip *d = w->handler_data;
    d->size = bad_answer(q, 1, d->bytes + 2) + 2;
    d->bytes[1] = (uint8_t)(d->size - 2);
    d->sent = 0;
    drip(q, user);
}

static void test_dripping_answer(void **state)
{
    struct drip d = {.every_us = MS};
    struct world w;
    (void)state;
    world_open(&w, drip_begin);
    w.handler_data = &d;
    w.params.transport = DP_TRANSPORT_TCP;
    w.params.timeout_us = 2000 * MS;
    const struct dp_exchange *ex = run(&w);
    assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
    assert_true(ex->connect_us > 0 && ex->connect_us <= ex->first_byte_us);
    assert_true(ex->last_byte_us >= ex->first_byte_us + 40 * MS);
    assert_int_equal(ex->rtt_us, ex->last_byte_us);
    w.params.timeout_us = 20 * MS; /* not even dripping keeps us longer */
    const uint64_t begin_us = dp_clock_mono_us();
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_TIMEOUT);
    assert_true(dp_clock_mono_us() - begin_us < 1000 * MS);
    d.sent = d.size; /* stop */
    world_close(&w);
}

/* Sends `step` octets of the framed answer, then closes in order or with a reset. */
static void cut(struct bad_query *q, void *user)
{
    struct world *w = user;
    uint8_t out[512] = {0};
    const size_t size = bad_answer(q, 1, out + 2);
    const struct linger reset = {.l_onoff = 1, .l_linger = 0};
    out[1] = (uint8_t)size;
    bad_write(q, out, w->step);
    if (w->handler_data != NULL) {
        setsockopt(q->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
        bad_hang_up(q);
    } else {
        shutdown(q->fd, SHUT_WR);
    }
}

static void test_closed_at_every_octet(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, cut);
    w.params.transport = DP_TRANSPORT_TCP;
    for (w.step = 0; w.step < sizeof QUERY + 18; w.step++) {
        assert_int_equal(run(&w)->outcome, DP_OUTCOME_CLOSED);
        assert_null(w.ex->response);
    }
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_ANSWER); /* all of it, then the end */
    world_close(&w);
}

static void test_reset(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, cut);
    w.handler_data = &w;
    w.params.transport = DP_TRANSPORT_TCP;
    w.step = 0;
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_RESET);
    assert_int_equal(w.ex->sys_errno, ECONNRESET);
    world_close(&w);
}

static void frames(struct bad_query *q, void *user)
{
    static const uint8_t empty[2];
    uint8_t out[512];
    const size_t size = bad_answer(q, 1, out);
    (void)user;
    bad_write(q, empty, sizeof empty);
    out[1] ^= 1;
    bad_reply(q, out, size);
    out[1] ^= 1;
    bad_reply(q, out, size);
}

static void test_frames_before_the_answer(void **state)
{
    struct world w;
    (void)state;
    world_open(&w, frames);
    w.params.transport = DP_TRANSPORT_TCP;
    const struct dp_exchange *ex = run(&w);
    assert_int_equal(ex->outcome, DP_OUTCOME_ANSWER);
    assert_int_equal(ex->n_strays, 2);
    assert_int_equal(ex->strays[0].reason, DP_STRAY_MALFORMED);
    assert_int_equal(ex->strays[0].size_bytes, 0);
    assert_int_equal(ex->strays[1].reason, DP_STRAY_ID);
    world_close(&w);
}

/* A listener whose queue is full drops the handshake. */
static void test_connect_timeout(void **state)
{
    struct world w;
    struct sockaddr_storage ss;
    int fill[8];
    (void)state;
    world_open(&w, silent);
    struct dp_addr full = {.family = 4, .ip = {127, 0, 0, 1}};
    const int listener = bad_socket(&full, SOCK_STREAM);
    listen(listener, 0);
    const socklen_t size = (socklen_t)dp_addr_to_sockaddr(&full, &ss);
    for (unsigned i = 0; i < 8; i++) {
        fill[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
        (void)connect(fill[i], (struct sockaddr *)&ss, size);
    }
    w.params.server = full;
    w.params.transport = DP_TRANSPORT_TCP;
    w.params.timeout_us = 50 * MS;
    assert_int_equal(run(&w)->outcome, DP_OUTCOME_CONNECT_TIMEOUT);
    assert_int_equal(w.ex->connect_us, 0);
    for (unsigned i = 0; i < 8; i++) {
        close(fill[i]);
    }
    close(listener);
    world_close(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_names),
        cmocka_unit_test(test_both_families),
        cmocka_unit_test(test_hop_count_of_datagrams),
        cmocka_unit_test(test_largest_message),
        cmocka_unit_test(test_dripping_answer),
        cmocka_unit_test(test_closed_at_every_octet),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_frames_before_the_answer),
        cmocka_unit_test(test_connect_timeout),
    };
    return cmocka_run_group_tests_name("transport", tests, NULL, NULL);
}
