/* SPDX-License-Identifier: MIT
 * What a resolver of the lab has from the start: entries in its cache, and names for which it has rules. */
#include <stdio.h>
#include <string.h>

#include "lab/resolver.h"

struct preset {
    struct dp_lab_resolver *resolver;
    uint32_t age_s;
    enum dp_err err;
};

/* When an entry of that age ends; one that ended before the clock began is simply expired. */
static uint64_t expiry_us(const struct dp_lab_resolver *resolver, uint32_t ttl_s, uint32_t age_s)
{
    const uint64_t now_us = dp_lab_now_us(resolver->node->lab);
    return ttl_s > age_s ? now_us + 1000000u * (uint64_t)(ttl_s - age_s) : 1;
}

static int preset_record(void *ctx, const struct dp_rr *rr)
{
    struct preset *preset = ctx;
    struct dp_lab_cache *cache = &preset->resolver->cache;
    struct dp_lab_entry *entry = dp_lab_cache_find(cache, rr->owner, rr->type, 0);
    if (entry == NULL) {
        entry = dp_lab_cache_put(cache, rr->owner, rr->type, 0);
    }
    if (entry == NULL) {
        preset->err = DP_ERR_NOMEM;
        return 1;
    }
    entry->expires_us = expiry_us(preset->resolver, rr->ttl_s, preset->age_s);
    preset->err = dp_lab_entry_add(entry, &entry->answer, rr);
    return preset->err != DP_OK;
}

enum dp_err dp_lab_backend_cached(struct dp_lab_backend *backend, const char *record, uint32_t age_s,
                                  struct dp_zonetext_error *error)
{
    struct preset preset = {.resolver = backend->resolver, .age_s = age_s, .err = DP_OK};
    struct dp_arena arena;
    struct dp_name root;
    if (backend->resolver == NULL) {
        return DP_ERR_ARG;
    }
    dp_name_root(&root);
    memset(error, 0, sizeof *error);
    dp_arena_init(&arena, 1u << 20);
    const enum dp_err err =
        dp_zonetext_parse(record, strlen(record), &root, &arena, preset_record, &preset, error);
    dp_arena_fini(&arena);
    return preset.err != DP_OK ? preset.err : err;
}

enum dp_err dp_lab_backend_cached_absent(struct dp_lab_backend *backend, const char *name, uint16_t type,
                                         bool nxdomain, uint32_t ttl_s)
{
    struct dp_name absent;
    if (backend->resolver == NULL) {
        return DP_ERR_ARG;
    }
    const enum dp_err err = dp_name_from_text(&absent, name, strlen(name), NULL);
    if (err != DP_OK) {
        return err;
    }
    struct dp_lab_entry *entry = dp_lab_cache_put(&backend->resolver->cache, &absent, type, 0);
    if (entry == NULL) {
        return DP_ERR_NOMEM;
    }
    entry->rcode = nxdomain ? DP_RCODE_NXDOMAIN : DP_RCODE_NOERROR;
    entry->expires_us = expiry_us(backend->resolver, ttl_s, 0);
    return DP_OK;
}

static enum dp_err add_rule(struct dp_lab_backend *backend, const char *name, const struct dp_lab_rule *rule,
                            const char *text)
{
    if (backend->resolver == NULL) {
        return DP_ERR_ARG;
    }
    struct dp_lab_rule *new = dp_arena_memdup(&backend->node->lab->arena, rule, sizeof *rule);
    if (new == NULL) {
        return DP_ERR_NOMEM;
    }
    snprintf(new->text, sizeof new->text, "%s", text);
    new->next = backend->resolver->rules;
    const enum dp_err err = dp_name_from_text(&new->name, name, strlen(name), NULL);
    if (err == DP_OK) {
        backend->resolver->rules = new;
    }
    return err;
}

enum dp_err dp_lab_backend_block(struct dp_lab_backend *backend, const char *name, uint16_t ede,
                                 const char *text, const struct dp_addr *address)
{
    const struct dp_lab_rule rule = {.ede = ede, .address = *address};
    return add_rule(backend, name, &rule, text);
}

enum dp_err dp_lab_backend_bogus(struct dp_lab_backend *backend, const char *name, uint16_t ede,
                                 const char *text)
{
    const struct dp_lab_rule rule = {.bogus = true, .ede = ede};
    return add_rule(backend, name, &rule, text);
}
