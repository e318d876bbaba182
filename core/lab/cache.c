/* SPDX-License-Identifier: MIT
 * A small cache: hash of entries, list of cuts. Expired entries stay until they are replaced, since
 * serve-stale (RFC 8767) still wants them. */
#include "lab/cache.h"

#include <stdlib.h>
#include <string.h>

#define ENTRIES_MAX       4096u
#define ENTRY_LIMIT_BYTES (256u << 10)

static void entry_free(struct dp_lab_entry *entry)
{
    dp_arena_fini(&entry->arena);
    free(entry);
}

void dp_lab_cache_fini(struct dp_lab_cache *cache)
{
    for (size_t i = 0; i < DP_LAB_CACHE_BUCKETS; i++) {
        while (cache->buckets[i] != NULL) {
            struct dp_lab_entry *entry = cache->buckets[i];
            cache->buckets[i] = entry->next;
            entry_free(entry);
        }
    }
    while (cache->cuts != NULL) {
        struct dp_lab_cut *cut = cache->cuts;
        cache->cuts = cut->next;
        free(cut);
    }
    cache->n_entries = 0;
}

static size_t bucket_of(const struct dp_name *name)
{
    return dp_name_hash(name) % DP_LAB_CACHE_BUCKETS;
}

static struct dp_lab_entry *find_exact(const struct dp_lab_cache *cache, const struct dp_name *name,
                                       uint16_t type, uint32_t subnet_be32)
{
    struct dp_lab_entry *entry = cache->buckets[bucket_of(name)];
    while (entry != NULL &&
           !(entry->type == type && entry->subnet_be32 == subnet_be32 && dp_name_equal(&entry->name, name))) {
        entry = entry->next;
    }
    return entry;
}

struct dp_lab_entry *dp_lab_cache_find(const struct dp_lab_cache *cache, const struct dp_name *name,
                                       uint16_t type, uint32_t subnet_be32)
{
    struct dp_lab_entry *entry = find_exact(cache, name, type, subnet_be32);
    return entry == NULL && subnet_be32 != 0 ? find_exact(cache, name, type, 0) : entry;
}

/* Takes `entry` out of its bucket and frees it. */
static void evict(struct dp_lab_cache *cache, struct dp_lab_entry *entry)
{
    struct dp_lab_entry **at = &cache->buckets[bucket_of(&entry->name)];
    while (*at != entry) {
        at = &(*at)->next;
    }
    *at = entry->next;
    cache->n_entries--;
    entry_free(entry);
}

struct dp_lab_entry *dp_lab_cache_put(struct dp_lab_cache *cache, const struct dp_name *name, uint16_t type,
                                      uint32_t subnet_be32)
{
    struct dp_lab_entry *old = find_exact(cache, name, type, subnet_be32);
    struct dp_lab_entry **bucket = &cache->buckets[bucket_of(name)];
    if (old == NULL && cache->n_entries >= ENTRIES_MAX) {
        for (old = *bucket; old != NULL && old->next != NULL; old = old->next) {
        }
    }
    if (old != NULL) {
        evict(cache, old);
    }
    struct dp_lab_entry *entry = calloc(1, sizeof *entry);
    if (entry != NULL) {
        entry->name = *name;
        entry->type = type;
        entry->subnet_be32 = subnet_be32;
        dp_arena_init(&entry->arena, ENTRY_LIMIT_BYTES);
        entry->next = *bucket;
        *bucket = entry;
        cache->n_entries++;
    }
    return entry;
}

enum dp_err dp_lab_entry_add(struct dp_lab_entry *entry, struct dp_rrs *list, const struct dp_rr *rr)
{
    struct dp_rr *items = dp_arena_calloc(&entry->arena, list->count + 1, sizeof *items);
    struct dp_rr copy = *rr;
    copy.owner = dp_arena_memdup(&entry->arena, rr->owner, sizeof *rr->owner);
    copy.rdata = dp_arena_memdup(&entry->arena, rr->rdata, rr->rdata_size);
    if (items == NULL || copy.owner == NULL || copy.rdata == NULL) {
        return DP_ERR_NOMEM;
    }
    if (list->count != 0) {
        memcpy(items, list->items, list->count * sizeof *items);
    }
    items[list->count] = copy;
    list->items = items;
    list->count++;
    return DP_OK;
}

struct dp_lab_cut *dp_lab_cache_cut(const struct dp_lab_cache *cache, const struct dp_name *name,
                                    uint64_t now_us)
{
    struct dp_lab_cut *best = NULL;
    for (struct dp_lab_cut *cut = cache->cuts; cut != NULL; cut = cut->next) {
        if (cut->expires_us > now_us && dp_name_is_within(name, &cut->zone) &&
            (best == NULL || dp_name_labels(&cut->zone) > dp_name_labels(&best->zone))) {
            best = cut;
        }
    }
    return best;
}

struct dp_lab_cut *dp_lab_cache_cut_put(struct dp_lab_cache *cache, const struct dp_name *zone,
                                        uint64_t expires_us)
{
    struct dp_lab_cut *cut = cache->cuts;
    while (cut != NULL && !dp_name_equal(&cut->zone, zone)) {
        cut = cut->next;
    }
    if (cut == NULL) {
        cut = calloc(1, sizeof *cut);
        if (cut == NULL) {
            return NULL;
        }
        cut->zone = *zone;
        cut->next = cache->cuts;
        cache->cuts = cut;
    }
    cut->expires_us = expires_us;
    cut->n_addresses = cut->n_names = 0;
    return cut;
}

void dp_lab_cut_add_address(struct dp_lab_cut *cut, const struct dp_addr *address)
{
    for (size_t i = 0; i < cut->n_addresses; i++) {
        if (dp_addr_equal(&cut->addresses[i], address)) {
            return;
        }
    }
    if (cut->n_addresses < DP_LAB_CUT_ADDRESSES) {
        cut->addresses[cut->n_addresses++] = *address;
    }
}
