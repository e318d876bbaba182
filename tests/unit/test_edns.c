/* rooms: wire
 * SPDX-License-Identifier: MIT
 * EDNS options: text as dig 9.18 printed it for the same octets, and the structs of ECS and EDE. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/edns.h"

static void prints(uint16_t code, const char *data, size_t size, const char *text)
{
    struct guard g = guard_copy(data, size);
    struct dp_str s;
    const struct dp_edns_option option = {.code = code, .size = (uint16_t)size, .data = g.data};
    dp_str_init(&s, 0);
    dp_edns_option_print(&s, &option);
    assert_string_equal(dp_str_text(&s), text);
    dp_str_fini(&s);
    guard_free(&g);
}

static void test_prints_like_dig(void **state)
{
    (void)state;
    prints(3, "gpdns-\0\xff", 8, "NSID: 67 70 64 6e 73 2d 00 ff (\"gpdns-..\")");
    prints(3, "", 0, "NSID:");
    prints(8, "\0\1\x18\0\xc0\0\2", 7, "CLIENT-SUBNET: 192.0.2.0/24/0");
    prints(8, "\0\2\x20\0\x20\1\xd\xb8", 8, "CLIENT-SUBNET: 2001:db8::/32/0");
    prints(8, "\0\0\0\0", 4, "CLIENT-SUBNET: 0/0/0");
    prints(9, "\0\x12\x75\0", 4, "EXPIRE: 1209600 (2 weeks)");
    prints(9, "\0\1\x6e\x58", 4, "EXPIRE: 93784 (1 day 2 hours 3 minutes 4 seconds)");
    prints(10, "\0\1\2\3\4\5\6\7", 8, "COOKIE: 0001020304050607");
    prints(11, "\0\x7b", 2, "TCP KEEPALIVE: 12.3 secs");
    prints(12, "\0\0\0", 3, "PAD: (3 bytes)");
    prints(14, "\x4a\x5c\x4f\x66", 4, "KEY-TAG: 19036, 20326");
    prints(15, "\0\3", 2, "EDE: 3 (Stale Answer)");
    prints(15, "\0\3text", 6, "EDE: 3 (Stale Answer): (text)");
    prints(15, "\xc0\0priv", 6, "EDE: 49152: (priv)");
    prints(16, "\0\7", 2, "CLIENT-TAG: 7");
    prints(65001, "abc", 3, "OPT=65001: 61 62 63 (\"abc\")");
}

static void test_hostile_text_is_escaped(void **state)
{
    (void)state;
    prints(15, "\0\3\x1b[31m", 7, "EDE: 3 (Stale Answer): (\\027[31m)");
    prints(15, "\0", 1, "EDE: 00 (\".\")");
    prints(8, "\0\1\x21\0", 4, "CLIENT-SUBNET: 00 01 21 00 (\"..!.\")");
}

static void test_ecs_both_ways(void **state)
{
    (void)state;
    struct dp_ecs ecs = {.family = 1, .source_prefix = 20, .address = {192, 0, 0x2f, 255}};
    uint8_t out[20];
    assert_int_equal(dp_ecs_write(&ecs, out), 7);
    assert_memory_equal(out, "\0\1\x14\0\xc0\0\x20", 7);
    const struct dp_edns_option option = {.code = 8, .size = 7, .data = out};
    struct dp_ecs again;
    assert_true(dp_ecs_read(&option, &again));
    assert_int_equal(again.address[2], 0x20);
    const struct dp_edns_option cut = {.code = 8, .size = 6, .data = out};
    assert_false(dp_ecs_read(&cut, &again));
}

static void test_names(void **state)
{
    (void)state;
    char buf[16];
    assert_string_equal(dp_edns_option_name(15, buf), "EDE");
    assert_string_equal(dp_edns_option_name(65535, buf), "OPT65535");
    assert_string_equal(dp_ede_name(0), "Other");
    assert_string_equal(dp_ede_name(22), "No Reachable Authority");
    assert_null(dp_ede_name(9999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_prints_like_dig),
        cmocka_unit_test(test_hostile_text_is_escaped),
        cmocka_unit_test(test_ecs_both_ways),
        cmocka_unit_test(test_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
