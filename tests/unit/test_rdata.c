/* rooms: wire
 * SPDX-License-Identifier: MIT
 * Every row of tests/vectors/rdata.txt both ways: text to octets and octets to the text that dig prints; each
 * cut at every octet where memory ends. And the table of types itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "guard.h"
#include "vectors.h"
#include "wire/rdata.h"

static void count_field(void *ctx, const struct dp_rdata_field *field)
{
    assert_non_null(field->name);
    ++*(unsigned *)ctx;
}

static void print_equals(uint16_t type, const uint8_t *rdata, uint16_t size, const char *text)
{
    struct dp_str s;
    dp_str_init(&s, 0);
    dp_rdata_print(&s, type, rdata, size);
    assert_string_equal(dp_str_text(&s), text);
    dp_str_fini(&s);
}

static void text_gives(uint16_t type, const char *text, const uint8_t *wire, size_t size)
{
    struct dp_arena a;
    const uint8_t *rdata = NULL;
    uint16_t rdata_size = 0;
    const char *field = "";
    struct guard g = guard_copy(text, strlen(text));
    dp_arena_init(&a, 0);
    assert_int_equal(
        dp_rdata_from_text(type, (const char *)g.data, strlen(text), NULL, &a, &rdata, &rdata_size, &field),
        DP_OK);
    assert_int_equal(rdata_size, size);
    assert_memory_equal(rdata, wire, size);
    guard_free(&g);
    dp_arena_fini(&a);
}

/* Cut RDATA is refused or is valid by itself, and can always be printed. */
static void every_prefix(uint16_t type, const uint8_t *wire, size_t size)
{
    struct dp_arena a;
    struct dp_str s;
    dp_arena_init(&a, 0);
    dp_str_init(&s, 0);
    for (size_t n = 0; n <= size; n++) {
        struct guard g = guard_copy(wire, n);
        const uint8_t *rdata = NULL;
        uint16_t rdata_size = 0;
        struct dp_cursor c;
        dp_rdata_print(&s, type, g.data, (uint16_t)n);
        dp_cursor_init(&c, g.data, n);
        dp_rdata_read(&c, type, (uint16_t)n, &a, &rdata, &rdata_size);
        assert_int_equal(dp_cursor_ok(&c), rdata != NULL);
        dp_rdata_read(&c, type, (uint16_t)size, &a, &rdata, &rdata_size); /* RDLENGTH beyond the end */
        guard_free(&g);
    }
    assert_true(dp_str_ok(&s));
    dp_str_fini(&s);
    dp_arena_fini(&a);
}

static void test_row(void **state)
{
    const struct row *row = *state;
    const char *printed = row->fields[3];
    const char *written = strcmp(row->fields[2], "=") == 0 ? printed : row->fields[2];
    uint16_t type = 0;
    size_t size = 0;
    unsigned fields = 0;
    uint8_t *wire = from_hex(row->fields[4], &size);
    assert_int_equal(dp_rrtype_from_text(row->fields[1], strlen(row->fields[1]), &type), DP_OK);
    print_equals(type, wire, (uint16_t)size, printed);
    text_gives(type, written, wire, size);
    text_gives(type, printed, wire, size);
    every_prefix(type, wire, size);
    const struct dp_rrtype *entry = dp_rrtype_by_number(type);
    const bool readable = entry != NULL && strncmp(printed, "\\#", 2) != 0;
    assert_int_equal(dp_rdata_visit(type, wire, (uint16_t)size, count_field, &fields), readable);
    assert_int_equal(fields, readable ? entry->n_fields : 0);
    free(wire);
}

/* Where RDATA is compressed, all fields between the names must have a width of their own. */
static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; i < dp_rrtype_count(); i++) {
        const struct dp_rrtype *row = dp_rrtype_at(i);
        uint16_t type = 0;
        bool compresses = false;
        bool only_fixed = true;
        assert_ptr_equal(dp_rrtype_by_number(row->number), row);
        assert_int_equal(dp_rrtype_from_text(row->mnemonic, strlen(row->mnemonic), &type), DP_OK);
        assert_int_equal(type, row->number);
        assert_true(i == 0 || dp_rrtype_at(i - 1)->number < row->number);
        for (unsigned k = 0; k < row->n_fields; k++) {
            const enum dp_rdata_kind kind = row->fields[k].kind;
            compresses = compresses || kind == DP_RDATA_NAME_COMPRESSED;
            only_fixed = only_fixed && (kind == DP_RDATA_NAME_COMPRESSED || kind <= DP_RDATA_AAAA);
        }
        assert_true(!compresses || (only_fixed && row->number < 16));
    }
}

/* Names that are younger than dig 9.18 are understood and printed as dig prints them. */
static void test_newer_names_are_read(void **state)
{
    static const char *const rows[][3] = {
        {"NSEC", "a. A NXNAME TYPE129", "a. A TYPE128 TYPE129"},
        {"HTTPS", "1 . dohpath=/q{?dns} ohttp", "1 . key7=\"/q{?dns}\" key8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dp_arena a;
        struct dp_str s;
        const uint8_t *rdata = NULL;
        const char *field = NULL;
        uint16_t size = 0, type = 0;
        dp_arena_init(&a, 0);
        dp_str_init(&s, 0);
        assert_int_equal(dp_rrtype_from_text(rows[i][0], strlen(rows[i][0]), &type), DP_OK);
        assert_int_equal(
            dp_rdata_from_text(type, rows[i][1], strlen(rows[i][1]), NULL, &a, &rdata, &size, &field), DP_OK);
        dp_rdata_print(&s, type, rdata, size);
        assert_string_equal(dp_str_text(&s), rows[i][2]);
        dp_str_fini(&s);
        dp_arena_fini(&a);
    }
}

static void refused(const char *type_name, const char *text)
{
    struct dp_arena a;
    const uint8_t *rdata = NULL;
    uint16_t size = 0;
    const char *field = NULL;
    uint16_t type = 0;
    assert_int_equal(dp_rrtype_from_text(type_name, strlen(type_name), &type), DP_OK);
    dp_arena_init(&a, 0);
    if (dp_rdata_from_text(type, text, strlen(text), NULL, &a, &rdata, &size, &field) == DP_OK) {
        fail_msg("%s %s was taken", type_name, text);
    }
    assert_null(rdata);
    assert_non_null(field);
    dp_arena_fini(&a);
}

static void test_bad_text_is_refused(void **state)
{
    (void)state;
    static const char *const rows[][2] = {
        {"A", "192.0.2"},
        {"A", "192.0.2.1 x"},
        {"A", ""},
        {"AAAA", "1::2::3"},
        {"MX", "65536 a."},
        {"MX", "-1 a."},
        {"MX", "10"},
        {"NS", "a..b"},
        {"TXT", ""},
        {"TXT", "\"open"},
        {"TXT", "\\256"},
        {"TXT", "\\1"},
        {"DS", "1 5 1 abc"},
        {"DNSKEY", "256 3 5 A==="},
        {"NSEC", "a. NOTYPE"},
        {"A", "\\# 3 c00002"},
        {"A", "\\# 4 c00002"},
        {"RRSIG", "A 5 2 3600 20250231000000 20250101000000 1 a. AAAA"},
        {"LOC", "91 N 0 E 0m"},
        {"LOC", "1 60 N 0 E 0m"},
        {"CAA", "0 is-sue \"x\""},
        {"APL", "3:1.2.3.4/8"},
        {"APL", "1:1.2.3.4/33"},
        {"EUI48", "01-23-45-67-89"},
        {"NID", "1 1:2:3"},
        {"IPSECKEY", "1 4 2 . AAAA"},
        {"AXFR", "x"},
        {"TYPE65280", "abc"},
        /* RFC 9460, appendix D.3: what must not be accepted */
        {"SVCB", "1 foo.example.com. key123=abc key123=def"},
        {"SVCB", "1 foo.example.com. mandatory"},
        {"SVCB", "1 foo.example.com. alpn"},
        {"SVCB", "1 foo.example.com. port"},
        {"SVCB", "1 foo.example.com. ipv4hint"},
        {"SVCB", "1 foo.example.com. ipv6hint"},
        {"SVCB", "1 foo.example.com. no-default-alpn=abc"},
        {"SVCB", "1 foo.example.com. mandatory=key123"},
        {"SVCB", "1 foo.example.com. mandatory=mandatory"},
        {"SVCB", "1 foo.example.com. mandatory=key123,key123 key123=abc"},
        {"SVCB", "1 foo.example.com. no-default-alpn"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        refused(rows[i][0], rows[i][1]);
    }
}

/* What dig 9.18 calls malformed, beside what is as near to it as can be. */
static const struct {
    uint16_t type;
    const char *hex;
    bool good;
} octets[] = {
    {43, "000105010101010101010101010101010101010101010101", true}, /* DS, SHA-1 */
    {43, "0001050101010101010101010101010101010101010101", false},
    {43, "00010501010101010101010101010101010101010101010101", false},
    {43, "00010503", false},
    {59, "0001050301", true}, /* CDS */
    {59, "0001050201", false},
    {59, "000105040101010101010101010101010101010101010101010101010101010101010101", false},
    {44, "0403", true}, /* SSHFP */
    {44, "04020101010101010101010101010101010101010101", false},
    {44, "040101", false},
    {63, "000000010103010101010101010101010101", true}, /* ZONEMD */
    {63, "0000000101030101010101010101010101", false},
    {63,
     "000000010101010101010101010101010101010101010101010101010101010101010101010101010101010101010101010"
     "1010101",
     false},
    {25, "c0000305", true}, /* KEY */
    {25, "c00003056b", false},
    {25, "00000305", false},
    {48, "010003fd016100", true}, /* DNSKEY */
    {48, "01000305", false},
    {48, "010003fd6b6b6b", false},
    {57, "000001016b", true}, /* RKEY */
    {57, "010001016b", false},
    {57, "00000101", false},
    {46, "000105010000000000000000000000000001017a0073", true}, /* RRSIG */
    {46, "000105000000000000000000000000000001017a0073", false},
    {46, "000105010000000000000000000000000001017a00", false},
    {47, "00000140", true}, /* NSEC */
    {47, "00", false},
    {47, "0000024000", false},
    {47, "00000100", false},
    {50, "0100000000140101010101010101010101010101010101010101", true}, /* NSEC3 */
    {50, "010000000000", false},
    {50, "01000000001301010101010101010101010101010101010101", false},
    {50, "02000000002801010101010101010101010101010101010101010101010101010101010101010101010101010101",
     false},
    {30, "0040", true}, /* NXT */
    {30, "004000", false},
    {30, "0080", false},
    {30, "004141414141414141414141414141414141", false},
    {11, "010203040601", true}, /* WKS */
    {11, "01020304060100", false},
    {19, "0431323334", true}, /* X25 */
    {19, "03313233", false},
    {19, "0431326134", false},
    {20, "01610162", true}, /* ISDN */
    {20, "016101620163", false},
    {29, "00001099800000008000000000000000", true}, /* LOC */
    {29, "00011099800000008000000000000000", false},
    {35, "0000000000000a21282e2a29215c31216900", true}, /* NAPTR */
    {35, "00000000000008212e2a215c31216900", false},
    {35, "0000000000000321612100", false},
    {35, "00000000000005216121625c00", false},
    {35, "00000000000005316131623100", false},
    {35, "0000000000000621612162217800", false},
    {35, "000000000000062161215c302100", false},
    {38, "0701010101010101010101010101010101017000", true}, /* A6 */
    {38, "0702010101010101010101010101010101017000", false},
    {38, "81", false},
    {45, "0100026b", true}, /* IPSECKEY */
    {45, "010002", false},
    {45, "0104026b", false},
    {45, "018102010203046b", false},
    {61, "6b", true}, /* OPENPGPKEY */
    {61, "", false},
    {52, "00000061", true}, /* TLSA */
    {52, "000000", false},
    {22, "01", true}, /* NSAP */
    {22, "", false},
    {64, "000100000700082f717b3f646e737d", true}, /* SVCB */
    {64, "000100000700062f717b3f787d", false},
    {64, "000100000700072f7b7b646e737d", true},
    {64, "000100000700082f7b612c646e737d", true},
    {64, "0001000007000b2f7b646e732c7b787d7d7d", true},
    {64, "000100000700062f7b646e7378", false},
    {64, "0001000000000201f401f40000", true},
    {64, "0001000000000201f401f50000", false},
    {64, "000100000700067b3f646e737d", false},
    {64, "000100000700082fff7b3f646e737d", false},
    {64, "00010000020000", false},
    {64, "000100000000020001", false},
    {42, "00030100", true}, /* APL */
    {42, "0003010461", false},
};

static void test_rules_of_octets(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof octets / sizeof octets[0]; i++) {
        size_t size = 0;
        uint8_t *wire = from_hex(octets[i].hex, &size);
        const bool good = dp_rdata_check(octets[i].type, wire, (uint16_t)size) == DP_OK;
        if (good != octets[i].good) {
            print_error("type %u %s\n", octets[i].type, octets[i].hex);
        }
        assert_int_equal(good, octets[i].good);
        free(wire);
    }
}

/* 64 KiB of what each octet could be held against all others: braces of a URI template, keys that are
 * mandatory. Twenty times each, in processor time that one quadratic pass would exceed. */
static void test_hostile_service_parameters_cost_little(void **state)
{
    enum { HEAD = 7, BRACES = 60000, KEYS = 10000, TIMES = 20 };
    static uint8_t braces[HEAD + BRACES] = {[1] = 1, [4] = 7, [5] = BRACES >> 8, [6] = BRACES & 0xff};
    static uint8_t keys[HEAD + KEYS * 6] = {[1] = 1, [5] = KEYS * 2 >> 8, [6] = KEYS * 2 & 0xff};
    (void)state;
    memset(braces + HEAD, '{', BRACES);
    braces[HEAD] = '/';
    braces[HEAD + BRACES - 1] = '}';
    for (unsigned i = 0; i < KEYS; i++) {
        const uint8_t key[2] = {(uint8_t)((i + 100) >> 8), (uint8_t)(i + 100)};
        memcpy(keys + HEAD + (size_t)i * 2, key, 2);
        memcpy(keys + HEAD + KEYS * 2 + (size_t)i * 4, key, 2);
    }
    const clock_t begun = clock();
    for (unsigned i = 0; i < TIMES; i++) {
        assert_int_not_equal(dp_rdata_check(64, braces, sizeof braces), DP_OK);
        assert_int_equal(dp_rdata_check(64, keys, sizeof keys), DP_OK);
    }
    assert_true(clock() - begun < 2 * CLOCKS_PER_SEC);
}

static void test_malformed_prints_as_octets(void **state)
{
    (void)state;
    const uint8_t pointer[] = {0xc0, 0x00};
    const uint8_t window[] = {0, 0, 33};
    print_equals(1, (const uint8_t *)"\1\2\3", 3, "\\# 3 010203");
    print_equals(2, pointer, 2, "\\# 2 C000");
    print_equals(47, window, 3, "\\# 3 000021");
    print_equals(65280, (const uint8_t *)"", 0, "\\# 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_is_sound),
        cmocka_unit_test(test_newer_names_are_read),
        cmocka_unit_test(test_bad_text_is_refused),
        cmocka_unit_test(test_malformed_prints_as_octets),
        cmocka_unit_test(test_rules_of_octets),
        cmocka_unit_test(test_hostile_service_parameters_cost_little),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + run_rows(DP_TESTS_DIR "/vectors/rdata.txt", test_row);
}
