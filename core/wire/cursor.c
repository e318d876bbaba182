/* SPDX-License-Identifier: MIT
 * Reading within bounds. Lengths are compared with what is left, never added to an offset first, so no
 * arithmetic can wrap. */
#include "wire/cursor.h"

void dp_cursor_init(struct dp_cursor *c, const uint8_t *data, size_t size_bytes)
{
    *c = (struct dp_cursor){.data = data, .size = size_bytes};
}

void dp_cursor_fail(struct dp_cursor *c, enum dp_err err, const char *field)
{
    if (c->place.err == DP_OK) {
        c->place = (struct dp_place){.err = err, .offset = c->offset, .field = field};
    }
}

const uint8_t *dp_cursor_bytes(struct dp_cursor *c, size_t size_bytes, const char *field)
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

struct dp_cursor dp_cursor_sub(struct dp_cursor *c, size_t size_bytes, const char *field)
{
    struct dp_cursor sub = *c;
    if (dp_cursor_bytes(c, size_bytes, field) == NULL) {
        sub.place = c->place;
        sub.size = sub.offset;
        return sub;
    }
    sub.size = c->offset;
    return sub;
}

uint8_t dp_cursor_u8(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 1, field);
    return p != NULL ? p[0] : 0;
}

uint16_t dp_cursor_u16(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 2, field);
    return p != NULL ? (uint16_t)((unsigned)p[0] << 8 | p[1]) : 0;
}

uint32_t dp_cursor_u32(struct dp_cursor *c, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(c, 4, field);
    return p != NULL ? (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3] : 0;
}
