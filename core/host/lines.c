/* SPDX-License-Identifier: MIT
 * Text files by lines and words. */
#include "host/lines.h"

#include <string.h>

void dp_lines_init(struct dp_lines *lines, const char *text, size_t size_bytes)
{
    *lines = (struct dp_lines){.rest = {text, size_bytes}};
}

bool dp_lines_next(struct dp_lines *lines, struct dp_span *line)
{
    struct dp_span *rest = &lines->rest;
    if (rest->size_bytes == 0) {
        return false;
    }
    const char *end = memchr(rest->text, '\n', rest->size_bytes);
    const size_t size = end == NULL ? rest->size_bytes : (size_t)(end - rest->text);
    const size_t used = end == NULL ? size : size + 1;
    *line = (struct dp_span){rest->text, size};
    if (size > 0 && rest->text[size - 1] == '\r') {
        line->size_bytes--;
    }
    rest->text += used;
    rest->size_bytes -= used;
    lines->number++;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool dp_span_word(struct dp_span *rest, struct dp_span *word)
{
    size_t from = 0;
    while (from < rest->size_bytes && is_blank(rest->text[from])) {
        from++;
    }
    size_t to = from;
    while (to < rest->size_bytes && !is_blank(rest->text[to])) {
        to++;
    }
    if (to == from) {
        return false;
    }
    *word = (struct dp_span){rest->text + from, to - from};
    rest->text += to;
    rest->size_bytes -= to;
    return true;
}

void dp_span_cut(struct dp_span *line, char mark)
{
    const char *at = line->size_bytes == 0 ? NULL : memchr(line->text, mark, line->size_bytes);
    if (at != NULL) {
        line->size_bytes = (size_t)(at - line->text);
    }
}

bool dp_span_is(const struct dp_span *span, const char *text)
{
    return span->size_bytes == strlen(text) && memcmp(span->text, text, span->size_bytes) == 0;
}

bool dp_span_starts(const struct dp_span *span, const char *prefix)
{
    const size_t size = strlen(prefix);
    return span->size_bytes >= size && memcmp(span->text, prefix, size) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool dp_span_is_nocase(const struct dp_span *span, const char *text, size_t size_bytes)
{
    if (span->size_bytes != size_bytes) {
        return false;
    }
    for (size_t i = 0; i < size_bytes; i++) {
        if (lower(span->text[i]) != lower(text[i])) {
            return false;
        }
    }
    return true;
}

char *dp_span_dup(const struct dp_span *span, struct dp_arena *a)
{
    char *copy = dp_arena_alloc(a, span->size_bytes + 1);
    if (copy != NULL) {
        memcpy(copy, span->text, span->size_bytes);
        copy[span->size_bytes] = '\0';
    }
    return copy;
}
