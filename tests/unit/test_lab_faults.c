/* rooms: lab */
/* SPDX-License-Identifier: MIT
 * Faults of the lab, and that nothing which is sent to it breaks it. */
#include "lab_world.h"

#include "base/rand.h"

/* ---- faults ---- */

static void test_fault_edns(void **state)
{
    struct world *w = *state;
    struct dp_lab_faults *faults = dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST);
    const struct ask with = {.server = "127.53.2.1",
                             .name = "shop.example.",
                             .type = DP_TYPE_A,
                             .udp_size = 1232,
                             .wait_us = 100000};
    static const uint16_t rcodes[] = {DP_RCODE_FORMERR, DP_RCODE_NOTIMP, DP_RCODE_BADVERS};
    static const enum dp_lab_action actions[] = {DP_LAB_FORMERR, DP_LAB_NOTIMP, DP_LAB_BADVERS};
    start(w);
    for (size_t i = 0; i < 3; i++) {
        faults->edns = actions[i];
        assert_int_equal(get(w, with).rcode, rcodes[i]);
        assert_int_equal(
            get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A}).rcode,
            0);
    }
    faults->edns = DP_LAB_STRIP;
    assert_false(get(w, with).edns.present);
    faults->edns = DP_LAB_DROP;
    assert_int_equal(exchange(w, &with, wire, sizeof wire), 0);
}

static void test_fault_tcp(void **state)
{
    struct world *w = *state;
    struct dp_lab_faults *faults = dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST);
    struct ask ask = {
        .server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A, .tcp = true, .wait_us = 300000};
    dp_lab_node_faults(w->ns2, DP_LAB_VIEWER_HOST)->tcp = DP_LAB_TCP_DROP;
    start(w);
    assert_true(exchange(w, &ask, wire, sizeof wire) > 0);
    faults->tcp = DP_LAB_TCP_RESET;
    assert_int_equal(exchange(w, &ask, wire, sizeof wire), -1);
    faults->tcp = DP_LAB_TCP_CLOSE;
    assert_int_equal(exchange(w, &ask, wire, sizeof wire), -1);
    faults->tcp = DP_LAB_TCP_REFUSE;
    assert_int_equal(exchange(w, &ask, wire, sizeof wire), -1);
    ask.server = "127.53.2.2";
    assert_int_equal(exchange(w, &ask, wire, sizeof wire), 0); /* the SYN is eaten */
}

static void test_fault_rate(void **state)
{
    struct world *w = *state;
    struct dp_lab_faults *faults = dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST);
    unsigned refused = 0, slipped = 0;
    *faults = (struct dp_lab_faults){.rate_qps = 1, .rate_burst = 5, .rate = DP_LAB_REFUSED, .rate_slip = 4};
    start(w);
    for (unsigned i = 0; i < 17; i++) {
        const struct dp_msg msg =
            get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A});
        refused += msg.rcode == DP_RCODE_REFUSED;
        slipped += (msg.flags & DP_FLAG_TC) != 0;
    }
    assert_in_range(refused, 8, 9);
    assert_in_range(slipped, 2, 3);
}

static void test_fault_loss(void **state)
{
    struct world *w = *state;
    unsigned lost = 0;
    dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST)->lose_query = 0.5;
    start(w);
    for (unsigned i = 0; i < 40; i++) {
        const struct ask ask = {
            .server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A, .wait_us = 20000};
        lost += exchange(w, &ask, wire, sizeof wire) == 0;
    }
    assert_in_range(lost, 8, 32); /* beyond that: less than one in ten thousand seeds */
}

static void test_delay(void **state)
{
    struct world *w = *state;
    dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST)->delay_us = 60000;
    start(w);
    const uint64_t before_us = dp_clock_mono_us();
    get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A});
    assert_true(dp_clock_mono_us() - before_us >= 59000); /* timers count whole milliseconds */
}

static void test_intercept(void **state)
{
    struct world *w = *state;
    struct dp_lab_node *box;
    struct dp_lab_resolver_config config = {0};
    assert_int_equal(dp_lab_backend_resolver(node(w, "127.53.20.66", "box", &box), &config), DP_OK);
    dp_lab_node_intercept(w->ns1, box);
    dp_lab_node_intercept(w->ns2, box);
    start(w);
    const struct dp_msg msg =
        get(w, (struct ask){
                   .server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A, .flags = DP_FLAG_RD});
    assert_true((msg.flags & DP_FLAG_RA) != 0);
    assert_a(&msg, 0, "127.80.0.1"); /* the box itself reaches the real server */
}

/* ---- hardness ---- */

/* Whatever is sent, the lab neither stops nor stays silent for others. */
static void test_hostile(void **state)
{
    struct world *w = *state;
    struct dp_rand rand;
    uint8_t query[512];
    const struct ask ask = {.server = "127.53.2.1",
                            .name = "www.shop.example.",
                            .type = DP_TYPE_A,
                            .udp_size = 1232,
                            .nsid = true};
    dp_rand_init_seeded(&rand, 7);
    start(w);
    for (unsigned i = 0; i < 3000; i++) {
        const size_t size = query_of(&ask, query, sizeof query);
        const int fd = connect_to(w, i % 2 != 0 ? "127.53.2.1" : "127.53.10.1", SOCK_DGRAM);
        for (unsigned n = dp_rand_below(&rand, 6); n > 0; n--) {
            query[dp_rand_below(&rand, (uint32_t)size)] = (uint8_t)dp_rand_u64(&rand);
        }
        (void)send(fd, query, dp_rand_below(&rand, (uint32_t)size + 1), 0);
        dp_loop_turn(w->loop, false);
        close(fd);
    }
    const struct dp_msg msg =
        get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A});
    assert_a(&msg, 0, "127.80.0.1");
}

static void test_unreadable_is_formerr(void **state)
{
    struct world *w = *state;
    uint8_t query[512];
    const struct ask ask = {.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A};
    const size_t size = query_of(&ask, query, sizeof query);
    start(w);
    const int fd = connect_to(w, "127.53.2.1", SOCK_DGRAM);
    assert_true(send(fd, query, size - 3, 0) > 0);
    assert_true(read_some(w, fd, wire, sizeof wire, WAIT_US) >= 12);
    assert_int_equal(wire[3] & 0x0f, DP_RCODE_FORMERR);
    query[2] |= 0x80; /* a response: never answered */
    assert_true(send(fd, query, size, 0) > 0);
    assert_int_equal(read_some(w, fd, wire, sizeof wire, 50000), 0);
    close(fd);
}

/* Stopping while answers are held back, TCP is open and a resolver waits: nothing leaks, nothing fires. */
static void test_stop_in_flight(void **state)
{
    struct world *w = *state;
    dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_HOST)->delay_us = 2000000;
    dp_lab_node_faults(w->ns1, DP_LAB_VIEWER_LAB)->udp = DP_LAB_DROP;
    dp_lab_node_faults(w->ns2, DP_LAB_VIEWER_LAB)->udp = DP_LAB_DROP;
    start(w);
    struct ask ask = {.server = "127.53.2.1",
                      .name = "shop.example.",
                      .type = DP_TYPE_A,
                      .wait_us = 30000,
                      .flags = DP_FLAG_RD};
    exchange(w, &ask, wire, sizeof wire);
    ask.server = "127.53.20.53";
    exchange(w, &ask, wire, sizeof wire);
    ask.tcp = true;
    exchange(w, &ask, wire, sizeof wire);
    assert_true(dp_lab_stats(w->lab).open >= 2);
}

static void test_two_labs(void **state)
{
    struct world *w = *state;
    struct dp_lab *first = w->lab;
    start(w);
    build(w);
    start(w);
    assert_int_not_equal(dp_lab_port(first), dp_lab_port(w->lab));
    get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A});
    dp_lab_free(first);
    get(w, (struct ask){.server = "127.53.2.1", .name = "shop.example.", .type = DP_TYPE_A});
}

static void test_addresses(void **state)
{
    struct world *w = *state;
    struct dp_lab_node *n;
    const struct dp_addr outside = addr("127.0.0.1"), taken = addr("127.53.2.1"), app = addr("192.0.2.1");
    assert_int_equal(dp_lab_add_node(w->lab, &outside, "x", &n), DP_ERR_RANGE);
    assert_int_equal(dp_lab_add_node(w->lab, &taken, "x", &n), DP_ERR_ARG);
    assert_int_equal(dp_lab_add_app(w->lab, &app, DP_LAB_TCP_OPEN), DP_ERR_RANGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_fault_edns),     TEST(test_fault_tcp),
        TEST(test_fault_rate),     TEST(test_fault_loss),
        TEST(test_delay),          TEST(test_intercept),
        TEST(test_hostile),        TEST(test_unreadable_is_formerr),
        TEST(test_stop_in_flight), TEST(test_two_labs),
        TEST(test_addresses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
