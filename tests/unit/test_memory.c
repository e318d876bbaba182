/* rooms: trace
 * SPDX-License-Identifier: MIT
 * What walks remember for one another: lifetime, replacement, and the bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "trace/memory.h"

static struct dp_name name_of(const char *text)
{
    struct dp_name name;
    assert_int_equal(dp_name_from_text(&name, text, strlen(text), NULL), DP_OK);
    return name;
}

static struct dp_trace_remembered one(const char *address)
{
    struct dp_trace_remembered what = {.n_addresses = 1};
    assert_int_equal(dp_addr_from_text(&what.addresses[0], address, strlen(address), 53), DP_OK);
    return what;
}

static void test_lifetime(void **state)
{
    (void)state;
    struct dp_trace_memory *memory = dp_trace_memory_new(10);
    const struct dp_name name = name_of("ns1.example."), same = name_of("NS1.Example.");
    struct dp_trace_remembered first = one("192.0.2.1"), second = one("192.0.2.2"), got;
    assert_false(dp_trace_memory_get(memory, &name, 0, &got));
    dp_trace_memory_put(memory, &name, &first, 1000, 5000);
    assert_true(dp_trace_memory_get(memory, &same, 5999, &got));
    assert_true(dp_addr_same_ip(&got.addresses[0], &first.addresses[0]));
    assert_false(dp_trace_memory_get(memory, &name, 6000, &got));
    dp_trace_memory_put(memory, &name, &first, 1000, 7000);
    dp_trace_memory_put(memory, &same, &second, 1000, 7000);
    assert_true(dp_trace_memory_get(memory, &name, 7500, &got));
    assert_true(dp_addr_same_ip(&got.addresses[0], &second.addresses[0]));
    dp_trace_memory_put(memory, &name, &second, 0, 7500); /* TTL 0: not to be kept */
    assert_false(dp_trace_memory_get(memory, &name, 7500, &got));
    dp_trace_memory_free(memory);
    dp_trace_memory_free(NULL);
}

/* Ten thousand names pass through a memory of a hundred; the one in use stays, and at most two hundred do. */
static void test_bound(void **state)
{
    (void)state;
    struct dp_trace_memory *memory = dp_trace_memory_new(100);
    const struct dp_name used = name_of("used.example.");
    const struct dp_trace_remembered what = one("192.0.2.1");
    struct dp_trace_remembered got;
    unsigned kept = 0;
    dp_trace_memory_put(memory, &used, &what, 1000000, 0);
    for (unsigned i = 0; i < 10000; i++) {
        char text[32];
        snprintf(text, sizeof text, "ns%u.example.", i);
        const struct dp_name name = name_of(text);
        dp_trace_memory_put(memory, &name, &what, 1000000, 0);
        if (i % 50 == 0) {
            assert_true(dp_trace_memory_get(memory, &used, 1, &got));
        }
    }
    for (unsigned i = 0; i < 10000; i++) {
        char text[32];
        snprintf(text, sizeof text, "ns%u.example.", i);
        const struct dp_name name = name_of(text);
        kept += dp_trace_memory_get(memory, &name, 1, &got);
    }
    assert_in_range(kept, 50, 200);
    dp_trace_memory_free(memory);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lifetime), cmocka_unit_test(test_bound)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
