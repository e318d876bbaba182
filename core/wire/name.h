/* SPDX-License-Identifier: MIT
 * Domain names (RFC 1035, section 3.1), kept in wire form without compression; presentation form
 * (section 5.1 escapes) exists only at the edges. */
#ifndef DP_WIRE_NAME_H
#define DP_WIRE_NAME_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"
#include "wire/cursor.h"

#define DP_NAME_MAX_BYTES  255 /* RFC 1035, section 2.3.4 */
#define DP_LABEL_MAX_BYTES 63
#define DP_NAME_TEXT_BYTES 1010 /* longest presentation form (each octet \DDD), dots and NUL included */

struct dp_name {
    uint8_t len; /* octets used in wire, root label included: 1 to 255; 0 only in an empty struct */
    uint8_t wire[DP_NAME_MAX_BYTES];
};

/* Reads a name, following compression pointers strictly backward (RFC 1035, section 4.1.4); the
 * cursor ends behind the name as it stands. Failures go to the cursor. */
void dp_name_read(struct dp_cursor *c, struct dp_name *name, const char *field);
/* The same where compression is not allowed (RFC 3597, section 4). */
void dp_name_read_plain(struct dp_cursor *c, struct dp_name *name, const char *field);
/* From `size_bytes` octets of uncompressed wire form that end with the root label. */
enum dp_err dp_name_from_wire(struct dp_name *name, const uint8_t *wire, size_t size_bytes);

/* From presentation form, `size_bytes` of it; relative names are taken as absolute unless `origin`
 * (borrowed, may be NULL) is given. "." is the root. \DDD and \X escapes as in RFC 1035, section 5.1. */
enum dp_err dp_name_from_text(struct dp_name *name, const char *text, size_t size_bytes,
                              const struct dp_name *origin);
/* Presentation form with the final dot, as dig prints it. */
void dp_name_print(struct dp_str *s, const struct dp_name *name);
/* The same into a buffer of the caller of DP_NAME_TEXT_BYTES; returns out. */
char *dp_name_text(const struct dp_name *name, char *out);

bool dp_name_equal(const struct dp_name *a, const struct dp_name *b);     /* case-insensitive (RFC 4343) */
bool dp_name_identical(const struct dp_name *a, const struct dp_name *b); /* octet by octet: 0x20 checks */
bool dp_name_is_within(const struct dp_name *name, const struct dp_name *ancestor); /* equal counts */
unsigned dp_name_labels(const struct dp_name *name); /* root label not counted */
/* Removes the first label; false when `name` is the root. `parent` may be `name`. */
bool dp_name_parent(const struct dp_name *name, struct dp_name *parent);
uint32_t dp_name_hash(const struct dp_name *name); /* case-insensitive */
void dp_name_root(struct dp_name *name);
/* The PTR name of an address: 4 or 16 octets, network order (RFC 1035 3.5, RFC 3596 2.5). */
enum dp_err dp_name_reverse(struct dp_name *name, const uint8_t *address, size_t size_bytes);

#endif
