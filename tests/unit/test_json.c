/* rooms: wire json
 * SPDX-License-Identifier: MIT
 * JSON behind limits, and the members of RFC 8427. That messages survive the way there and back is tested for
 * every message vector in test_msg.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <cjson/cJSON.h>

#include "guard.h"
#include "json/json.h"
#include "wire/msg.h"

static void refused(const char *text, enum dp_err expected, size_t offset)
{
    enum dp_err err = DP_OK;
    size_t at = 0;
    struct guard g = guard_copy(text, strlen(text));
    const struct dp_json_limits limits = {.max_bytes = 64, .max_depth = 4};
    assert_null(dp_json_parse((const char *)g.data, strlen(text), &limits, &err, &at));
    assert_int_equal(err, expected);
    assert_int_equal(at, offset);
    guard_free(&g);
}

static void test_limits_and_syntax(void **state)
{
    (void)state;
    refused("[[[[[1]]]]]", DP_ERR_LIMIT, 4);
    refused("[1,2,]", DP_ERR_JSON, 5);
    refused("{} x", DP_ERR_JSON, 3);
    refused("{\"a\\\\\": \"b\\u0000c\"}", DP_ERR_NUL, 10);
    refused("{\"a\\u0000\": 1}", DP_ERR_NUL, 3);
    refused("[\"\\\\u0000\", \"\\u000", DP_ERR_JSON, 13);
    refused("[\"0123456789012345678901234567890123456789012345678901234567890123456789\"]", DP_ERR_LIMIT, 64);
    enum dp_err err = DP_OK;
    assert_null(dp_json_parse("[\"a\0b\"]", 7, NULL, &err, NULL));
    assert_int_equal(err, DP_ERR_NUL);
    const char *brackets = " {\"a\": \"[[[[[[\"} ";
    cJSON *json = dp_json_parse(brackets, strlen(brackets), NULL, NULL, NULL);
    assert_non_null(json);
    cJSON_Delete(json);
}

static void test_members_of_rfc8427(void **state)
{
    (void)state;
    static const char wire[] = "\x12\x34\x81\x80\0\1\0\1\0\0\0\1\3a\x1b"
                               "b\0\0\1\0\1\xc0\xc\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\1"
                               "\0\0\x29\4\xd0\1\0\x80\0\0\6\0\xf\0\2\0\3";
    struct dp_arena a;
    struct dp_msg msg;
    dp_arena_init(&a, 0);
    assert_int_equal(dp_msg_parse(&msg, (const uint8_t *)wire, sizeof wire - 1, &a), DP_OK);
    cJSON *json = dp_json_from_msg(&msg, NULL, 0);
    char *text = cJSON_PrintUnformatted(json);
    assert_string_equal(
        text,
        "{\"ID\":4660,\"QR\":true,\"Opcode\":0,\"AA\":false,\"TC\":false,\"RD\":true,\"RA\":true,\"AD\":"
        "false,"
        "\"CD\":false,\"RCODE\":0,\"RCODEname\":\"BADVERS\",\"QDCOUNT\":1,\"ANCOUNT\":1,\"NSCOUNT\":0,"
        "\"ARCOUNT\":1,\"QNAME\":\"a\\\\027b.\",\"QTYPE\":1,\"QTYPEname\":\"A\",\"QCLASS\":1,"
        "\"QCLASSname\":\"IN\",\"answerRRs\":[{\"NAME\":\"a\\\\027b.\",\"TYPE\":1,\"TYPEname\":\"A\","
        "\"CLASS\":1,"
        "\"CLASSname\":\"IN\",\"TTL\":300,\"RDLENGTH\":4,\"RDATAHEX\":\"C0000201\",\"rdataA\":\"192.0.2.1\"}]"
        ","
        "\"additionalRRs\":[{\"NAME\":\".\",\"TYPE\":41,\"TYPEname\":\"OPT\",\"CLASS\":1232,"
        "\"CLASSname\":\"CLASS1232\",\"TTL\":16809984,\"RDLENGTH\":6,\"RDATAHEX\":\"000F00020003\"}],"
        "\"EDNS\":{\"version\":0,\"udpSize\":1232,\"DO\":true,\"flags\":32768,\"RCODE\":16,\"options\":"
        "[{\"code\":15,\"name\":\"EDE\",\"length\":2,\"dataHEX\":\"0003\",\"text\":\"EDE: 3 (Stale Answer)\","
        "\"infoCode\":3,\"infoName\":\"Stale Answer\",\"extraText\":\"\"}]}}");
    cJSON_free(text);
    cJSON_Delete(json);
    dp_arena_fini(&a);
}

static void message_refused(const char *text, enum dp_err expected, const char *expected_field)
{
    struct dp_arena a;
    struct dp_msg msg;
    const char *field = NULL;
    cJSON *json = dp_json_parse(text, strlen(text), NULL, NULL, NULL);
    assert_non_null(json);
    dp_arena_init(&a, 0);
    assert_int_equal(dp_json_to_msg(json, &a, &msg, &field), expected);
    assert_string_equal(field, expected_field);
    dp_arena_fini(&a);
    cJSON_Delete(json);
}

static void test_bad_messages_name_the_member(void **state)
{
    (void)state;
    message_refused("[]", DP_ERR_SYNTAX, "message");
    message_refused("{\"ID\":65536}", DP_ERR_RANGE, "ID");
    message_refused("{\"ID\":1.5}", DP_ERR_RANGE, "ID");
    message_refused("{\"ID\":\"1\"}", DP_ERR_RANGE, "ID");
    message_refused("{\"QNAME\":\"a..b\"}", DP_ERR_SYNTAX, "QNAME");
    message_refused("{\"QNAME\":\"a\",\"QTYPEname\":\"NOTYPE\"}", DP_ERR_UNKNOWN_TYPE, "QTYPEname");
    message_refused("{\"answerRRs\":{}}", DP_ERR_SYNTAX, "answerRRs");
    message_refused("{\"answerRRs\":[1]}", DP_ERR_SYNTAX, "NAME");
    message_refused("{\"answerRRs\":[{\"NAME\":\"a\",\"TYPE\":1}]}", DP_ERR_SYNTAX, "RDATAHEX");
    message_refused("{\"answerRRs\":[{\"NAME\":\"a\",\"TYPE\":1,\"rdataA\":\"1.2.3\"}]}", DP_ERR_SYNTAX,
                    "address");
    message_refused("{\"additionalRRs\":[{\"NAME\":\"a\",\"TYPE\":41,\"RDATAHEX\":\"\"}]}", DP_ERR_OPT,
                    "additionalRRs");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limits_and_syntax),
        cmocka_unit_test(test_members_of_rfc8427),
        cmocka_unit_test(test_bad_messages_name_the_member),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
