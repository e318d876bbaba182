/* rooms: exchange */
/* SPDX-License-Identifier: MIT
 * Any packet gets a verdict, with the question of any query; an accepted one differs from itself in nothing.
 * The first octet is the size of the query, which comes next, then the packet. */
#include "exchange/accept.h"
#include "fuzz.h"

#define HEADER_BYTES 12u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct dp_addr server = {.family = 4, .port = 53};
    if (size == 0 || data[0] < HEADER_BYTES || size - 1 < data[0]) {
        return 0;
    }
    const uint8_t *packet = data + 1 + data[0];
    const size_t packet_size = size - 1 - data[0];
    const struct dp_accept_query query = dp_accept_query(&server, data + 1, data[0], false);
    FUZZ_CHECK(query.name_bytes <= query.question_bytes && query.question_bytes <= data[0] - HEADER_BYTES);
    const struct dp_accept_result result = dp_accept_check(&query, &server, packet, packet_size);
    if (result.verdict == DP_ACCEPT_ANSWER) {
        struct dp_arena arena;
        struct dp_msg msg;
        dp_arena_init(&arena, 1u << 24);
        if (dp_accept_parse(&msg, packet, packet_size, &arena) == DP_ACCEPT_ANSWER) {
            FUZZ_CHECK(!dp_accept_differs(&msg, &msg, &arena));
        }
        dp_arena_fini(&arena);
    }
    return 0;
}
