/* SPDX-License-Identifier: MIT
 * The cache of one resolver: answers by name, type and client subnet, with TTLs that count down, and the zone
 * cuts that it has been referred to. */
#ifndef DP_LAB_CACHE_H
#define DP_LAB_CACHE_H

#include "net/addr.h"
#include "wire/msg.h"

#define DP_LAB_CUT_ADDRESSES 16
#define DP_LAB_CUT_NAMES     8
#define DP_LAB_CACHE_BUCKETS 64u

/* One step of an answer: the set asked for, the CNAME in its place, or its absence. A forwarder's entry holds
 * the whole chain. */
struct dp_lab_entry {
    struct dp_name name;
    uint16_t type;        /* as asked */
    uint32_t subnet_be32; /* /24 it is for; 0: everybody */
    uint16_t rcode;
    bool whole; /* `answer` is all there is, chain included: from a resolver behind */
    uint64_t expires_us;
    struct dp_arena arena;
    struct dp_rrs answer;    /* may hold RRSIGs; empty when negative */
    struct dp_rrs authority; /* SOA when negative */
    struct dp_lab_entry *next;
};

/* A zone cut: who to ask for what is below. */
struct dp_lab_cut {
    struct dp_name zone;
    uint64_t expires_us;
    struct dp_addr addresses[DP_LAB_CUT_ADDRESSES]; /* from glue, and those looked up since */
    size_t n_addresses;
    struct dp_name names[DP_LAB_CUT_NAMES]; /* servers that came without an address */
    size_t n_names;
    struct dp_lab_cut *next;
};

struct dp_lab_cache {
    struct dp_lab_entry *buckets[DP_LAB_CACHE_BUCKETS];
    size_t n_entries;
    struct dp_lab_cut *cuts;
};

void dp_lab_cache_fini(struct dp_lab_cache *cache);

/* The entry for exactly this name, type and subnet (else the one for everybody), expired or not; NULL. */
struct dp_lab_entry *dp_lab_cache_find(const struct dp_lab_cache *cache, const struct dp_name *name,
                                       uint16_t type, uint32_t subnet_be32);
/* A new, empty entry in place of an old one of the same key; the caller fills answer and authority from its
 * arena. NULL: out of memory. Over 4096 entries the bucket's oldest goes. */
struct dp_lab_entry *dp_lab_cache_put(struct dp_lab_cache *cache, const struct dp_name *name, uint16_t type,
                                      uint32_t subnet_be32);
/* Copies a record into one of the entry's lists. */
enum dp_err dp_lab_entry_add(struct dp_lab_entry *entry, struct dp_rrs *list, const struct dp_rr *rr);

/* The deepest live cut at or above `name`; NULL: none but the root's servers. */
struct dp_lab_cut *dp_lab_cache_cut(const struct dp_lab_cache *cache, const struct dp_name *name,
                                    uint64_t now_us);
/* The cut of `zone`, emptied, made if need be. NULL: out of memory. */
struct dp_lab_cut *dp_lab_cache_cut_put(struct dp_lab_cache *cache, const struct dp_name *zone,
                                        uint64_t expires_us);
void dp_lab_cut_add_address(struct dp_lab_cut *cut, const struct dp_addr *address);

#endif
