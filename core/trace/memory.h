/* SPDX-License-Identifier: MIT
 * What walks remember for one another: the addresses of name servers that a walk had to search for. Thousands
 * of zones are served by the same few names; with a memory each of these is searched for once in its TTL.
 *
 * Two generations bound it: when the young one is full, the old one is dropped and the young one becomes the
 * old; what is found in the old moves to the young. */
#ifndef DP_TRACE_MEMORY_H
#define DP_TRACE_MEMORY_H

#include "net/addr.h"
#include "wire/name.h"

#define DP_TRACE_MEMORY_ADDRESSES 8 /* of one name */

struct dp_trace_memory;

struct dp_trace_remembered {
    struct dp_addr addresses[DP_TRACE_MEMORY_ADDRESSES];
    unsigned n_addresses; /* 0: the name's own zone gives none */
};

/* `max_names` in each generation, at least 1. NULL without memory. */
struct dp_trace_memory *dp_trace_memory_new(unsigned max_names);
void dp_trace_memory_free(struct dp_trace_memory *memory);
/* Remembers until now_us + ttl_us, instead of what was known; what does not fit into memory is forgotten. */
void dp_trace_memory_put(struct dp_trace_memory *memory, const struct dp_name *name,
                         const struct dp_trace_remembered *what, uint64_t ttl_us, uint64_t now_us);
/* False when nothing is known of the name, or no longer. */
bool dp_trace_memory_get(struct dp_trace_memory *memory, const struct dp_name *name, uint64_t now_us,
                         struct dp_trace_remembered *what);

#endif
