/* rooms: wire
 * SPDX-License-Identifier: MIT
 * The cursor: sticky errors, zeros after them, and the place of the first. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/cursor.h"

static void test_reads_big_endian(void **state)
{
    (void)state;
    const uint8_t bytes[] = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07};
    struct guard g = guard_copy(bytes, sizeof bytes);
    struct dp_cursor c;
    dp_cursor_init(&c, g.data, sizeof bytes);
    assert_int_equal(dp_cursor_u8(&c, "a"), 0x01);
    assert_int_equal(dp_cursor_u16(&c, "b"), 0x0203);
    assert_int_equal(dp_cursor_u32(&c, "c"), 0x04050607);
    assert_true(dp_cursor_ok(&c));
    assert_int_equal(dp_cursor_left(&c), 0);
    guard_free(&g);
}

static void test_first_failure_stays(void **state)
{
    (void)state;
    struct guard g = guard_copy("\1\2\3", 3);
    struct dp_cursor c;
    dp_cursor_init(&c, g.data, 3);
    dp_cursor_u8(&c, "first");
    assert_int_equal(dp_cursor_u32(&c, "second"), 0);
    assert_int_equal(dp_cursor_u8(&c, "third"), 0);
    assert_null(dp_cursor_bytes(&c, 0, "fourth"));
    dp_cursor_fail(&c, DP_ERR_RDATA, "fifth");
    assert_int_equal(c.place.err, DP_ERR_TRUNCATED);
    assert_int_equal(c.place.offset, 1);
    assert_string_equal(c.place.field, "second");
    assert_int_equal(dp_cursor_left(&c), 0);
    guard_free(&g);
}

static void test_huge_sizes_do_not_wrap(void **state)
{
    (void)state;
    struct dp_cursor c;
    dp_cursor_init(&c, (const uint8_t *)"abc", 3);
    dp_cursor_u8(&c, "a");
    assert_null(dp_cursor_bytes(&c, SIZE_MAX, "huge"));
    assert_int_equal(c.place.offset, 1);
}

static void test_sub_ends_where_told(void **state)
{
    (void)state;
    struct dp_cursor c;
    dp_cursor_init(&c, (const uint8_t *)"abcdef", 6);
    struct dp_cursor sub = dp_cursor_sub(&c, 2, "part");
    assert_int_equal(dp_cursor_u16(&sub, "x"), 0x6162);
    assert_int_equal(dp_cursor_u8(&sub, "y"), 0);
    assert_false(dp_cursor_ok(&sub));
    assert_int_equal(dp_cursor_u8(&c, "z"), 'c');
    sub = dp_cursor_sub(&c, 4, "too much");
    assert_false(dp_cursor_ok(&sub));
    assert_false(dp_cursor_ok(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_big_endian),
        cmocka_unit_test(test_first_failure_stays),
        cmocka_unit_test(test_huge_sizes_do_not_wrap),
        cmocka_unit_test(test_sub_ends_where_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
