/* SPDX-License-Identifier: MIT
 * Master-file text (RFC 1035, section 5; $TTL of RFC 2308, section 4): $ORIGIN, $TTL, parentheses, comments,
 * blank owners, relative names, TTL units (1h30m), classes in either order. $INCLUDE is refused. */
#ifndef DP_WIRE_ZONETEXT_H
#define DP_WIRE_ZONETEXT_H

#include "wire/msg.h"

struct dp_zonetext_error {
    enum dp_err err;
    unsigned line;  /* from 1 */
    char text[160]; /* what and where, escaped */
};

/* Called once per record, in order; the record and its owner live in the arena. Non-zero stops. */
typedef int dp_zonetext_record(void *ctx, const struct dp_rr *rr);

/* Parses `text` with `origin`; default TTL 3600 s until $TTL. On failure *error says line and reason; records
 * before it have been delivered. */
enum dp_err dp_zonetext_parse(const char *text, size_t size_bytes, const struct dp_name *origin,
                              struct dp_arena *a, dp_zonetext_record *record, void *ctx,
                              struct dp_zonetext_error *error);

#endif
