/* SPDX-License-Identifier: MIT
 * The 13 root servers and their addresses, as in named.root of https://www.internic.net/domain/named.root
 * (b.root-servers.net renumbered in November 2023). They change about once in a decade, and the old
 * addresses keep answering for at least a year. */
#include "trace/trace.h"

#include <stdint.h>

#define ROOTS 13

/* Versions of clang-format lay out such macros in different ways. */
/* clang-format off */
#define V4(a, b, c, d) {.family = 4, .ip = {a, b, c, d}}
#define V6_PART(a) (a) >> 8, (a) & 255
#define V6(a, b, c, d, e, f, g, h)                                                                           \
    {.family = 6, .ip = {V6_PART(a), V6_PART(b), V6_PART(c), V6_PART(d),                                     \
                         V6_PART(e), V6_PART(f), V6_PART(g), V6_PART(h)}}
/* clang-format on */

static const struct dp_addr addresses[ROOTS][2] = {
    {V4(198, 41, 0, 4), V6(0x2001, 0x503, 0xba3e, 0, 0, 0, 0x2, 0x30)},
    {V4(170, 247, 170, 2), V6(0x2801, 0x1b8, 0x10, 0, 0, 0, 0, 0xb)},
    {V4(192, 33, 4, 12), V6(0x2001, 0x500, 0x2, 0, 0, 0, 0, 0xc)},
    {V4(199, 7, 91, 13), V6(0x2001, 0x500, 0x2d, 0, 0, 0, 0, 0xd)},
    {V4(192, 203, 230, 10), V6(0x2001, 0x500, 0xa8, 0, 0, 0, 0, 0xe)},
    {V4(192, 5, 5, 241), V6(0x2001, 0x500, 0x2f, 0, 0, 0, 0, 0xf)},
    {V4(192, 112, 36, 4), V6(0x2001, 0x500, 0x12, 0, 0, 0, 0, 0xd0d)},
    {V4(198, 97, 190, 53), V6(0x2001, 0x500, 0x1, 0, 0, 0, 0, 0x53)},
    {V4(192, 36, 148, 17), V6(0x2001, 0x7fe, 0, 0, 0, 0, 0, 0x53)},
    {V4(192, 58, 128, 30), V6(0x2001, 0x503, 0xc27, 0, 0, 0, 0x2, 0x30)},
    {V4(193, 0, 14, 129), V6(0x2001, 0x7fd, 0, 0, 0, 0, 0, 0x1)},
    {V4(199, 7, 83, 42), V6(0x2001, 0x500, 0x9f, 0, 0, 0, 0, 0x42)},
    {V4(202, 12, 27, 33), V6(0x2001, 0xdc3, 0, 0, 0, 0, 0, 0x35)},
};

/* x.root-servers.net. in wire form. */
/* clang-format off */
#define ROOT(letter, index)                                                                                  \
    {.name = {.len = 20, .wire = {1, letter, 12, 'r', 'o', 'o', 't', '-', 's', 'e', 'r', 'v', 'e', 'r', 's', \
                                  3, 'n', 'e', 't', 0}},                                                     \
     .addresses = addresses[index], .n_addresses = 2}
/* clang-format on */

static const struct dp_trace_hint roots[ROOTS] = {
    ROOT('a', 0), ROOT('b', 1), ROOT('c', 2), ROOT('d', 3),  ROOT('e', 4),  ROOT('f', 5),  ROOT('g', 6),
    ROOT('h', 7), ROOT('i', 8), ROOT('j', 9), ROOT('k', 10), ROOT('l', 11), ROOT('m', 12),
};

const struct dp_trace_hint *dp_trace_builtin_roots(size_t *count)
{
    *count = ROOTS;
    return roots;
}
