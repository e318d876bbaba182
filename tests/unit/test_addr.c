/* rooms: net base */
/* SPDX-License-Identifier: MIT
 * Addresses: each accepted form, each refused one, and what network an address belongs to. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "net/addr.h"

/* ---- text ---- */

struct text_row {
    const char *text, *printed; /* printed NULL: refused */
};

static const struct text_row text_rows[] = {
    {"1.1.1.1", "1.1.1.1#53"},
    {"1.1.1.1#5353", "1.1.1.1#5353"},
    {"1.1.1.1:5353", "1.1.1.1#5353"},
    {"[2606:4700::1111]:5353", "2606:4700::1111#5353"},
    {"[2606:4700::1111]#5353", "2606:4700::1111#5353"},
    {"[2606:4700::1111]", "2606:4700::1111#53"},
    {"2606:4700::1111#5353", "2606:4700::1111#5353"},
    {"2606:4700::1111", "2606:4700::1111#53"},
    {"::1", "::1#53"},
    {"fe80::1%lo", "fe80::1%lo#53"},
    {"fe80::1%1#54", "fe80::1%lo#54"},
    {"::ffff:192.0.2.1", "192.0.2.1#53"},
    {"[1.1.1.1]:54", "1.1.1.1#54"},
    {"", NULL},
    {"1.1.1", NULL},
    {"1.1.1.1.1", NULL},
    {"1.1.1.256", NULL},
    {"1.1.1.1#", NULL},
    {"1.1.1.1#0", NULL},
    {"1.1.1.1#65536", NULL},
    {"1.1.1.1#-1", NULL},
    {"1.1.1.1# 5", NULL},
    {"1.1.1.1%lo", NULL},
    {"[::1", NULL},
    {"[::1]53", NULL},
    {"[::1]:", NULL},
    {"::1%nosuchinterface", NULL},
    {"::1::", NULL},
    {"dns.google", NULL},
    {" 1.1.1.1", NULL},
    {"11111111111111111111111111111111111111111111111111111111111111111111111111", NULL},
};

static void test_text(void **state)
{
    const struct text_row *row = *state;
    char out[DP_ADDR_TEXT_BYTES];
    struct dp_addr addr = {.port = 7};
    const enum dp_err err = dp_addr_from_text(&addr, row->text, strlen(row->text), 53);
    assert_int_equal(err, row->printed != NULL ? DP_OK : DP_ERR_SYNTAX);
    if (row->printed != NULL) {
        assert_string_equal(dp_addr_text_port(&addr, out), row->printed);
    } else {
        assert_int_equal(addr.port, 7); /* untouched */
    }
}

/* ---- scope ---- */

struct scope_row {
    const char *text;
    enum dp_addr_scope scope;
};

static const struct scope_row scope_rows[] = {
    {"8.8.8.8", DP_ADDR_GLOBAL},         {"192.0.2.1", DP_ADDR_GLOBAL}, /* documentation: excepted */
    {"172.32.0.1", DP_ADDR_GLOBAL},      {"100.128.0.1", DP_ADDR_GLOBAL},
    {"2606:4700::1111", DP_ADDR_GLOBAL}, {"64:ff9b::808:808", DP_ADDR_GLOBAL},
    {"127.0.0.1", DP_ADDR_LOOPBACK},     {"127.255.255.254", DP_ADDR_LOOPBACK},
    {"::1", DP_ADDR_LOOPBACK},           {"::ffff:127.0.0.1", DP_ADDR_LOOPBACK},
    {"10.1.2.3", DP_ADDR_PRIVATE},       {"172.16.0.1", DP_ADDR_PRIVATE},
    {"172.31.255.255", DP_ADDR_PRIVATE}, {"192.168.1.1", DP_ADDR_PRIVATE},
    {"100.64.0.1", DP_ADDR_PRIVATE},     {"fd00::1", DP_ADDR_PRIVATE},
    {"fec0::1", DP_ADDR_PRIVATE},        {"64:ff9b::a00:1", DP_ADDR_PRIVATE}, /* 10.0.0.1 behind NAT64 */
    {"169.254.1.1", DP_ADDR_LINK_LOCAL}, {"fe80::1", DP_ADDR_LINK_LOCAL},
    {"febf::1", DP_ADDR_LINK_LOCAL},     {"0.0.0.0", DP_ADDR_UNUSABLE},
    {"224.0.0.251", DP_ADDR_UNUSABLE},   {"255.255.255.255", DP_ADDR_UNUSABLE},
    {"240.0.0.1", DP_ADDR_UNUSABLE},     {"::", DP_ADDR_UNUSABLE},
    {"ff02::fb", DP_ADDR_UNUSABLE},
};

static void test_scope(void **state)
{
    const struct scope_row *row = *state;
    struct dp_addr addr;
    assert_int_equal(dp_addr_from_text(&addr, row->text, strlen(row->text), 53), DP_OK);
    assert_int_equal(dp_addr_scope(&addr), row->scope);
}

/* ---- the rest ---- */

static void test_sockaddr_and_back(void **state)
{
    static const char *const texts[] = {"192.0.2.1#53", "2001:db8::1#5353", "fe80::1%lo#53"};
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct dp_addr addr, back;
        struct sockaddr_storage ss;
        assert_int_equal(dp_addr_from_text(&addr, texts[i], strlen(texts[i]), 0), DP_OK);
        assert_int_not_equal(dp_addr_to_sockaddr(&addr, &ss), 0);
        dp_addr_from_sockaddr(&back, (struct sockaddr *)&ss);
        assert_true(dp_addr_equal(&addr, &back));
        assert_int_equal(addr.scope_id, back.scope_id);
    }
    const struct dp_addr none = {0};
    struct sockaddr_storage ss;
    assert_int_equal(dp_addr_to_sockaddr(&none, &ss), 0);
}

static void test_equal(void **state)
{
    struct dp_addr a = {.family = 6, .port = 53, .ip = {0xfe, 0x80, [15] = 1}}, b = a;
    (void)state;
    b.scope_id = 2;
    assert_true(dp_addr_equal(&a, &b)); /* one of them does not say */
    a.scope_id = 3;
    assert_false(dp_addr_equal(&a, &b));
    a = b;
    a.port = 54;
    assert_false(dp_addr_equal(&a, &b));
    assert_true(dp_addr_same_ip(&a, &b));
    b.ip[15] = 2;
    assert_false(dp_addr_same_ip(&a, &b));
}

static void test_from_ip(void **state)
{
    static const uint8_t ip[16] = {1, 2, 3, 4};
    struct dp_addr addr;
    (void)state;
    assert_int_equal(dp_addr_from_ip(&addr, ip, 4, 53), DP_OK);
    assert_int_equal(addr.family, 4);
    assert_int_equal(dp_addr_from_ip(&addr, ip, 16, 53), DP_OK);
    assert_int_equal(addr.family, 6);
    assert_int_equal(dp_addr_from_ip(&addr, ip, 5, 53), DP_ERR_ARG);
}

#define ROWS(array) (sizeof(array) / sizeof((array)[0]))

int main(void)
{
    struct CMUnitTest tests[ROWS(text_rows) + ROWS(scope_rows) + 3];
    size_t n = 0;
    for (size_t i = 0; i < ROWS(text_rows); i++) {
        tests[n++] =
            (struct CMUnitTest){text_rows[i].text, test_text, NULL, NULL, (void *)(uintptr_t)&text_rows[i]};
    }
    for (size_t i = 0; i < ROWS(scope_rows); i++) {
        tests[n++] = (struct CMUnitTest){scope_rows[i].text, test_scope, NULL, NULL,
                                         (void *)(uintptr_t)&scope_rows[i]};
    }
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_sockaddr_and_back);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_equal);
    tests[n++] = (struct CMUnitTest)cmocka_unit_test(test_from_ip);
    return _cmocka_run_group_tests("addr", tests, n, NULL, NULL);
}
