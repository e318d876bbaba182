/* rooms: wire
 * SPDX-License-Identifier: MIT
 * Names: text and wire, compression that cannot loop, case, names within names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "guard.h"
#include "wire/name.h"

static struct dp_name name_of(const char *text)
{
    struct dp_name name = {0};
    assert_int_equal(dp_name_from_text(&name, text, strlen(text), NULL), DP_OK);
    return name;
}

static void test_text_both_ways(void **state)
{
    (void)state;
    static const char *const rows[][2] = {{".", "."},
                                          {"example", "example."},
                                          {"www.Example.", "www.Example."},
                                          {"a\\.b.c", "a\\.b.c."},
                                          {"a\\032b", "a\\032b."},
                                          {"\\065.\\@", "A.\\@."},
                                          {"\\000\\255", "\\000\\255."},
                                          {"_sip._tcp", "_sip._tcp."},
                                          {"\\$\\\"\\;", "\\$\\\"\\;."}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[DP_NAME_TEXT_BYTES];
        const struct dp_name name = name_of(rows[i][0]);
        assert_string_equal(dp_name_text(&name, text), rows[i][1]);
    }
}

static void text_fails(const char *text, enum dp_err err)
{
    struct dp_name name;
    assert_int_equal(dp_name_from_text(&name, text, strlen(text), NULL), err);
}

static void test_bad_text(void **state)
{
    (void)state;
    char label[65];
    char whole[600] = "";
    memset(label, 'a', 64);
    label[64] = '\0';
    text_fails("", DP_ERR_SYNTAX);
    text_fails("..", DP_ERR_SYNTAX);
    text_fails("a..b", DP_ERR_SYNTAX);
    text_fails(".a", DP_ERR_SYNTAX);
    text_fails("\\256", DP_ERR_SYNTAX);
    text_fails("\\12", DP_ERR_SYNTAX);
    text_fails("a\\", DP_ERR_SYNTAX);
    text_fails(label, DP_ERR_LABEL_TOO_LONG);
    for (int i = 0; i < 127; i++) { /* 127 labels of one octet: 255 with the root */
        strcat(whole, "a.");
    }
    assert_int_equal(name_of(whole).len, 255);
    strcat(whole, "a");
    text_fails(whole, DP_ERR_NAME_TOO_LONG);
}

static void test_longest_text_fits(void **state)
{
    (void)state;
    struct dp_name name = {.len = 255};
    char text[DP_NAME_TEXT_BYTES];
    memset(name.wire, 0xff, 254);
    name.wire[0] = name.wire[64] = name.wire[128] = 63;
    name.wire[192] = 61;
    name.wire[254] = 0;
    assert_true(strlen(dp_name_text(&name, text)) < sizeof text);
    const struct dp_name again = name_of(text);
    assert_true(dp_name_identical(&name, &again));
}

static void test_origin(void **state)
{
    (void)state;
    const struct dp_name origin = name_of("example.org");
    const struct dp_name www = name_of("www.example.org");
    struct dp_name name;
    assert_int_equal(dp_name_from_text(&name, "www", 3, &origin), DP_OK);
    assert_true(dp_name_equal(&name, &www));
    assert_int_equal(dp_name_from_text(&name, "@", 1, &origin), DP_OK);
    assert_true(dp_name_equal(&name, &origin));
    assert_int_equal(dp_name_from_text(&name, "www.", 4, &origin), DP_OK);
    assert_int_equal(name.len, 5);
}

static enum dp_err read_at(const char *data, size_t size, size_t offset, struct dp_name *name, size_t *end)
{
    struct guard g = guard_copy(data, size);
    struct dp_cursor c;
    dp_cursor_init(&c, g.data, size);
    c.offset = offset;
    dp_name_read(&c, name, "name");
    *end = c.offset;
    guard_free(&g);
    return c.place.err;
}

static void test_compression(void **state)
{
    (void)state;
    struct dp_name name;
    size_t end = 0;
    const struct dp_name expected = name_of("www.example");
    assert_int_equal(read_at("\7example\0\3www\xc0\0z", 16, 9, &name, &end), DP_OK);
    assert_true(dp_name_identical(&name, &expected));
    assert_int_equal(end, 15);
    assert_int_equal(read_at("\xc0\0", 2, 0, &name, &end), DP_ERR_POINTER);
    assert_int_equal(read_at("\1a\xc0\0", 4, 0, &name, &end), DP_ERR_POINTER);
    assert_int_equal(read_at("\xc0\2\0", 3, 0, &name, &end), DP_ERR_POINTER);
    assert_int_equal(read_at("\1a\xc0", 3, 0, &name, &end), DP_ERR_TRUNCATED);
    assert_int_equal(read_at("\5abc", 4, 0, &name, &end), DP_ERR_TRUNCATED);
    assert_int_equal(read_at("", 0, 0, &name, &end), DP_ERR_TRUNCATED);
    assert_int_equal(read_at("\x40", 1, 0, &name, &end), DP_ERR_LABEL);
    assert_int_equal(read_at("\x80", 1, 0, &name, &end), DP_ERR_LABEL);
    assert_int_equal(dp_name_from_wire(&name, (const uint8_t *)"\1a\0x", 4), DP_ERR_TRAILING);
    assert_int_equal(dp_name_from_wire(&name, (const uint8_t *)"\0\xc0\0", 3), DP_ERR_TRAILING);
}

static void test_relations(void **state)
{
    (void)state;
    const struct dp_name a = name_of("WWW.Example");
    const struct dp_name b = name_of("www.example");
    const struct dp_name zone = name_of("example");
    const struct dp_name other = name_of("badexample");
    struct dp_name up = a;
    assert_true(dp_name_equal(&a, &b));
    assert_false(dp_name_identical(&a, &b));
    assert_int_equal(dp_name_hash(&a), dp_name_hash(&b));
    assert_true(dp_name_is_within(&a, &zone));
    assert_true(dp_name_is_within(&zone, &zone));
    assert_false(dp_name_is_within(&zone, &a));
    assert_false(dp_name_is_within(&other, &zone));
    assert_int_equal(dp_name_labels(&a), 2);
    assert_true(dp_name_parent(&up, &up));
    assert_true(dp_name_equal(&up, &zone));
    assert_true(dp_name_parent(&up, &up));
    assert_false(dp_name_parent(&up, &up));
}

static void test_reverse(void **state)
{
    (void)state;
    struct dp_name name;
    char text[DP_NAME_TEXT_BYTES];
    assert_int_equal(dp_name_reverse(&name, (const uint8_t *)"\xc0\0\2\1", 4), DP_OK);
    assert_string_equal(dp_name_text(&name, text), "1.2.0.192.in-addr.arpa.");
    assert_int_equal(dp_name_reverse(&name, (const uint8_t *)"\x20\1\xd\xb8\0\0\0\0\0\0\0\0\0\0\0\1", 16),
                     DP_OK);
    assert_string_equal(dp_name_text(&name, text),
                        "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.");
    assert_int_equal(dp_name_reverse(&name, (const uint8_t *)"", 0), DP_ERR_ARG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_both_ways),    cmocka_unit_test(test_bad_text),
        cmocka_unit_test(test_longest_text_fits), cmocka_unit_test(test_origin),
        cmocka_unit_test(test_compression),       cmocka_unit_test(test_relations),
        cmocka_unit_test(test_reverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
