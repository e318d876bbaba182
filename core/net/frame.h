/* SPDX-License-Identifier: MIT
 * Messages out of a stream: two octets of length, then as many octets of message (RFC 1035, section 4.2.2).
 * The caller reads straight into the frame, never more than what belongs to the present message. */
#ifndef DP_NET_FRAME_H
#define DP_NET_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_frame { /* zeroed: an empty frame */
    uint8_t length[2];
    size_t read; /* octets so far, those of the length included */
    uint8_t *data;
    size_t cap_bytes;
};

void dp_frame_fini(struct dp_frame *frame);
/* Where the next octets go and how many at most: at least 1 until the message is whole.
 * False without memory. */
bool dp_frame_space(struct dp_frame *frame, uint8_t **at, size_t *size_bytes);
/* `size_bytes` octets were put there. */
void dp_frame_filled(struct dp_frame *frame, size_t size_bytes);
/* True: data holds a message of *size_bytes octets (0: an empty one, data may be NULL),
 * until dp_frame_next. */
bool dp_frame_whole(const struct dp_frame *frame, size_t *size_bytes);
void dp_frame_next(struct dp_frame *frame); /* keeps the memory */

#endif
