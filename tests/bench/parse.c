/* SPDX-License-Identifier: MIT
 * What it costs to parse and check a whole answer, beside libknot (where it was found) in the same run.
 *
 *   parse [ROUNDS]        default 300000
 *
 * The answer has five records: an alias with two addresses, a name server and its address, all names
 * compressed. Both sides parse from the octets to records in memory that is their own, and check every name
 * and every RDATA. The two take turns, seven times; the least of each is printed, as what disturbs a run only
 * ever adds to it. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#ifdef WITH_LIBKNOT
#include <libknot/libknot.h>
#endif

#include "wire/msg.h"

enum { TURNS = 7, ARENA_BYTES = 1 << 20 };

/* www CNAME web (its name at 45), two addresses of web, NS ns1 (at 95) with its address. */
static const uint8_t ANSWER[] = {
    0x12, 0x34, 0x84, 0x00, 0, 1,   0,   3,   0,   1,   0,   1, /* header */
    3,    'w',  'w',  'w',  7, 'e', 'x', 'a', 'm', 'p', 'l', 'e', 3,   'c', 'o', 'm', 0,    0,
    1,    0,    1,                                                                              /* question */
    0xc0, 12,   0,    5,    0, 1,   0,   0,   1,   44,  0,   6,   3,   'w', 'e', 'b', 0xc0, 16, /* www */
    0xc0, 45,   0,    1,    0, 1,   0,   0,   0,   60,  0,   4,   192, 0,   2,   1,             /* web A */
    0xc0, 45,   0,    1,    0, 1,   0,   0,   0,   60,  0,   4,   192, 0,   2,   2,             /* web A */
    0xc0, 16,   0,    2,    0, 1,   0,   0,   14,  16,  0,   6,   3,   'n', 's', '1', 0xc0, 16, /* NS */
    0xc0, 95,   0,    1,    0, 1,   0,   0,   14,  16,  0,   4,   192, 0,   2,   53,            /* ns1 A */
};

static double now_ns(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
    return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}

/* Nanoseconds of CPU per answer; an exit where one was not parsed whole. */
static double ours(unsigned long rounds)
{
    struct dp_arena arena;
    struct dp_msg msg;
    dp_arena_init(&arena, ARENA_BYTES);
    const double begin = now_ns();
    for (unsigned long i = 0; i < rounds; i++) {
        dp_arena_reset(&arena);
        if (dp_msg_parse(&msg, ANSWER, sizeof ANSWER, &arena) != DP_OK ||
            msg.sections[DP_SECTION_ANSWER].count != 3) {
            exit(1);
        }
    }
    const double end = now_ns();
    dp_arena_fini(&arena);
    return (end - begin) / (double)rounds;
}

#ifdef WITH_LIBKNOT
static double libknot(unsigned long rounds)
{
    static uint8_t wire[sizeof ANSWER];
    for (size_t i = 0; i < sizeof ANSWER; i++) {
        wire[i] = ANSWER[i];
    }
    const double begin = now_ns();
    for (unsigned long i = 0; i < rounds; i++) {
        knot_pkt_t *packet = knot_pkt_new(wire, sizeof wire, NULL);
        if (packet == NULL || knot_pkt_parse(packet, 0) != KNOT_EOK ||
            knot_pkt_section(packet, KNOT_ANSWER)->count != 3) {
            exit(1);
        }
        knot_pkt_free(packet);
    }
    return (now_ns() - begin) / (double)rounds;
}
#else
static double libknot(unsigned long rounds)
{
    (void)rounds;
    return 0;
}
#endif

int main(int argc, char **argv)
{
    const unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 10) : 300000;
    double best_ours = 0, best_libknot = 0;
    for (unsigned turn = 0; turn < TURNS; turn++) {
        const double a = ours(rounds), b = libknot(rounds);
        best_ours = turn == 0 || a < best_ours ? a : best_ours;
        best_libknot = turn == 0 || b < best_libknot ? b : best_libknot;
    }
    printf("%-28s %8.0f ns an answer of 5 records\n", "dnsprobe, full parse", best_ours);
    if (best_libknot > 0) {
        printf("%-28s %8.0f ns, dnsprobe takes %.2f of it\n", "libknot, knot_pkt_parse", best_libknot,
               best_ours / best_libknot);
    }
    return 0;
}
