/* SPDX-License-Identifier: MIT
 * Blocks that the Lua heap gave back, kept for its next requests of the same size. A query makes and drops
 * the same few objects again and again, and the collector frees them by the thousand, which is more than the
 * C library keeps at hand. Sizes of objects and of hash parts are multiples of eight; strings mostly are not
 * and stay with the C library. */
#ifndef DP_BIND_SPARE_H
#define DP_BIND_SPARE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define DP_SPARE_HIDE(block, size_bytes) ASAN_POISON_MEMORY_REGION(block, size_bytes)
#define DP_SPARE_SHOW(block, size_bytes) ASAN_UNPOISON_MEMORY_REGION(block, size_bytes)
#else
#define DP_SPARE_HIDE(block, size_bytes) ((void)0)
#define DP_SPARE_SHOW(block, size_bytes) ((void)0)
#endif

#define DP_SPARE_GRAIN       8u
#define DP_SPARE_MOST_BYTES  256u           /* larger blocks are not kept */
#define DP_SPARE_LIMIT_BYTES (512u * 1024u) /* nor more than this in all */

struct dp_spare_block {
    struct dp_spare_block *next;
};

struct dp_spare {
    size_t held_bytes;
    struct dp_spare_block *blocks[DP_SPARE_MOST_BYTES / DP_SPARE_GRAIN + 1]; /* by size */
};

static inline bool dp_spare_fits(size_t size_bytes)
{
    return size_bytes <= DP_SPARE_MOST_BYTES && size_bytes >= sizeof(struct dp_spare_block) &&
           size_bytes % DP_SPARE_GRAIN == 0;
}

/* A block of exactly so many bytes, from malloc in the end; NULL: none is kept. */
static inline void *dp_spare_take(struct dp_spare *spare, size_t size_bytes)
{
    if (!dp_spare_fits(size_bytes)) {
        return NULL;
    }
    struct dp_spare_block **first = &spare->blocks[size_bytes / DP_SPARE_GRAIN];
    struct dp_spare_block *block = *first;
    if (block != NULL) {
        DP_SPARE_SHOW(block, size_bytes);
        *first = block->next;
        spare->held_bytes -= size_bytes;
    }
    return block;
}

/* Keeps a block of malloc that has at least so many bytes, or frees it. */
static inline void dp_spare_give(struct dp_spare *spare, void *memory, size_t size_bytes)
{
    if (!dp_spare_fits(size_bytes) || spare->held_bytes + size_bytes > DP_SPARE_LIMIT_BYTES) {
        free(memory);
        return;
    }
    struct dp_spare_block *block = memory, **first = &spare->blocks[size_bytes / DP_SPARE_GRAIN];
    block->next = *first;
    *first = block;
    spare->held_bytes += size_bytes;
    DP_SPARE_HIDE(block, size_bytes);
}

/* Frees all that is kept. */
static inline void dp_spare_fini(struct dp_spare *spare)
{
    for (size_t size = 0; size <= DP_SPARE_MOST_BYTES; size += DP_SPARE_GRAIN) {
        void *block = NULL;
        while ((block = dp_spare_take(spare, size)) != NULL) {
            free(block);
        }
    }
}

#endif
