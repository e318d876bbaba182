/* rooms: wire
 * SPDX-License-Identifier: MIT
 * Master files: what is taken, what is refused and on which line, each where memory ends, whole and cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/zonetext.h"

static int print_record(void *ctx, const struct dp_rr *rr)
{
    dp_name_print(ctx, rr->owner);
    dp_str_addf(ctx, " %u ", (unsigned)rr->ttl_s);
    dp_rrclass_print(ctx, rr->rrclass);
    dp_str_addc(ctx, ' ');
    dp_rrtype_print(ctx, rr->type);
    dp_str_addc(ctx, ' ');
    dp_rdata_print(ctx, dp_rdata_type(rr->type, rr->rrclass), rr->rdata, rr->rdata_size);
    dp_str_addc(ctx, '\n');
    return 0;
}

static enum dp_err parse(const char *text, size_t size, struct dp_str *out, struct dp_zonetext_error *error)
{
    struct guard g = guard_copy(text, size);
    struct dp_arena a;
    struct dp_name origin;
    assert_int_equal(dp_name_from_text(&origin, "example.", 8, NULL), DP_OK);
    dp_arena_init(&a, 0);
    const enum dp_err err =
        dp_zonetext_parse((const char *)g.data, size, &origin, &a, print_record, out, error);
    dp_arena_fini(&a);
    guard_free(&g);
    return err;
}

static const char zone[] = "$TTL 1h30m ; comment\n"
                           "@\tIN SOA ns1 host.example. ( 1 ; serial\n"
                           "    7200 3600 2w\n"
                           "    300 )\n"
                           "   NS ns1 ; owner repeated\n"
                           "\n"
                           "ns1 60 IN A 192.0.2.1\r\n"
                           "ns1 IN 61 AAAA ::1\n"
                           "txt TXT \"a;b (c\" d\\;e\n"
                           "$ORIGIN sub\n"
                           "www CNAME @\n"
                           "x TYPE65280 \\# 2 abcd";

static void test_reads_a_zone(void **state)
{
    (void)state;
    struct dp_str out;
    struct dp_zonetext_error error = {.line = 0};
    dp_str_init(&out, 0);
    assert_int_equal(parse(zone, sizeof zone - 1, &out, &error), DP_OK);
    assert_string_equal(dp_str_text(&out),
                        "example. 5400 IN SOA ns1.example. host.example. 1 7200 3600 1209600 300\n"
                        "example. 5400 IN NS ns1.example.\n"
                        "ns1.example. 60 IN A 192.0.2.1\n"
                        "ns1.example. 61 IN AAAA ::1\n"
                        "txt.example. 5400 IN TXT \"a;b (c\" \"d;e\"\n"
                        "www.sub.example. 5400 IN CNAME sub.example.\n"
                        "x.sub.example. 5400 IN TYPE65280 \\# 2 ABCD\n");
    dp_str_fini(&out);
}

static void test_every_prefix(void **state)
{
    (void)state;
    for (size_t n = 0; n < sizeof zone; n++) {
        struct dp_str out;
        struct dp_zonetext_error error = {.line = 0};
        dp_str_init(&out, 0);
        if (parse(zone, n, &out, &error) != DP_OK) {
            assert_true(error.line >= 1 && error.line <= 12);
        }
        dp_str_fini(&out);
    }
}

static void test_errors_name_the_line(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        unsigned line;
        const char *says;
    } rows[] = {{"a A 192.0.2.1\nb A 192.0.2\n", 2, "A: bad address:  192.0.2 "},
                {"a A 192.0.2.1\nb MX ( 10\n  \n mail ) x\n", 2, "MX: bad extra text at the end:  "},
                {"  A 192.0.2.1\n", 1, "first record without an owner"},
                {"a TXT \"open\n", 1, "string without an end"},
                {"a A ( 192.0.2.1\n", 1, "parenthesis is not closed"},
                {"a A 192.0.2.1 )\n", 1, "closing parenthesis without an opening one"},
                {"\n\n$INCLUDE /etc/passwd\n", 3, "directive not allowed: $INCLUDE"},
                {"$GENERATE 1-2 a A 192.0.2.1\n", 1, "directive not allowed: $GENERATE"},
                {"$TTL never\n", 1, "bad TTL: never"},
                {"a 60 IN\n", 1, "record type is missing"},
                {"a NOTATYPE x\n", 1, "unknown record type: NOTATYPE"},
                {"a..b A 192.0.2.1\n", 1, "bad owner name: a..b"},
                {"a \x1b[2J x\n", 1, "unknown record type: \\027[2J"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dp_str out;
        struct dp_zonetext_error error = {.line = 0};
        dp_str_init(&out, 0);
        assert_int_not_equal(parse(rows[i].text, strlen(rows[i].text), &out, &error), DP_OK);
        assert_int_equal(error.line, rows[i].line);
        assert_int_equal(strncmp(error.text, rows[i].says, strlen(rows[i].says)), 0);
        dp_str_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_reads_a_zone),
        cmocka_unit_test(test_every_prefix),
        cmocka_unit_test(test_errors_name_the_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
