/* SPDX-License-Identifier: MIT
 * The memory of a frame grows with what really arrives (doubling from FIRST_BYTES), not with what the length
 * octets promise: a peer that announces 65,535 octets and sends none costs two octets of reading. */
#include "net/frame.h"

#include <stdlib.h>

#define FIRST_BYTES  1024u
#define LENGTH_BYTES 2u

static size_t announced(const struct dp_frame *frame)
{
    return (size_t)frame->length[0] << 8 | frame->length[1];
}

void dp_frame_fini(struct dp_frame *frame)
{
    free(frame->data);
    *frame = (struct dp_frame){0};
}

bool dp_frame_space(struct dp_frame *frame, uint8_t **at, size_t *size_bytes)
{
    if (frame->read < LENGTH_BYTES) {
        *at = frame->length + frame->read;
        *size_bytes = LENGTH_BYTES - frame->read;
        return true;
    }
    const size_t have = frame->read - LENGTH_BYTES;
    if (have == frame->cap_bytes) {
        const size_t cap = have == 0 ? FIRST_BYTES : have * 2;
        uint8_t *data = realloc(frame->data, cap);
        if (data == NULL) {
            return false;
        }
        frame->data = data;
        frame->cap_bytes = cap;
    }
    const size_t end = announced(frame) < frame->cap_bytes ? announced(frame) : frame->cap_bytes;
    *at = frame->data + have;
    *size_bytes = end - have;
    return true;
}

void dp_frame_filled(struct dp_frame *frame, size_t size_bytes)
{
    frame->read += size_bytes;
}

bool dp_frame_whole(const struct dp_frame *frame, size_t *size_bytes)
{
    if (frame->read < LENGTH_BYTES || frame->read - LENGTH_BYTES < announced(frame)) {
        return false;
    }
    *size_bytes = announced(frame);
    return true;
}

void dp_frame_next(struct dp_frame *frame)
{
    frame->read = 0;
}
