/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * Pacing and the timer wheel under an injected clock: rates, order, fairness, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "exchange/pace.h"

#define START_US UINT64_C(1000000000)
#define MS       UINT64_C(1000)
#define SECOND   UINT64_C(1000000)

struct bench {
    struct dp_wheel wheel;
    struct dp_pace *pace;
    unsigned granted;
    struct {
        struct dp_pace_waiter waiter; /* first */
        struct bench *bench;
        unsigned order; /* in which it was granted, from 1; 0: not */
        uint64_t at_us;
    } items[1000];
};
static struct bench bench;

static const struct dp_addr A = {.family = 4, .port = 53, .ip = {192, 0, 2, 1}};
static const struct dp_addr B = {.family = 4, .port = 53, .ip = {192, 0, 2, 2}};

static void open_bench(double per_server, double total)
{
    const struct dp_pace_config config = {.qps_per_server = per_server, .qps_total = total};
    bench = (struct bench){0};
    dp_wheel_init(&bench.wheel, START_US);
    assert_int_equal(dp_pace_new(&config, &bench.wheel, &bench.pace), DP_OK);
}

static void note(unsigned i)
{
    bench.items[i].order = ++bench.granted;
    bench.items[i].at_us = bench.wheel.now_us;
}

static void granted(struct dp_pace_waiter *waiter)
{
    note((unsigned)(((char *)waiter - (char *)bench.items) / (ptrdiff_t)sizeof bench.items[0]));
}

static void take(unsigned i, const struct dp_addr *server)
{
    if (dp_pace_take(bench.pace, server, 0, bench.wheel.now_us, &bench.items[i].waiter, granted)) {
        note(i);
    }
}

static void advance_to(uint64_t us)
{
    uint64_t next_us;
    while (dp_wheel_next_us(&bench.wheel, &next_us) && next_us <= us) {
        dp_wheel_advance(&bench.wheel, next_us);
    }
    dp_wheel_advance(&bench.wheel, us);
}

static void test_burst_then_rate(void **state)
{
    (void)state;
    open_bench(20, 0);
    for (unsigned i = 0; i < 50; i++) {
        take(i, &A);
    }
    assert_int_equal(bench.granted, 10); /* the contract's depth */
    advance_to(START_US + SECOND + MS);
    assert_int_equal(bench.granted, 30);
    advance_to(START_US + 2 * SECOND + MS);
    assert_int_equal(bench.granted, 50);
    for (unsigned i = 0; i < 50; i++) {
        assert_int_equal(bench.items[i].order, i + 1); /* first in, first out */
    }
    dp_pace_free(bench.pace);
}

/* In no window of any length more than depth + rate x length, plus one for the tick. */
static void test_ceiling_in_every_window(void **state)
{
    (void)state;
    open_bench(20, 0);
    for (unsigned i = 0; i < 200; i++) {
        take(i, &A);
        advance_to(bench.wheel.now_us + 7 * MS);
    }
    advance_to(START_US + 60 * SECOND);
    for (unsigned i = 0; i < 200; i++) {
        for (unsigned j = i; j < 200; j++) {
            const double window_s = (double)(bench.items[j].at_us - bench.items[i].at_us) * 1e-6;
            assert_true((double)(j - i + 1) <= 10 + 20 * window_s + 1);
        }
    }
    dp_pace_free(bench.pace);
}

static void test_port_does_not_matter_address_does(void **state)
{
    struct dp_addr other_port = A;
    (void)state;
    open_bench(20, 0);
    other_port.port = 443;
    for (unsigned i = 0; i < 10; i++) {
        take(i, &A);
    }
    take(10, &other_port);
    take(11, &B);
    assert_int_equal(bench.items[10].order, 0);
    assert_int_equal(bench.items[11].order, 11);
    dp_pace_cancel(bench.pace, &bench.items[10].waiter);
    dp_pace_free(bench.pace);
}

/* A thousand waiting at one server leave the total to others. */
static void test_long_queue_starves_nobody(void **state)
{
    (void)state;
    open_bench(20, 100);
    for (unsigned i = 0; i < 900; i++) {
        take(i, &A);
    }
    advance_to(START_US + SECOND);
    take(900, &B);
    advance_to(START_US + SECOND + 20 * MS);
    assert_int_not_equal(bench.items[900].order, 0);
    const unsigned before = bench.granted;
    assert_true(before < 100);
    for (unsigned i = 0; i < 900; i++) {
        dp_pace_cancel(bench.pace, &bench.items[i].waiter);
    }
    take(901, &A); /* and who gave up has left no gap */
    advance_to(bench.wheel.now_us + 60 * MS);
    assert_int_equal(bench.items[901].order, before + 1);
    assert_int_equal(bench.granted, before + 1);
    dp_pace_free(bench.pace);
}

static void test_total(void **state)
{
    (void)state;
    open_bench(0, 50);
    for (unsigned i = 0; i < 60; i++) {
        take(i, i % 2 == 0 ? &A : &B);
    }
    assert_int_equal(bench.granted, 10);
    advance_to(START_US + SECOND + MS);
    assert_int_equal(bench.granted, 60);
    assert_int_equal(bench.items[59].order, 60);
    dp_pace_free(bench.pace);
}

static void test_rate_changes_reach_those_who_wait(void **state)
{
    (void)state;
    open_bench(1, 0);
    for (unsigned i = 0; i < 30; i++) {
        take(i, &A);
    }
    dp_pace_set_qps(bench.pace, 100, 0, bench.wheel.now_us);
    advance_to(START_US + 201 * MS);
    assert_int_equal(bench.granted, 30);
    take(30, &A);
    dp_pace_set_qps(bench.pace, 0, 0, bench.wheel.now_us); /* no ceiling */
    advance_to(bench.wheel.now_us + 2 * MS);
    assert_int_equal(bench.granted, 31);
    dp_pace_free(bench.pace);
}

static void test_own_rate_of_a_server(void **state)
{
    (void)state;
    open_bench(20, 0);
    for (unsigned i = 0; i < 110; i++) {
        if (dp_pace_take(bench.pace, &A, 100, bench.wheel.now_us, &bench.items[i].waiter, granted)) {
            note(i);
        }
    }
    advance_to(START_US + SECOND + MS);
    assert_int_equal(bench.granted, 110);
    dp_pace_free(bench.pace);
}

/* Who paces itself is charged: others feel it, but for one bucket's depth at most. */
static void test_charge_and_reserve(void **state)
{
    (void)state;
    open_bench(20, 0);
    for (unsigned i = 0; i < 100; i++) {
        dp_pace_charge(bench.pace, &A, 0, bench.wheel.now_us);
    }
    assert_in_range(dp_pace_reserve_us(bench.pace, &A, bench.wheel.now_us), 549 * MS, 551 * MS);
    assert_in_range(dp_pace_reserve_us(bench.pace, &A, bench.wheel.now_us), 599 * MS, 601 * MS);
    assert_int_equal(dp_pace_reserve_us(bench.pace, &B, bench.wheel.now_us), 0);
    dp_pace_free(bench.pace);
}

static void test_table_is_bounded(void **state)
{
    struct dp_addr server = {.family = 4, .port = 53, .ip = {10}};
    unsigned passed = 0;
    (void)state;
    open_bench(20, 0);
    for (unsigned i = 0; i < DP_PACE_BUCKETS_MAX + 100; i++) {
        server.ip[1] = (uint8_t)(i >> 16);
        server.ip[2] = (uint8_t)(i >> 8);
        server.ip[3] = (uint8_t)i;
        passed += dp_pace_reserve_us(bench.pace, &server, bench.wheel.now_us) == 0;
    }
    assert_int_equal(passed, DP_PACE_BUCKETS_MAX + 10);     /* the last hundred share one bucket */
    dp_wheel_advance(&bench.wheel, START_US + 10 * SECOND); /* the others are full again: swept */
    take(0, &server);
    assert_int_equal(bench.granted, 1);
    dp_pace_free(bench.pace);
}

/* ---- wheel ---- */

static unsigned fired;
static uint64_t fired_us[3];
static struct dp_wheel_timer timers[3];

static void fire(struct dp_wheel_timer *timer)
{
    fired_us[timer - timers] = bench.wheel.now_us;
    fired++;
}

static void clear_others(struct dp_wheel_timer *timer)
{
    fire(timer);
    for (unsigned i = 0; i < 3; i++) {
        dp_wheel_clear(&bench.wheel, &timers[i]);
    }
}

static void wheel_open(void)
{
    dp_wheel_init(&bench.wheel, START_US);
    fired = 0;
    for (unsigned i = 0; i < 3; i++) {
        timers[i] = (struct dp_wheel_timer){0};
        fired_us[i] = 0;
    }
}

static void test_wheel_fires_in_time(void **state)
{
    static const uint64_t after_us[3] = {1, 4095 * MS + 1,
                                         60 * SECOND}; /* in this turn, at its end, far off */
    (void)state;
    wheel_open();
    for (unsigned i = 0; i < 3; i++) {
        dp_wheel_set(&bench.wheel, &timers[i], START_US + after_us[i], fire);
    }
    advance_to(START_US + 70 * SECOND);
    assert_int_equal(fired, 3);
    for (unsigned i = 0; i < 3; i++) {
        assert_in_range(fired_us[i], START_US + after_us[i], START_US + after_us[i] + 1 * MS);
    }
    uint64_t next_us;
    assert_false(dp_wheel_next_us(&bench.wheel, &next_us));
}

static void test_wheel_after_a_long_sleep(void **state)
{
    (void)state;
    wheel_open();
    for (unsigned i = 0; i < 3; i++) {
        dp_wheel_set(&bench.wheel, &timers[i], START_US + (i + 1) * 5 * SECOND, fire);
    }
    dp_wheel_advance(&bench.wheel, START_US + 60 * SECOND);
    assert_int_equal(fired, 3);
}

static void test_wheel_callback_clears_what_is_due(void **state)
{
    (void)state;
    wheel_open();
    for (unsigned i = 0; i < 3; i++) {
        dp_wheel_set(&bench.wheel, &timers[i], START_US + 5 * MS, clear_others);
    }
    dp_wheel_set(&bench.wheel, &timers[2], START_US + 900 * MS, clear_others); /* moved */
    advance_to(START_US + SECOND);
    assert_int_equal(fired, 1);
    assert_int_equal(bench.wheel.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_burst_then_rate),
        cmocka_unit_test(test_ceiling_in_every_window),
        cmocka_unit_test(test_port_does_not_matter_address_does),
        cmocka_unit_test(test_long_queue_starves_nobody),
        cmocka_unit_test(test_total),
        cmocka_unit_test(test_rate_changes_reach_those_who_wait),
        cmocka_unit_test(test_own_rate_of_a_server),
        cmocka_unit_test(test_charge_and_reserve),
        cmocka_unit_test(test_table_is_bounded),
        cmocka_unit_test(test_wheel_fires_in_time),
        cmocka_unit_test(test_wheel_after_a_long_sleep),
        cmocka_unit_test(test_wheel_callback_clears_what_is_due),
    };
    return cmocka_run_group_tests_name("pace", tests, NULL, NULL);
}
