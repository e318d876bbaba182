/* rooms: base
 * SPDX-License-Identifier: MIT
 * Arena limits, growable strings, the encodings of RFC 4648 (section 10), escapes, seeded randomness. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/escape.h"
#include "base/rand.h"
#include "base/str.h"

static void test_arena_respects_its_limit(void **state)
{
    (void)state;
    struct dp_arena a;
    dp_arena_init(&a, 4096);
    assert_non_null(dp_arena_alloc(&a, 4000));
    assert_null(dp_arena_alloc(&a, 4000));
    assert_null(dp_arena_alloc(&a, SIZE_MAX));
    assert_null(dp_arena_calloc(&a, SIZE_MAX / 2, 4));
    assert_true(a.used_bytes <= 4096);
    dp_arena_reset(&a);
    uint8_t *zeroed = dp_arena_calloc(&a, 100, 10);
    for (size_t i = 0; i < 1000; i++) {
        assert_int_equal(zeroed[i], 0);
    }
    assert_string_equal(dp_arena_strdup(&a, "text"), "text");
    dp_arena_fini(&a);
}

static void test_str_keeps_its_failure(void **state)
{
    (void)state;
    struct dp_str s;
    dp_str_init(&s, 8);
    assert_string_equal(dp_str_text(&s), "");
    dp_str_addf(&s, "%d-%s", 12, "abc");
    assert_string_equal(dp_str_text(&s), "12-abc");
    dp_str_adds(&s, "too long");
    dp_str_addc(&s, 'x');
    assert_false(dp_str_ok(&s));
    assert_string_equal(dp_str_text(&s), "12-abc");
    dp_str_clear(&s);
    dp_str_adds(&s, "12345678");
    assert_true(dp_str_ok(&s));
    dp_str_fini(&s);
}

static void test_encodings_of_rfc4648(void **state)
{
    (void)state;
    static const struct {
        const char *plain;
        const char *base64;
        const char *base32hex; /* without padding */
        const char *base16;
    } rows[] = {{"", "", "", ""},
                {"f", "Zg==", "CO", "66"},
                {"fo", "Zm8=", "CPNG", "666F"},
                {"foo", "Zm9v", "CPNMU", "666F6F"},
                {"foob", "Zm9vYg==", "CPNMUOG", "666F6F62"},
                {"fooba", "Zm9vYmE=", "CPNMUOJ1", "666F6F6261"},
                {"foobar", "Zm9vYmFy", "CPNMUOJ1E8", "666F6F626172"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const uint8_t *plain = (const uint8_t *)rows[i].plain;
        const size_t size = strlen(rows[i].plain);
        struct dp_str s;
        dp_str_init(&s, 0);
        dp_str_add_base64(&s, plain, size);
        assert_string_equal(dp_str_text(&s), rows[i].base64);
        dp_str_clear(&s);
        dp_str_add_base32hex(&s, plain, size);
        assert_string_equal(dp_str_text(&s), rows[i].base32hex);
        dp_str_clear(&s);
        dp_str_add_hex(&s, plain, size, true);
        assert_string_equal(dp_str_text(&s), rows[i].base16);
        dp_str_fini(&s);
    }
}

static void test_escape_leaves_nothing_to_a_terminal(void **state)
{
    (void)state;
    static const struct {
        const char *in;
        const char *out;
    } rows[] = {{"plain text", "plain text"},
                {"\x1b[31m", "\\027[31m"},
                {"caf\xc3\xa9", "caf\xc3\xa9"},
                {"\xc3", "\\195"},
                {"\xc0\xaf", "\\192\\175"},          /* overlong '/' */
                {"\xed\xa0\x80", "\\237\\160\\128"}, /* surrogate */
                {"\xc2\x9b", "\\194\\155"},          /* C1 control */
                {"\xe2\x80\xae"
                 "x",
                 "\\226\\128\\174x"},                         /* right-to-left override */
                {"\xef\xbf\xbd", "\xef\xbf\xbd"},             /* U+FFFD is a character */
                {"\xef\xbf\xbe", "\\239\\191\\190"},          /* U+FFFE */
                {"\xef\xbf\xbf", "\\239\\191\\191"},          /* U+FFFF */
                {"\xef\xb7\x90", "\\239\\183\\144"},          /* U+FDD0 */
                {"\xef\xb7\xb0", "\xef\xb7\xb0"},             /* U+FDF0 is a ligature */
                {"\xf4\x8f\xbf\xbe", "\\244\\143\\191\\190"}, /* U+10FFFE */
                {"\x7f\n", "\\127\\010"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dp_str s;
        dp_str_init(&s, 0);
        dp_escape_terminal(&s, rows[i].in, strlen(rows[i].in));
        assert_string_equal(dp_str_text(&s), rows[i].out);
        dp_str_fini(&s);
    }
}

static void test_seeded_randomness_repeats(void **state)
{
    (void)state;
    struct dp_rand a;
    struct dp_rand b;
    dp_rand_init_seeded(&a, 42);
    dp_rand_init_seeded(&b, 42);
    for (int i = 0; i < 100; i++) {
        assert_true(dp_rand_u64(&a) == dp_rand_u64(&b));
        assert_true(dp_rand_below(&a, 7) < 7);
        dp_rand_below(&b, 7);
        assert_true(dp_rand_unit(&a) < 1.0);
        dp_rand_unit(&b);
    }
    assert_int_equal(dp_rand_below(&a, 0), 0);
}

static void test_every_error_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < DP_ERR_COUNT_; i++) {
        assert_true(strlen(dp_err_text((enum dp_err)i)) > 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arena_respects_its_limit),
        cmocka_unit_test(test_str_keeps_its_failure),
        cmocka_unit_test(test_encodings_of_rfc4648),
        cmocka_unit_test(test_escape_leaves_nothing_to_a_terminal),
        cmocka_unit_test(test_seeded_randomness_repeats),
        cmocka_unit_test(test_every_error_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
