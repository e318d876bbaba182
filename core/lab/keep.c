/* SPDX-License-Identifier: MIT
 * From an answer to the cache of a resolver. Only what was asked for is taken: records of the present name,
 * the SOA of a negative answer, a referral that leads deeper with the glue for its own servers. Whatever else
 * a server adds is ignored, as RFC 2181, section 5.4.1 advises. */
#include "lab/task.h"

#define NO_SOA_TTL_S 1u
#define ZERO_TTL_US  50000u /* TTL 0 is for the look-up under way: it must find what it has just got */

static uint64_t expiry_us(const struct dp_lab_resolver *resolver, uint32_t ttl_s)
{
    const uint32_t max_s = resolver->config.max_ttl_s != 0 ? resolver->config.max_ttl_s : 86400;
    const uint64_t kept_us = 1000000u * (uint64_t)(ttl_s < max_s ? ttl_s : max_s);
    return dp_lab_now_us(resolver->node->lab) + (kept_us != 0 ? kept_us : ZERO_TTL_US);
}

static uint32_t subnet_key(const struct dp_lab_task *task, const struct dp_msg *msg)
{
    for (size_t i = 0; i < msg->edns.n_options && task->subnet_be32 != 0; i++) {
        struct dp_ecs ecs;
        if (msg->edns.options[i].code == DP_EDNS_ECS && dp_ecs_read(&msg->edns.options[i], &ecs)) {
            return ecs.scope_prefix != 0 ? task->subnet_be32 : 0;
        }
    }
    return 0;
}

bool dp_lab_keep_positive(struct dp_lab_task *task, const struct dp_msg *msg, uint16_t type)
{
    const struct dp_rrs *answer = &msg->sections[DP_SECTION_ANSWER];
    struct dp_lab_entry *entry = NULL;
    for (size_t i = 0; i < answer->count; i++) {
        const struct dp_rr *rr = &answer->items[i];
        if ((rr->type != type && type != DP_TYPE_ANY && rr->type != DP_TYPE_RRSIG) ||
            !dp_name_equal(rr->owner, &task->name)) {
            continue;
        }
        if (entry == NULL && rr->type == DP_TYPE_RRSIG && type != DP_TYPE_RRSIG) {
            continue; /* signatures follow their set */
        }
        if (entry == NULL) {
            entry = dp_lab_cache_put(&task->resolver->cache, &task->name, type, subnet_key(task, msg));
            if (entry == NULL) {
                return false;
            }
            entry->expires_us = expiry_us(task->resolver, rr->ttl_s);
        }
        dp_lab_entry_add(entry, &entry->answer, rr);
    }
    return entry != NULL;
}

void dp_lab_keep_negative(struct dp_lab_task *task, const struct dp_msg *msg)
{
    const struct dp_rrs *authority = &msg->sections[DP_SECTION_AUTHORITY];
    struct dp_lab_entry *entry =
        dp_lab_cache_put(&task->resolver->cache, &task->name, task->type, subnet_key(task, msg));
    if (entry == NULL) {
        return;
    }
    entry->rcode = msg->rcode;
    entry->expires_us = expiry_us(task->resolver, NO_SOA_TTL_S);
    for (size_t i = 0; i < authority->count; i++) {
        if (authority->items[i].type == DP_TYPE_SOA) {
            entry->expires_us = expiry_us(task->resolver, authority->items[i].ttl_s);
            dp_lab_entry_add(entry, &entry->authority, &authority->items[i]);
        }
    }
}

static void add_glue(const struct dp_lab_task *task, struct dp_lab_cut *cut, const struct dp_name *host,
                     const struct dp_msg *msg)
{
    const struct dp_rrs *additional = &msg->sections[DP_SECTION_ADDITIONAL];
    bool found = false;
    for (size_t i = 0; i < additional->count; i++) {
        const struct dp_rr *rr = &additional->items[i];
        struct dp_addr address;
        if (rr->type == DP_TYPE_A && dp_name_equal(rr->owner, host) &&
            dp_addr_from_ip(&address, rr->rdata, rr->rdata_size, task->resolver->node->lab->port) == DP_OK) {
            dp_lab_cut_add_address(cut, &address);
            found = true;
        }
    }
    if (!found && cut->n_names < DP_LAB_CUT_NAMES) {
        cut->names[cut->n_names++] = *host;
    }
}

bool dp_lab_keep_referral(struct dp_lab_task *task, const struct dp_msg *msg)
{
    const struct dp_rrs *authority = &msg->sections[DP_SECTION_AUTHORITY];
    struct dp_lab_cut *cut = NULL;
    for (size_t i = 0; i < authority->count; i++) {
        const struct dp_rr *rr = &authority->items[i];
        struct dp_name host;
        if (rr->type != DP_TYPE_NS || !dp_name_is_within(&task->name, rr->owner) ||
            dp_name_labels(rr->owner) <= dp_name_labels(&task->zone) ||
            dp_name_from_wire(&host, rr->rdata, rr->rdata_size) != DP_OK ||
            (cut != NULL && !dp_name_equal(rr->owner, &cut->zone))) {
            continue;
        }
        if (cut == NULL) {
            cut =
                dp_lab_cache_cut_put(&task->resolver->cache, rr->owner, expiry_us(task->resolver, rr->ttl_s));
            if (cut == NULL) {
                return false;
            }
        }
        add_glue(task, cut, &host, msg);
    }
    return cut != NULL;
}

void dp_lab_keep_forwarded(struct dp_lab_task *task, const struct dp_msg *msg)
{
    const struct dp_rrs *answer = &msg->sections[DP_SECTION_ANSWER];
    uint32_t ttl_s = UINT32_MAX;
    if (answer->count == 0) {
        dp_lab_keep_negative(task, msg);
        return;
    }
    struct dp_lab_entry *entry =
        dp_lab_cache_put(&task->resolver->cache, &task->name, task->type, task->subnet_be32);
    for (size_t i = 0; i < answer->count && entry != NULL; i++) {
        ttl_s = answer->items[i].ttl_s < ttl_s ? answer->items[i].ttl_s : ttl_s;
        dp_lab_entry_add(entry, &entry->answer, &answer->items[i]);
    }
    if (entry != NULL) {
        entry->rcode = msg->rcode;
        entry->expires_us = expiry_us(task->resolver, ttl_s);
        entry->whole = true;
    }
}
