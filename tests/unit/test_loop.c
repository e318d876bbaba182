/* rooms: net base */
/* SPDX-License-Identifier: MIT
 * The loop: timers fire once, in time and never early; canceling, freeing, measuring lag. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "looprun.h"
#include "net/loop.h"

#define MS 1000u

struct record {
    struct dp_loop *loop;
    unsigned fired;
    uint64_t at_us;
    struct dp_timer *other;
};

static void fire(void *user)
{
    struct record *r = user;
    r->fired++;
    r->at_us = dp_clock_mono_us();
}

static void fire_and_cancel(void *user)
{
    struct record *r = user;
    fire(user);
    dp_timer_cancel(r->other);
}

static void fire_again(void *user)
{
    struct record *r = user;
    fire(user);
    if (r->fired < 3) {
        assert_int_equal(dp_timer_start(r->loop, 0, fire_again, r, NULL), DP_OK);
    }
}

static void test_timer_fires_once_and_not_early(void **state)
{
    struct record r = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&r.loop), DP_OK);
    const uint64_t begin_us = dp_clock_mono_us();
    assert_int_equal(dp_timer_start(r.loop, 15 * MS + 1, fire, &r, NULL), DP_OK);
    assert_int_equal(r.fired, 0);
    loop_run(r.loop); /* returns by itself: nothing is left */
    assert_int_equal(r.fired, 1);
    assert_true(r.at_us - begin_us >= 15 * MS);
    dp_loop_free(r.loop);
}

static void test_cancel(void **state)
{
    struct record r = {0}, canceled = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&r.loop), DP_OK);
    assert_int_equal(dp_timer_start(r.loop, 30 * MS, fire, &canceled, &r.other), DP_OK);
    assert_int_equal(dp_timer_start(r.loop, 1 * MS, fire_and_cancel, &r, NULL), DP_OK);
    loop_run(r.loop);
    assert_int_equal(r.fired, 1);
    assert_int_equal(canceled.fired, 0);
    dp_loop_free(r.loop);
}

static void test_timer_starts_timers(void **state)
{
    struct record r = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&r.loop), DP_OK);
    assert_int_equal(dp_timer_start(r.loop, 0, fire_again, &r, NULL), DP_OK);
    loop_run(r.loop);
    assert_int_equal(r.fired, 3);
    dp_loop_free(r.loop);
}

static void test_free_with_timers_left(void **state)
{
    struct record r = {0}, left = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&r.loop), DP_OK);
    assert_int_equal(dp_timer_start(r.loop, 3600u * 1000 * MS, fire, &left, NULL), DP_OK);
    assert_int_equal(dp_timer_start(r.loop, 1 * MS, fire, &r, NULL), DP_OK);
    while (r.fired == 0) {
        assert_true(dp_loop_turn(r.loop, true)); /* something is left */
    }
    assert_int_equal(r.fired, 1);
    dp_loop_free(r.loop); /* LeakSanitizer watches */
    assert_int_equal(left.fired, 0);
}

static void test_lag(void **state)
{
    struct record r = {0};
    (void)state;
    assert_int_equal(dp_loop_new(&r.loop), DP_OK);
    dp_loop_lag_measure(r.loop, true);
    assert_int_equal(dp_timer_start(r.loop, 35 * MS, fire, &r, NULL), DP_OK);
    loop_run(r.loop); /* ends: the heartbeat does not keep it alive */
    const struct dp_loop_lag calm = dp_loop_lag(r.loop);
    assert_in_range(calm.samples, 1, 4);
    const uint64_t until_us = dp_clock_mono_us() + 40 * MS;
    while (dp_clock_mono_us() < until_us) { /* a callback that takes its time */
    }
    assert_int_equal(dp_timer_start(r.loop, 1 * MS, fire, &r, NULL), DP_OK);
    loop_run(r.loop);
    assert_true(dp_loop_lag(r.loop).max_us >= 20 * MS);
    assert_true(dp_loop_lag(r.loop).total_us >= dp_loop_lag(r.loop).max_us);
    dp_loop_free(r.loop);
}

static void forget(void *object)
{
    ++*(unsigned *)object;
}

static void test_kept_object(void **state)
{
    struct dp_loop *loop;
    unsigned freed[2] = {0, 0};
    (void)state;
    assert_int_equal(dp_loop_new(&loop), DP_OK);
    assert_null(dp_loop_kept(loop));
    dp_loop_keep(loop, &freed[0], forget);
    dp_loop_keep(loop, &freed[1], forget);
    assert_int_equal(freed[0], 1);
    assert_ptr_equal(dp_loop_kept(loop), &freed[1]);
    dp_loop_free(loop);
    assert_int_equal(freed[1], 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_timer_fires_once_and_not_early),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_timer_starts_timers),
        cmocka_unit_test(test_free_with_timers_left),
        cmocka_unit_test(test_lag),
        cmocka_unit_test(test_kept_object),
    };
    return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
