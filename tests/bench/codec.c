/* SPDX-License-Identifier: MIT
 * The codec alone, for instruction counts: reads and writes one answer ROUNDS times.
 *   codec ROUNDS */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "wire/msg.h"

/* An answer of a pool: shop.example. A, six records with compressed names, and OPT. */
static const uint8_t HEAD[] = {0x12, 0x34, 0x85, 0x00, 0,   1,   0,   6,   0,   0,   0, 1, 4, 's', 'h',
                               'o',  'p',  7,    'e',  'x', 'a', 'm', 'p', 'l', 'e', 0, 0, 1, 0,   1};
static const uint8_t RECORD[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
static const uint8_t OPT[] = {0, 0, 41, 4, 208, 0, 0, 0, 0, 0, 0};

int main(int argc, char **argv)
{
    const unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    uint8_t wire[512], out[512];
    size_t size = 0, written = 0;
    struct dp_arena arena;
    memcpy(wire, HEAD, sizeof HEAD);
    size = sizeof HEAD;
    for (unsigned i = 0; i < 6; i++) {
        memcpy(wire + size, RECORD, sizeof RECORD);
        size += sizeof RECORD;
    }
    memcpy(wire + size, OPT, sizeof OPT);
    size += sizeof OPT;
    dp_arena_init(&arena, 0);
    for (unsigned long i = 0; i < rounds; i++) {
        struct dp_msg msg;
        dp_arena_reset(&arena);
        if (dp_msg_parse(&msg, wire, size, &arena) != DP_OK ||
            dp_msg_build(&msg, false, out, sizeof out, &written) != DP_OK || written != size) {
            fprintf(stderr, "codec: round %lu failed\n", i);
            return 70;
        }
    }
    dp_arena_fini(&arena);
    return 0;
}
