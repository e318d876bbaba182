/* rooms: host
 * SPDX-License-Identifier: MIT
 * The hosts file: which lines decide a name, also in a file that somebody wrote badly. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "host/hostsfile.h"

static const char text[] = "127.0.0.1 localhost\n"
                           "::1\tlocalhost ip6-localhost # the loopback\n"
                           "# 192.0.2.9 shop.example\n"
                           "192.0.2.1   web1 SHOP.example\r\n"
                           "shop.example 192.0.2.2\n"
                           "192.0.2.3#5353 shop.example\n"
                           "192.0.2.4:53 shop.example\n"
                           "[2001:db8::5] shop.example\n"
                           "2001:db8::6 shop.example.\n"
                           "192.0.2.7 notshop.example shop.example.com\n"
                           "192.0.2.8 shop.example"; /* no newline */

static struct dp_hosts_found find(struct dp_arena *a, const char *name)
{
    struct dp_hosts_found found;
    assert_int_equal(dp_hostsfile_find(text, sizeof text - 1, name, a, &found), DP_OK);
    return found;
}

static void decides(void **state)
{
    struct dp_arena a;
    (void)state;
    dp_arena_init(&a, 0);
    static const unsigned lines[] = {4, 9, 11};
    const char *const spellings[] = {"shop.example", "shop.example.", "Shop.EXAMPLE."};
    for (size_t i = 0; i < 3; i++) {
        const struct dp_hosts_found found = find(&a, spellings[i]);
        assert_int_equal(found.count, 3);
        const struct dp_hosts_entry *entry = found.entries;
        for (size_t k = 0; k < 3; k++, entry = entry->next) {
            assert_int_equal(entry->line, lines[k]);
            assert_int_equal(entry->address.port, 0);
        }
    }
    assert_int_equal(find(&a, "localhost").count, 2);
    assert_int_equal(find(&a, "example.").count, 0);
    assert_int_equal(find(&a, ".").count, 0);
    assert_int_equal(find(&a, "").count, 0);
    dp_arena_fini(&a);
}

static void is_bounded(void **state)
{
    struct dp_arena a;
    struct dp_hosts_found found;
    const char line[] = "192.0.2.1 x\n";
    const size_t n = 1000;
    char *many = malloc(n * (sizeof line - 1));
    (void)state;
    assert_non_null(many);
    for (size_t i = 0; i < n; i++) {
        memcpy(many + i * (sizeof line - 1), line, sizeof line - 1);
    }
    dp_arena_init(&a, 0);
    assert_int_equal(dp_hostsfile_find(many, n * (sizeof line - 1), "x", &a, &found), DP_OK);
    assert_int_equal(found.count, DP_HOSTS_FOUND_MAX);
    assert_true(found.more);
    dp_arena_fini(&a);
    free(many);
}

/* Every prefix of the file, each in memory of exactly its size, so that a read beyond its end is seen. */
static void every_prefix(void **state)
{
    (void)state;
    for (size_t size = 0; size < sizeof text; size++) {
        struct dp_arena a;
        struct dp_hosts_found found;
        char *copy = malloc(size > 0 ? size : 1);
        assert_non_null(copy);
        memcpy(copy, text, size);
        dp_arena_init(&a, 0);
        assert_int_equal(dp_hostsfile_find(copy, size, "shop.example", &a, &found), DP_OK);
        assert_true(found.count <= 3);
        dp_arena_fini(&a);
        free(copy);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decides),
        cmocka_unit_test(is_bounded),
        cmocka_unit_test(every_prefix),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
