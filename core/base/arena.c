/* SPDX-License-Identifier: MIT
 * Bump allocation in blocks that double from 1 KiB to 64 KiB: most DNS answers fit into the first. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK_MIN_BYTES 1024u
#define BLOCK_MAX_BYTES 65536u

struct dp_arena_block {
    struct dp_arena_block *next;
    size_t size_bytes;
    size_t used_bytes;
    alignas(max_align_t) unsigned char data[];
};

void dp_arena_init(struct dp_arena *a, size_t limit_bytes)
{
    *a = (struct dp_arena){.limit_bytes = limit_bytes};
}

void dp_arena_fini(struct dp_arena *a)
{
    while (a->head != NULL) {
        struct dp_arena_block *next = a->head->next;
        if (a->held_bytes != NULL) {
            *a->held_bytes -= sizeof *next + a->head->size_bytes;
        }
        free(a->head);
        a->head = next;
    }
    a->used_bytes = 0;
}

void dp_arena_reset(struct dp_arena *a)
{
    struct dp_arena_block *keep = a->head;
    if (keep != NULL) {
        a->head = keep->next;
        dp_arena_fini(a);
        keep->next = NULL;
        keep->used_bytes = 0;
        a->head = keep;
    }
    a->used_bytes = 0;
}

static struct dp_arena_block *add_block(struct dp_arena *a, size_t need_bytes)
{
    size_t size = a->head == NULL ? BLOCK_MIN_BYTES : a->head->size_bytes * 2;
    if (size > BLOCK_MAX_BYTES) {
        size = BLOCK_MAX_BYTES;
    }
    if (size < need_bytes) {
        size = need_bytes;
    }
    struct dp_arena_block *block = malloc(sizeof *block + size);
    if (block == NULL) {
        return NULL;
    }
    *block = (struct dp_arena_block){.next = a->head, .size_bytes = size};
    a->head = block;
    if (a->held_bytes != NULL) {
        *a->held_bytes += sizeof *block + size;
    }
    return block;
}

void *dp_arena_alloc(struct dp_arena *a, size_t size_bytes)
{
    const size_t align = alignof(max_align_t);
    if (size_bytes > SIZE_MAX / 2) {
        return NULL;
    }
    const size_t need = (size_bytes + align - 1) / align * align;
    if (a->limit_bytes != 0 && (need > a->limit_bytes || a->used_bytes > a->limit_bytes - need)) {
        return NULL;
    }
    struct dp_arena_block *block = a->head;
    if (block == NULL || block->size_bytes - block->used_bytes < need) {
        block = add_block(a, need);
        if (block == NULL) {
            return NULL;
        }
    }
    void *result = block->data + block->used_bytes;
    block->used_bytes += need;
    a->used_bytes += need;
    return result;
}

void *dp_arena_calloc(struct dp_arena *a, size_t count, size_t size_bytes)
{
    if (size_bytes != 0 && count > SIZE_MAX / 2 / size_bytes) {
        return NULL;
    }
    void *result = dp_arena_alloc(a, count * size_bytes);
    if (result != NULL) {
        memset(result, 0, count * size_bytes);
    }
    return result;
}

void *dp_arena_memdup(struct dp_arena *a, const void *data, size_t size_bytes)
{
    void *result = dp_arena_alloc(a, size_bytes);
    if (result != NULL && size_bytes > 0) {
        memcpy(result, data, size_bytes);
    }
    return result;
}

char *dp_arena_strdup(struct dp_arena *a, const char *text)
{
    return dp_arena_memdup(a, text, strlen(text) + 1);
}
