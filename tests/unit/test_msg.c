/* rooms: wire json
 * SPDX-License-Identifier: MIT
 * Messages of real servers and broken ones (tests/vectors/messages.txt): each is parsed where memory ends,
 * whole and cut at every octet; good ones are built again and go through JSON unchanged. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "guard.h"
#include "json/json.h"
#include "msgequal.h"
#include "vectors.h"
#include "wire/msg.h"

#define ARENA_BYTES (4u << 20)

static void build_is_inverse(const struct dp_msg *msg)
{
    uint8_t out[65535];
    size_t size = 0;
    struct dp_arena a;
    struct dp_msg again;
    dp_arena_init(&a, ARENA_BYTES);
    assert_int_equal(dp_msg_build(msg, false, out, sizeof out, &size), DP_OK);
    assert_int_equal(dp_msg_parse(&again, out, size, &a), DP_OK);
    assert_true(msg_equal(msg, &again));
    for (size_t cap = 0; cap < size; cap++) { /* never a byte more than asked for */
        size_t used = 0;
        struct guard g = guard_copy(out, cap);
        if (dp_msg_build(msg, true, g.data, cap, &used) == DP_OK) {
            assert_true(used <= cap);
            assert_int_equal(dp_msg_parse(&again, g.data, used, &a), DP_OK);
            assert_true((again.flags & DP_FLAG_TC) != 0);
        }
        guard_free(&g);
        dp_arena_reset(&a);
    }
    dp_arena_fini(&a);
}

static void json_is_inverse(const struct dp_msg *msg)
{
    struct dp_arena a;
    struct dp_msg again;
    const char *field = "";
    cJSON *json = dp_json_from_msg(msg, NULL, 0);
    assert_non_null(json);
    char *text = cJSON_PrintUnformatted(json);
    cJSON *read = dp_json_parse(text, strlen(text), NULL, NULL, NULL);
    assert_non_null(read);
    dp_arena_init(&a, ARENA_BYTES);
    assert_int_equal(dp_json_to_msg(read, &a, &again, &field), DP_OK);
    assert_true(msg_equal(msg, &again));
    dp_arena_fini(&a);
    cJSON_Delete(read);
    cJSON_Delete(json);
    cJSON_free(text);
}

static void every_prefix(const uint8_t *wire, size_t size)
{
    struct dp_arena a;
    struct dp_str text;
    dp_arena_init(&a, ARENA_BYTES);
    dp_str_init(&text, 0);
    for (size_t n = 0; n <= size; n++) {
        struct dp_msg msg;
        struct guard g = guard_copy(wire, n);
        const enum dp_err err = dp_msg_parse(&msg, g.data, n, &a);
        assert_int_equal(err, msg.place.err);
        assert_true(msg.place.offset <= n);
        dp_msg_print(&text, &msg);
        assert_true(dp_str_ok(&text));
        guard_free(&g);
        dp_arena_reset(&a);
        dp_str_clear(&text);
    }
    dp_str_fini(&text);
    dp_arena_fini(&a);
}

/* Symbols as the vectors have them. */
static const char *const errors[] = {
#define DP_ERR(symbol, text) #symbol,
#include "base/err.def"
#undef DP_ERR
};

static void test_row(void **state)
{
    const struct row *row = *state;
    size_t size = 0;
    struct dp_arena a;
    struct dp_msg msg;
    uint8_t *wire = from_hex(row->fields[2], &size);
    struct guard g = guard_copy(wire, size);
    dp_arena_init(&a, ARENA_BYTES);
    const enum dp_err err = dp_msg_parse(&msg, g.data, size, &a);
    guard_free(&g);
    assert_string_equal(errors[err], row->fields[1]);
    if (err == DP_OK) {
        build_is_inverse(&msg);
        json_is_inverse(&msg);
    } else {
        assert_non_null(msg.place.field);
    }
    dp_arena_fini(&a);
    every_prefix(wire, size);
    free(wire);
}

static struct dp_msg parse_hex(const char *hex, struct dp_arena *a)
{
    struct dp_msg msg;
    size_t size = 0;
    uint8_t *wire = from_hex(hex, &size);
    dp_msg_parse(&msg, wire, size, a);
    free(wire);
    return msg;
}

static void test_keeps_what_came_before_the_fault(void **state)
{
    (void)state;
    struct dp_arena a;
    dp_arena_init(&a, 0);
    const struct dp_msg msg = parse_hex("123481800001ffff00000000076578616d706c650000010001"
                                        "c00c000100010000003c0004c0000201c00c000100010000003c0004c00002",
                                        &a);
    assert_int_equal(msg.place.err, DP_ERR_TRUNCATED);
    assert_int_equal(msg.place.offset, 53);
    assert_int_equal(msg.n_questions, 1);
    assert_int_equal(msg.counts[1], 65535);
    assert_int_equal(msg.sections[DP_SECTION_ANSWER].count, 1);
    assert_true(msg.sections[DP_SECTION_ANSWER].items[0].rdata_size == 4);
    dp_arena_fini(&a);
}

static void test_arena_limit_is_an_error(void **state)
{
    (void)state;
    struct dp_arena a;
    for (size_t limit = 16; limit < 1200; limit += 16) {
        dp_arena_init(&a, limit);
        const struct dp_msg msg = parse_hex("123481800001000100000000076578616d706c650000010001"
                                            "03777777c00c000100010000003c0004c0000201",
                                            &a);
        assert_true(msg.place.err == DP_OK || msg.place.err == DP_ERR_LIMIT);
        assert_true(a.used_bytes <= limit);
        dp_arena_fini(&a);
    }
}

/* 64 KiB of records whose owners are a chain of pointers to pointers. */
static void test_pointer_chain_is_cut(void **state)
{
    (void)state;
    static uint8_t wire[65535];
    struct dp_arena a;
    struct dp_msg msg;
    dp_arena_init(&a, 16u << 20);
    memset(wire, 0, sizeof wire);
    wire[4] = 0xff;
    wire[5] = 0xff;
    size_t at = 12; /* a root label, then questions whose names point at the one before */
    for (size_t previous = 0; at + 6 <= 0x3fff; at += 6) {
        wire[at] = previous == 0 ? 0 : (uint8_t)(0xc0 | previous >> 8);
        wire[at + 1] = (uint8_t)previous;
        previous = at;
        at -= previous == 12 ? 1 : 0;
    }
    assert_int_equal(dp_msg_parse(&msg, wire, at, &a), DP_ERR_POINTER);
    assert_true(msg.n_questions > 100);
    dp_arena_fini(&a);
}

static void test_prints_like_dig(void **state)
{
    (void)state;
    struct dp_arena a;
    struct dp_str s;
    dp_arena_init(&a, 0);
    dp_str_init(&s, 0);
    const struct dp_msg msg = parse_hex("12348580000100010000000101610765786"
                                        "16d706c650000010001c00c000100010000012c0004c00002010000290"
                                        "4d000008000000d00030003616263000f00020003",
                                        &a);
    assert_int_equal(msg.place.err, DP_OK);
    dp_msg_print(&s, &msg);
    assert_string_equal(dp_str_text(&s),
                        ";; ->>HEADER<<- opcode: QUERY, status: NOERROR, id: 4660\n"
                        ";; flags: qr aa rd ra; QUERY: 1, ANSWER: 1, AUTHORITY: 0, ADDITIONAL: 1\n"
                        "\n;; OPT PSEUDOSECTION:\n"
                        "; EDNS: version: 0, flags: do; udp: 1232\n"
                        "; NSID: 61 62 63 (\"abc\")\n"
                        "; EDE: 3 (Stale Answer)\n"
                        ";; QUESTION SECTION:\n"
                        ";a.example.\t\t\tIN\tA\n"
                        "\n;; ANSWER SECTION:\n"
                        "a.example.\t\t300\tIN\tA\t192.0.2.1\n");
    dp_str_fini(&s);
    dp_arena_fini(&a);
}

/* RFC 1035, section 3.4.1: addresses in class IN. In CH an A record is a name and an octal number. All lines
 * as dig 9.18 prints them. */
static void test_formats_of_class_in_stay_there(void **state)
{
    static const struct {
        const char *hex, *text;
    } rows[] = {
        {"00018400000000010000000001610000010003000000010005016e000102", "a.\t\t\t1\tCH\tA\tn. 402"},
        {"000184000000000100000000016100000100030000000100"
         "0703612e6200ffff",
         "a.\t\t\t1\tCH\tA\ta\\.b. 177777"},
        {"000184000000000100000000016100000100030000000100"
         "03000000",
         "a.\t\t\t1\tCH\tA\t. 0"},
        {"000184000000000100000000016100000100030000000100"
         "04c00c0a01",
         "a.\t\t\t1\tCH\tA\ta. 5001"},
        {"000184000000000100000000016100002a00fe000000010000", "a.\t\t\t1\tNONE\tAPL\t\\# 0"},
        {"000184000000000100000000016100000100ff000000010000", "a.\t\t\t1\tANY\tA\t\\# 0"},
        {"00018400000000010000000001610000010000000000010004c0000201",
         "a.\t\t\t1\tRESERVED0 A\t\\# 4 C0000201"},
        {"00018400000000010000000001610000010004000000010004c0000201", "a.\t\t\t1\tHS\tA\t192.0.2.1"},
        {"0001840000000001000000000161000001000100000001"
         "0004c0000201",
         "a.\t\t\t1\tIN\tA\t192.0.2.1"},
        {"00018400000000010000000001610000210003000000010001ff", "a.\t\t\t1\tCH\tSRV\t\\# 1 FF"},
        {"0001840000000001000000000161000010000300000001000201ff", "a.\t\t\t1\tCH\tTXT\t\"\\255\""},
    };
    static const char title[] = ";; ANSWER SECTION:\n";
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dp_arena a;
        struct dp_str s;
        dp_arena_init(&a, 0);
        dp_str_init(&s, 0);
        const struct dp_msg msg = parse_hex(rows[i].hex, &a);
        assert_int_equal(msg.place.err, DP_OK);
        dp_msg_print(&s, &msg);
        const char *answer = strstr(dp_str_text(&s), title);
        assert_non_null(answer);
        answer += sizeof title - 1;
        assert_int_equal(strcspn(answer, "\n"), strlen(rows[i].text));
        assert_memory_equal(answer, rows[i].text, strlen(rows[i].text));
        build_is_inverse(&msg);
        json_is_inverse(&msg);
        dp_str_fini(&s);
        dp_arena_fini(&a);
    }
}

/* RFC 2136, sections 2.4 and 2.5: only what an update asks for or deletes has no RDATA; elsewhere its type
 * says what has to be there. All as dig 9.18 prints or refuses it. */
static void test_records_without_rdata_are_for_updates(void **state)
{
#define UPDATE_HEAD "0001a800000100"
#define ZONE        "000001610000060001"
    static const struct {
        const char *hex, *text; /* NULL: refused */
    } rows[] = {
        {"000184000000000100000000016100001000ff000000000000", NULL}, /* TXT, NS, A, DNSKEY in an answer */
        {"000184000000000100000000016100000200fe000000000000", NULL},
        {"000184000000000100000000016100003000ff000000000000", NULL},
        {UPDATE_HEAD "030000" ZONE "c00c000100ff000000000000"
                     "c00c00ff00ff000000000000"
                     "c00c001000fe000000000000",
         "\n;; PREREQUISITE SECTION:\na.\t\t\t0\tANY\tA\t\na.\t\t\t0\tANY\tANY\t\na.\t\t\t0\tNONE\tTXT\t\n"},
        {UPDATE_HEAD "000002" ZONE "c00c000100ff000000000000"
                     "c00c000100fe000000000004c0000201",
         "\n;; UPDATE SECTION:\na.\t\t\t0\tANY\tA\t\na.\t\t\t0\tNONE\tA\t\\# 4 C0000201\n"},
        {UPDATE_HEAD "010000" ZONE "c00c000100ff000000000004c0000201", NULL},
        {UPDATE_HEAD "000001" ZONE "c00c000100ff000000000004c0000201", NULL},
        {UPDATE_HEAD "000001" ZONE "c00c000100fe000000000003c00002", NULL}, /* the zone's class is IN */
        {UPDATE_HEAD "000001" ZONE "c00c000100fe000000000000", NULL},
    };
#undef UPDATE_HEAD
#undef ZONE
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct dp_arena a;
        struct dp_str s;
        dp_arena_init(&a, 0);
        dp_str_init(&s, 0);
        const struct dp_msg msg = parse_hex(rows[i].hex, &a);
        assert_int_equal(msg.place.err, rows[i].text != NULL ? DP_OK : DP_ERR_RDLENGTH);
        if (rows[i].text != NULL) {
            dp_msg_print(&s, &msg);
            const char *sections = strstr(dp_str_text(&s), "SOA\n");
            assert_non_null(sections);
            assert_string_equal(sections + 4, rows[i].text);
            build_is_inverse(&msg);
            json_is_inverse(&msg);
        }
        dp_str_fini(&s);
        dp_arena_fini(&a);
    }
}

static void test_tsig_without_mac(void **state)
{
    struct dp_arena a;
    struct dp_str s;
    (void)state;
    dp_arena_init(&a, 0);
    dp_str_init(&s, 0);
    const struct dp_msg msg = parse_hex("0001840000000000000000010000fa00ff0000000000130161000000010203"
                                        "04012c0000123400000000",
                                        &a);
    assert_int_equal(msg.place.err, DP_OK);
    dp_msg_print(&s, &msg);
    assert_string_equal(strstr(dp_str_text(&s), "TSIG\t"), "TSIG\ta. 16909060 300 0 4660 NOERROR 0 \n");
    dp_str_fini(&s);
    dp_arena_fini(&a);
}

/* An A record of class CH has its text in JSON too, there and back. */
static void test_json_of_class_ch(void **state)
{
    struct dp_arena a;
    struct dp_msg again;
    const char *field = "";
    (void)state;
    dp_arena_init(&a, 0);
    const struct dp_msg msg = parse_hex("00018400000000010000000001610000010003000000010005016e000102", &a);
    cJSON *json = dp_json_from_msg(&msg, NULL, 0);
    cJSON *rr = cJSON_GetArrayItem(cJSON_GetObjectItem(json, "answerRRs"), 0);
    assert_string_equal(cJSON_GetStringValue(cJSON_GetObjectItem(rr, "rdataA")), "n. 402");
    cJSON_DeleteItemFromObject(rr, "RDATAHEX");
    assert_int_equal(dp_json_to_msg(json, &a, &again, &field), DP_OK);
    assert_true(msg_equal(&msg, &again));
    cJSON_Delete(json);
    dp_arena_fini(&a);
}

static void test_rcode_names(void **state)
{
    (void)state;
    char buf[16];
    uint16_t rcode = 0;
    assert_string_equal(dp_rcode_name(4095, buf), "RCODE4095");
    assert_string_equal(dp_rcode_name(16, buf), "BADVERS");
    assert_string_equal(dp_opcode_name(3, buf), "RESERVED3");
    assert_int_equal(dp_rcode_from_text("rcode4095", &rcode), DP_OK);
    assert_int_equal(rcode, 4095);
    assert_int_equal(dp_rcode_from_text("SERVFAIL", &rcode), DP_OK);
    assert_int_equal(rcode, 2);
    assert_int_equal(dp_rcode_from_text("RCODE4096", &rcode), DP_ERR_SYNTAX);
    assert_int_equal(dp_rcode_from_text("R", &rcode), DP_ERR_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keeps_what_came_before_the_fault),
        cmocka_unit_test(test_arena_limit_is_an_error),
        cmocka_unit_test(test_pointer_chain_is_cut),
        cmocka_unit_test(test_prints_like_dig),
        cmocka_unit_test(test_records_without_rdata_are_for_updates),
        cmocka_unit_test(test_tsig_without_mac),
        cmocka_unit_test(test_json_of_class_ch),
        cmocka_unit_test(test_rcode_names),
        cmocka_unit_test(test_formats_of_class_in_stay_there),
    };
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    return failed + run_rows(DP_TESTS_DIR "/vectors/messages.txt", test_row);
}
