/* SPDX-License-Identifier: MIT
 * Inputs that end where the readable memory ends: one octet read too far is a fault, with or without a
 * sanitizer. */
#ifndef DP_TESTS_GUARD_H
#define DP_TESTS_GUARD_H

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct guard {
    uint8_t *map;
    size_t map_bytes;
    uint8_t *data; /* the copy; data + size is unreadable */
};

static inline struct guard guard_copy(const void *data, size_t size_bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t body = (size_bytes / page + 1) * page;
    struct guard g = {.map_bytes = body + page};
    g.map = mmap(NULL, g.map_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (g.map == MAP_FAILED || mprotect(g.map + body, page, PROT_NONE) != 0) {
        abort();
    }
    g.data = g.map + body - size_bytes;
    if (size_bytes > 0) {
        memcpy(g.data, data, size_bytes);
    }
    return g;
}

static inline void guard_free(struct guard *g)
{
    munmap(g->map, g->map_bytes);
}

#endif
