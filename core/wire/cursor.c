/* SPDX-License-Identifier: MIT
 * Reading within bounds: what is not done for every octet. */
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
