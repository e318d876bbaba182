/* SPDX-License-Identifier: MIT
 * RDATA read by the message parser, which owns a copy of the message and can lend its octets. */
#ifndef DP_WIRE_RDATA_SCAN_H
#define DP_WIRE_RDATA_SCAN_H

#include <stdbool.h>

#include "base/arena.h"
#include "wire/cursor.h"

/* Reads RDLENGTH octets at the cursor as RDATA of `type` into `a`, names decompressed, every field checked.
 * With `borrow`, RDATA without compressed names is returned where it stands in the message, which then must
 * live as long as the arena. NULL on failure, the place in the cursor. */
const uint8_t *dp_rdata_scan_wire(struct dp_cursor *c, uint16_t type, uint16_t rdlength, bool borrow,
                                  struct dp_arena *a, uint16_t *size_bytes);

#endif
