/* SPDX-License-Identifier: MIT
 * Hostile bytes made safe to show. Whatever came from the network passes here before it meets a
 * terminal: control bytes, DEL, C1 controls, bidirectional overrides and bytes that are not valid UTF-8
 * become \DDD (decimal, as in RFC 1035, section 5.1), one escape per byte. */
#ifndef DP_BASE_ESCAPE_H
#define DP_BASE_ESCAPE_H

#include "base/str.h"

/* Appends `data` to `s`, escaped; valid, printable UTF-8 is kept. */
void dp_escape_terminal(struct dp_str *s, const void *data, size_t size_bytes);

#endif
