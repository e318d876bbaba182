/* SPDX-License-Identifier: MIT
 * Text files by lines and words, without copying: spans into a buffer that need not end with NUL. */
#ifndef DP_HOST_LINES_H
#define DP_HOST_LINES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

struct dp_span {
    const char *text;
    size_t size_bytes;
};
struct dp_lines {
    struct dp_span rest;
    unsigned number; /* of the line last given, from 1 */
};

void dp_lines_init(struct dp_lines *lines, const char *text, size_t size_bytes);
/* The next line without its newline (and without CR before it); false at the end. */
bool dp_lines_next(struct dp_lines *lines, struct dp_span *line);
/* Takes the next word, which ends at blank or tab, off `rest`; false when there is none. */
bool dp_span_word(struct dp_span *rest, struct dp_span *word);
/* Cuts `line` before the first `mark`. */
void dp_span_cut(struct dp_span *line, char mark);

bool dp_span_is(const struct dp_span *span, const char *text);                           /* octet by octet */
bool dp_span_starts(const struct dp_span *span, const char *prefix);                     /* the same */
bool dp_span_is_nocase(const struct dp_span *span, const char *text, size_t size_bytes); /* ASCII case */
char *dp_span_dup(const struct dp_span *span, struct dp_arena *a); /* NUL-terminated; NULL without memory */

#endif
