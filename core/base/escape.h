/* SPDX-License-Identifier: MIT
 * Hostile bytes made safe to show. Whatever came from the network passes here before it meets a
 * terminal or a page: control bytes, DEL, C1 controls, bidirectional overrides, noncharacters and bytes that
 * are not valid UTF-8 become \DDD (decimal, as in RFC 1035, section 5.1), one escape per byte. */
#ifndef DP_BASE_ESCAPE_H
#define DP_BASE_ESCAPE_H

#include "base/str.h"

/* Length of the valid, printable UTF-8 sequence at the first of `left_bytes` > 0 bytes (1 to 4), 0 where
 * there is none. */
size_t dp_escape_kept(const uint8_t *data, size_t left_bytes);

/* Appends `data` to `s`, escaped; valid, printable UTF-8 is kept. */
void dp_escape_terminal(struct dp_str *s, const void *data, size_t size_bytes);

#endif
