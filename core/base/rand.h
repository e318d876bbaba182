/* SPDX-License-Identifier: MIT
 * Randomness. Unseeded: the kernel's generator, read in blocks, so that message ids and ports
 * cannot be guessed (RFC 5452, section 9.2). Seeded (`--seed`): a reproducible sequence. */
#ifndef DP_BASE_RAND_H
#define DP_BASE_RAND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_rand {
    bool seeded;
    uint64_t state[4];  /* xoshiro256** when seeded */
    size_t used;        /* bytes of `block` handed out */
    uint8_t block[256]; /* from getrandom(2) when not */
};

void dp_rand_init(struct dp_rand *r);                       /* unpredictable */
void dp_rand_init_seeded(struct dp_rand *r, uint64_t seed); /* reproducible; never for secrets */

uint64_t dp_rand_u64(struct dp_rand *r);
uint16_t dp_rand_u16(struct dp_rand *r); /* takes two octets of the block: for message ids, one per query */
uint32_t dp_rand_below(struct dp_rand *r, uint32_t n); /* uniform in [0, n); 0 when n is 0 */
double dp_rand_unit(struct dp_rand *r);                /* uniform in [0, 1) */

#endif
