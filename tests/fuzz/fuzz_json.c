/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * Any text as JSON; what is a message survives being built, parsed, shown as JSON and read again. */
#include <cjson/cJSON.h>

#include "../unit/msgequal.h"
#include "fuzz.h"
#include "json/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[65535];
    struct dp_arena a;
    struct dp_msg msg;
    struct dp_msg again;
    size_t built = 0;
    cJSON *json = dp_json_parse((const char *)data, size, NULL, NULL, NULL);
    dp_arena_init(&a, 16u << 20);
    if (json != NULL && dp_json_to_msg(json, &a, &msg, NULL) == DP_OK &&
        dp_msg_build(&msg, false, out, sizeof out, &built) == DP_OK &&
        dp_msg_parse(&msg, out, built, &a) == DP_OK) {
        cJSON *shown = dp_json_from_msg(&msg, out, built);
        FUZZ_CHECK(dp_json_to_msg(shown, &a, &again, NULL) == DP_OK && msg_equal(&msg, &again));
        cJSON_Delete(shown);
    }
    cJSON_Delete(json);
    dp_arena_fini(&a);
    return 0;
}
