/* rooms: exchange wire net base */
/* SPDX-License-Identifier: MIT
 * accept.c rule by rule: a table of packets that differ from the good answer in one respect, each with its
 * verdict; and the comparison of two answers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "exchange/accept.h"

static const uint8_t QUERY[] = {
    0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 4, 's', 'h', 'o', 'p', 0, /* shop. */
    0,    65,   0, 1, /* HTTPS: 65 is 'A', 97 would be 'a' */
};
static const struct dp_addr SERVER = {.family = 4, .port = 53, .ip = {192, 0, 2, 1}};

/* ---- rules ---- */

struct row {
    const char *name;
    enum { KEEP, SET, CUT, FROM_ADDRESS, FROM_PORT, NO_QUESTION } what;
    size_t offset; /* SET: which octet; CUT: size */
    uint8_t value; /* SET: becomes; NO_QUESTION: RCODE */
    enum dp_accept_verdict verdict;
    enum dp_stray_reason reason;
    bool case_differs;
};

static const struct row rows[] = {
    {"the answer", KEEP, 0, 0, DP_ACCEPT_ANSWER, 0, false},
    {"1 another address", FROM_ADDRESS, 0, 0, DP_ACCEPT_STRAY, DP_STRAY_SOURCE, false},
    {"1 another port", FROM_PORT, 0, 0, DP_ACCEPT_STRAY, DP_STRAY_SOURCE, false},
    {"2 empty", CUT, 0, 0, DP_ACCEPT_STRAY, DP_STRAY_MALFORMED, false},
    {"2 three octets", CUT, 3, 0, DP_ACCEPT_STRAY, DP_STRAY_MALFORMED, false},
    {"2 a query", SET, 2, 0x01, DP_ACCEPT_STRAY, DP_STRAY_NOT_A_RESPONSE, false},
    {"3 id, high octet", SET, 0, 0x13, DP_ACCEPT_STRAY, DP_STRAY_ID, false},
    {"3 id, low octet", SET, 1, 0x35, DP_ACCEPT_STRAY, DP_STRAY_ID, false},
    {"4 id and flags alone", CUT, 4, 0, DP_ACCEPT_MALFORMED, 0, false},
    {"4 header broken off", CUT, 11, 0, DP_ACCEPT_MALFORMED, 0, false},
    {"5a header-only FORMERR", NO_QUESTION, 0, 1, DP_ACCEPT_ANSWER, 0, false},
    {"5a header-only NOERROR", NO_QUESTION, 0, 0, DP_ACCEPT_STRAY, DP_STRAY_QUESTION, false},
    {"5b another name", SET, 14, 'a', DP_ACCEPT_STRAY, DP_STRAY_QUESTION, false},
    {"5b other case", SET, 14, 'H', DP_ACCEPT_ANSWER, 0, true},
    {"5b label length", SET, 12, 3, DP_ACCEPT_STRAY, DP_STRAY_QUESTION, false},
    {"5b type 97 for 65", SET, 19, 97, DP_ACCEPT_STRAY, DP_STRAY_QUESTION, false},
    {"5b class", SET, 21, 3, DP_ACCEPT_STRAY, DP_STRAY_QUESTION, false},
    {"5b more questions than one", SET, 5, 2, DP_ACCEPT_ANSWER, 0, false}, /* for the parser to judge */
    {"5c broken off behind the header", CUT, 12, 0, DP_ACCEPT_MALFORMED, 0, false},
    {"5c broken off in the question", CUT, 21, 0, DP_ACCEPT_MALFORMED, 0, false},
};

static void test_row(void **state)
{
    const struct row *row = *state;
    const struct dp_accept_query query = dp_accept_query(&SERVER, QUERY, sizeof QUERY, false);
    struct dp_addr from = SERVER;
    size_t size = sizeof QUERY;
    uint8_t data[sizeof QUERY];
    memcpy(data, QUERY, sizeof QUERY);
    data[2] |= 0x80;
    switch (row->what) {
    case KEEP:
        break;
    case SET:
        data[row->offset] = row->value;
        break;
    case CUT:
        size = row->offset;
        break;
    case FROM_ADDRESS:
        from.ip[3]++;
        break;
    case FROM_PORT:
        from.port++;
        break;
    case NO_QUESTION:
        size = 12;
        data[3] = row->value;
        data[5] = 0;
        break;
    }
    const struct dp_accept_result result = dp_accept_check(&query, &from, data, size);
    assert_int_equal(result.verdict, row->verdict);
    assert_int_equal(result.case_differs, row->case_differs);
    if (row->verdict == DP_ACCEPT_STRAY) {
        assert_int_equal(result.reason, row->reason);
    }
}

/* Rule 5d, and queries that have no question. */
static void test_queries_without_readable_question(void **state)
{
    uint8_t query_wire[sizeof QUERY], data[sizeof QUERY];
    (void)state;
    memcpy(query_wire, QUERY, sizeof QUERY);
    memcpy(data, QUERY, sizeof QUERY);
    data[2] |= 0x80;
    data[14] = 'x';
    struct dp_accept_query query = dp_accept_query(&SERVER, query_wire, sizeof query_wire, true);
    assert_int_equal(dp_accept_check(&query, &SERVER, data, sizeof data).verdict, DP_ACCEPT_ANSWER);
    query_wire[12] = 60; /* a label beyond the end */
    query = dp_accept_query(&SERVER, query_wire, sizeof query_wire, false);
    assert_int_equal(dp_accept_check(&query, &SERVER, data, sizeof data).verdict, DP_ACCEPT_ANSWER);
    memset(query_wire + 4, 0, 8);
    query = dp_accept_query(&SERVER, query_wire, 12, false);
    assert_int_equal(dp_accept_check(&query, &SERVER, data, sizeof data).reason, DP_STRAY_QUESTION);
    data[5] = 0;
    assert_int_equal(dp_accept_check(&query, &SERVER, data, 12).verdict, DP_ACCEPT_ANSWER);
}

/* ---- two answers ---- */

/* shop. with two records; what is given replaces parts of them. */
static size_t two_records(uint8_t *out, bool swapped, uint8_t ttl, const char *first, const char *second)
{
    const char *const exchanges[2] = {swapped ? second : first, swapped ? first : second};
    size_t at = 12;
    memcpy(out, "\x12\x34\x81\x80\0\0\0\2\0\0\0\0", 12);
    for (unsigned i = 0; i < 2; i++) { /* MX 10 */
        const uint8_t head[] = {4, 's', 'h', 'o', 'p', 0, 0, 15, 0, 1, 0, 0, 0, ttl};
        const size_t length = strlen(exchanges[i]);
        memcpy(out + at, head, sizeof head);
        at += sizeof head;
        out[at++] = 0;
        out[at++] = (uint8_t)(length + 4);
        out[at++] = 0;
        out[at++] = 10;
        out[at++] = (uint8_t)length;
        memcpy(out + at, exchanges[i], length);
        at += length;
        out[at++] = 0;
    }
    return at;
}

static bool differ(const uint8_t *x, size_t x_size, const uint8_t *y, size_t y_size)
{
    struct dp_arena arena;
    struct dp_msg a, b;
    dp_arena_init(&arena, 0);
    assert_int_equal(dp_accept_parse(&a, x, x_size, &arena), DP_ACCEPT_ANSWER);
    assert_int_equal(dp_accept_parse(&b, y, y_size, &arena), DP_ACCEPT_ANSWER);
    const bool result = dp_accept_differs(&a, &b, &arena);
    assert_int_equal(result, dp_accept_differs(&b, &a, &arena));
    dp_arena_fini(&arena);
    return result;
}

static void test_differs(void **state)
{
    uint8_t x[128], y[128];
    (void)state;
    const size_t x_size = two_records(x, false, 60, "mail", "post");
    assert_false(differ(x, x_size, y, two_records(y, false, 60, "mail", "post")));
    assert_false(differ(x, x_size, y, two_records(y, true, 60, "mail", "post")));  /* order */
    assert_false(differ(x, x_size, y, two_records(y, false, 59, "mail", "post"))); /* TTL */
    assert_false(differ(x, x_size, y, two_records(y, false, 60, "MAIL", "poST"))); /* case of a name */
    assert_true(differ(x, x_size, y, two_records(y, false, 60, "mail", "poor")));  /* data */
    assert_true(differ(x, x_size, y, two_records(y, false, 60, "mail", "mail")));  /* one fewer, as a set */
    const size_t y_size = two_records(y, false, 60, "mail", "post");
    y[3] |= DP_RCODE_SERVFAIL;
    assert_true(differ(x, x_size, y, y_size));
}

#define ROWS (sizeof rows / sizeof rows[0])

int main(void)
{
    struct CMUnitTest tests[ROWS + 2];
    for (size_t i = 0; i < ROWS; i++) {
        tests[i] = (struct CMUnitTest){rows[i].name, test_row, NULL, NULL, (void *)(uintptr_t)&rows[i]};
    }
    tests[ROWS] = (struct CMUnitTest)cmocka_unit_test(test_queries_without_readable_question);
    tests[ROWS + 1] = (struct CMUnitTest)cmocka_unit_test(test_differs);
    return _cmocka_run_group_tests("accept", tests, ROWS + 2, NULL, NULL);
}
