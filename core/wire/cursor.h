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

uint8_t dp_cursor_u8(struct dp_cursor *c, const char *field);
uint16_t dp_cursor_u16(struct dp_cursor *c, const char *field);
uint32_t dp_cursor_u32(struct dp_cursor *c, const char *field);
/* Borrowed pointer to `size_bytes` bytes, NULL on failure (also for size 0 after a failure). */
const uint8_t *dp_cursor_bytes(struct dp_cursor *c, size_t size_bytes, const char *field);

#endif
