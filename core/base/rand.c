/* SPDX-License-Identifier: MIT
 * Two generators behind one interface: getrandom(2) in blocks, and xoshiro256** (Blackman and
 * Vigna, "Scrambled linear pseudorandom number generators", 2021) seeded through splitmix64. */
#include "base/rand.h"

#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

static uint64_t rotl(uint64_t x, unsigned k)
{
    return (x << k) | (x >> (64 - k));
}

void dp_rand_init(struct dp_rand *r)
{
    memset(r, 0, sizeof *r);
    r->used = sizeof r->block;
}

void dp_rand_init_seeded(struct dp_rand *r, uint64_t seed)
{
    memset(r, 0, sizeof *r);
    r->seeded = true;
    for (size_t i = 0; i < 4; i++) { /* splitmix64 */
        uint64_t z = (seed += 0x9e3779b97f4a7c15u);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
        z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
        r->state[i] = z ^ (z >> 31);
    }
}

/* getrandom(2) does not fail for 256 bytes once the pool is ready; a kernel without it would
 * leave us with guessable ids, which is worse than stopping. */
static void refill(struct dp_rand *r)
{
    if (getrandom(r->block, sizeof r->block, 0) != (ssize_t)sizeof r->block) {
        abort();
    }
    r->used = 0;
}

static uint64_t next_seeded(uint64_t s[4])
{
    const uint64_t result = rotl(s[1] * 5, 7) * 9;
    const uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

uint64_t dp_rand_u64(struct dp_rand *r)
{
    uint64_t value;
    if (r->seeded) {
        return next_seeded(r->state);
    }
    if (r->used + sizeof value > sizeof r->block) {
        refill(r);
    }
    memcpy(&value, r->block + r->used, sizeof value);
    r->used += sizeof value;
    return value;
}

uint16_t dp_rand_u16(struct dp_rand *r)
{
    uint16_t value;
    if (r->seeded) {
        return (uint16_t)next_seeded(r->state);
    }
    if (r->used + sizeof value > sizeof r->block) {
        refill(r);
    }
    memcpy(&value, r->block + r->used, sizeof value);
    r->used += sizeof value;
    return value;
}

uint32_t dp_rand_below(struct dp_rand *r, uint32_t n)
{
    if (n == 0) {
        return 0;
    }
    /* Reject the tail that would favour small values. */
    const uint64_t limit = UINT64_MAX - UINT64_MAX % n;
    uint64_t value;
    do {
        value = dp_rand_u64(r);
    } while (value >= limit);
    return (uint32_t)(value % n);
}

double dp_rand_unit(struct dp_rand *r)
{
    return (double)(dp_rand_u64(r) >> 11) * 0x1.0p-53;
}
