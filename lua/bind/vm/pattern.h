/* SPDX-License-Identifier: MIT
 * Lua patterns under a ceiling: string.find, match, gmatch and gsub with the meaning of the reference manual
 * (section 6.4.1) for the code of runbooks. The library's own matcher cannot be interrupted, and a pattern
 * such as ".-.-.-.-x" needs years. */
#ifndef DP_BIND_PATTERN_H
#define DP_BIND_PATTERN_H

#include <stdbool.h>
#include <stddef.h>

#include <lua.h>

#define DP_PATTERN_CAPTURES 32 /* as in the library */

struct dp_pattern_item;

struct dp_capture {
    const char *start;
    size_t size_bytes;
    bool position; /* "()": where it stands */
};

/* One pattern and one subject. Both are borrowed: their strings must stay on the Lua stack. */
struct dp_pattern {
    lua_State *L;
    const char *subject, *end;
    const struct dp_pattern_item *items;
    size_t n_items;
    unsigned n_captures;
    struct dp_capture captures[DP_PATTERN_CAPTURES];
    unsigned depth, steps;
    bool can_skip, has_first; /* a match begins with a character of its first item · `first` is made */
    bool first[256];          /* those characters */
};

/* Bytes that `dp_pattern_compile` needs for a pattern of that size. */
size_t dp_pattern_room_bytes(size_t pattern_bytes);
/* Reads the pattern (without its anchor) into `room`. Raises what is malformed; may throw. */
void dp_pattern_compile(struct dp_pattern *m, const char *pattern, size_t size_bytes, void *room);
/* The first place from `from` on where a match can begin, up to the subject's end; NULL: there is none. */
const char *dp_pattern_next(struct dp_pattern *m, const char *from);
/* The end of the match that begins exactly at `from`, or NULL. Raises where the task is to be stopped; may
 * throw. */
const char *dp_pattern_match(struct dp_pattern *m, const char *from);
/* Pushes the captures, or the whole match where there is none, and returns how many; may throw. */
int dp_pattern_push(struct dp_pattern *m, const char *from, const char *end);
/* Pushes capture `index` from 0; index 0 without captures is the whole match; may throw. */
void dp_pattern_push_one(struct dp_pattern *m, unsigned index, const char *from, const char *end);

#endif
