/* rooms: json wire */
/* SPDX-License-Identifier: MIT
 * Any packet parses within its memory limit and prints; a good one, built again, parses to the same. */
#include "../unit/msgequal.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t out[65535];
    struct dp_arena a;
    struct dp_msg msg;
    struct dp_msg again;
    struct dp_str text;
    size_t built = 0;
    dp_arena_init(&a, 16u << 20);
    dp_str_init(&text, 0);
    const enum dp_err err = dp_msg_parse(&msg, data, size, &a);
    dp_msg_print(&text, &msg);
    if ((err == DP_OK || err == DP_ERR_TRAILING) &&
        dp_msg_build(&msg, false, out, sizeof out, &built) == DP_OK) {
        FUZZ_CHECK(dp_msg_parse(&again, out, built, &a) == DP_OK);
        FUZZ_CHECK(msg_equal(&msg, &again));
    }
    dp_str_fini(&text);
    dp_arena_fini(&a);
    return 0;
}
