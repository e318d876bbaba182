/* SPDX-License-Identifier: MIT
 * The only thing that touches bytes from outside. A cursor reads within [0, size); its error is
 * sticky: after the first failure every read gives zeros and NULL, so a parser reads all fields and
 * checks once. The place of the failure (offset and field name) is kept. */
#ifndef DP_WIRE_CURSOR_H
#define DP_WIRE_CURSOR_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct dp_cursor {
    const uint8_t *data; /* borrowed: the WHOLE message, so that compression pointers can be followed */
    size_t size;         /* end of what may be read */
    size_t offset;       /* next byte */
    struct dp_place place;
};

void dp_cursor_init(struct dp_cursor *c, const uint8_t *data, size_t size_bytes);
/* A cursor over [c->offset, c->offset + size) of the same message; fails both ways when too short. */
struct dp_cursor dp_cursor_sub(struct dp_cursor *c, size_t size_bytes, const char *field);

static inline int dp_cursor_ok(const struct dp_cursor *c)
{
    return c->place.err == DP_OK;
}
static inline size_t dp_cursor_left(const struct dp_cursor *c)
{
    return c->place.err == DP_OK ? c->size - c->offset : 0;
}
/* Records the first failure at the present offset; later ones are ignored. */
void dp_cursor_fail(struct dp_cursor *c, enum dp_err err, const char *field);

/* Borrowed pointer to `size_bytes` bytes, NULL on failure (also for size 0 after a failure). Lengths are
 * compared with what is left, never added to an offset first, so no arithmetic can wrap. */
static inline const uint8_t *dp_cursor_bytes(struct dp_cursor *c, size_t size_bytes, const char *field)
{
    if (c->place.err != DP_OK) {
        return NULL;
    }
    if (size_bytes > c->size - c->offset) {
        dp_cursor_fail(c, DP_ERR_TRUNCATED, field);
        return NULL;
    }
    const uint8_t *bytes = c->data + c->offset;
    c->offset += size_bytes;
    return bytes;
}

static inline uint8_t dp_cursor_u8(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 1, field);
    return p != NULL ? p[0] : 0;
}

static inline uint16_t dp_cursor_u16(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 2, field);
    return p != NULL ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
}

static inline uint32_t dp_cursor_u32(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 4, field);
    return p != NULL ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}

#endif
