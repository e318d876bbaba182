/* SPDX-License-Identifier: MIT
 * Presentation form taken apart: fields between blanks, quoted strings, escapes, numbers, and the
 * encodings of RFC 4648. Shared by RDATA text and master files. */
#ifndef DP_WIRE_TOKEN_H
#define DP_WIRE_TOKEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

struct dp_token {
    const char *text; /* borrowed; without the quotes around a quoted string */
    size_t size;
    bool quoted;
};

struct dp_tokens {
    const char *text; /* borrowed */
    size_t size;
    size_t at;
    bool broken; /* a quoted string did not end */
};

/* The next field; false at the end. A quoted string is a field of its own; quotes further inside a field
 * (key="a b") keep blanks in it and stay in its text. */
bool dp_token_next(struct dp_tokens *t, struct dp_token *token);
bool dp_token_at_end(const struct dp_tokens *t);

bool dp_token_is(const struct dp_token *token, const char *word); /* case-insensitive */
/* Decimal digits only, at most `max`. */
bool dp_token_number(const struct dp_token *token, uint64_t max, uint64_t *value);
/* Seconds, plain or with units w d h m s (1h30m). */
bool dp_token_ttl(const struct dp_token *token, uint32_t *seconds);
/* Appends the octets that the text stands for: \DDD and \X resolved. */
enum dp_err dp_token_octets(struct dp_str *out, const char *text, size_t size_bytes);

/* Decoders; SYNTAX on a character outside the alphabet or bits left over. */
enum dp_err dp_text_hex(struct dp_str *out, const char *text, size_t size_bytes);
enum dp_err dp_text_base64(struct dp_str *out, const char *text, size_t size_bytes);
enum dp_err dp_text_base32hex(struct dp_str *out, const char *text, size_t size_bytes);

#endif
