/* SPDX-License-Identifier: MIT
 * Arena: everything that belongs to one message or one result is allocated here and freed at
 * once. Blocks come from malloc; a limit bounds what a hostile packet can make us allocate. */
#ifndef DP_BASE_ARENA_H
#define DP_BASE_ARENA_H

#include <stddef.h>

struct dp_arena_block;

struct dp_arena {
    struct dp_arena_block *head;
    size_t used_bytes;  /* handed out */
    size_t limit_bytes; /* 0: no limit */
    size_t *held_bytes; /* counts, among others, the bytes of its blocks; NULL: nothing does */
};

/* The storage of `a` is the caller's; dp_arena_fini frees all blocks. */
void dp_arena_init(struct dp_arena *a, size_t limit_bytes);
void dp_arena_fini(struct dp_arena *a);
void dp_arena_reset(struct dp_arena *a); /* frees all but one block, for reuse without malloc */

/* Aligned for any type, not zeroed. NULL when memory or the limit is exhausted. */
void *dp_arena_alloc(struct dp_arena *a, size_t size_bytes);
void *dp_arena_calloc(struct dp_arena *a, size_t count, size_t size_bytes); /* zeroed */
void *dp_arena_memdup(struct dp_arena *a, const void *data, size_t size_bytes);
char *dp_arena_strdup(struct dp_arena *a, const char *text);

#endif
