/* SPDX-License-Identifier: MIT
 * What an answer amounts to.
 *
 * Asked for NAME at a server of ZONE, a message is judged in this order:
 *   1. no message: timeout, unreachable, malformed, canceled, by the outcome of the exchange.
 *   2. RCODE: REFUSED; NXDOMAIN counts with AA only, without it the server speaks of what it does not own:
 *      lame; any other but NOERROR is an error.
 *   3. records of NAME in the answer section (the type, CNAME, or a DNAME above): with AA an answer, without
 *      it lame (a cache).
 *   4. NS records in the authority section without SOA, at CUT, and no AA or CUT below ZONE: a referral if
 *      CUT lies below ZONE and NAME within CUT; upward if CUT is ZONE or above it; beside the way: lame.
 *   5. the rest is empty: nodata with AA (RFC 2308, section 2.2), lame without. */
#include <string.h>

#include "trace/walk.h"

bool dp_walk_has_authority(enum dp_trace_kind kind)
{
    return kind == DP_TRACE_ANSWER || kind == DP_TRACE_NODATA || kind == DP_TRACE_NXDOMAIN;
}

const struct dp_rr *dp_walk_find(const struct dp_msg *msg, enum dp_section section,
                                 const struct dp_name *owner, uint16_t type)
{
    const struct dp_rrs *rrs = &msg->sections[section];
    for (size_t i = 0; i < rrs->count; i++) {
        const struct dp_rr *rr = &rrs->items[i];
        if (rr->type == type && (owner == NULL || dp_name_equal(rr->owner, owner))) {
            return rr;
        }
    }
    return NULL;
}

struct dp_rrs dp_walk_select(const struct dp_msg *msg, enum dp_section section, const struct dp_name *owner,
                             uint16_t type, struct dp_arena *a)
{
    const struct dp_rrs *rrs = &msg->sections[section];
    struct dp_rrs out = {.items = dp_arena_alloc(a, (rrs->count + 1) * sizeof *out.items)};
    for (size_t i = 0; i < rrs->count && out.items != NULL; i++) {
        if (rrs->items[i].type == type && dp_name_equal(rrs->items[i].owner, owner)) {
            out.items[out.count++] = rrs->items[i];
        }
    }
    return out;
}

/* Rule 1; PENDING where there is a message to look at. */
static enum dp_trace_kind kind_of_outcome(const struct dp_exchange *ex)
{
    switch (ex->outcome) {
    case DP_OUTCOME_ANSWER:
    case DP_OUTCOME_LATE:
        return ex->response != NULL ? DP_TRACE_PENDING : DP_TRACE_MALFORMED;
    case DP_OUTCOME_PENDING:
    case DP_OUTCOME_TIMEOUT:
    case DP_OUTCOME_CONNECT_TIMEOUT:
        return DP_TRACE_TIMEOUT;
    case DP_OUTCOME_PORT_UNREACHABLE:
    case DP_OUTCOME_HOST_UNREACHABLE:
    case DP_OUTCOME_CONNECTION_REFUSED:
    case DP_OUTCOME_RESET:
    case DP_OUTCOME_CLOSED:
        return DP_TRACE_UNREACHABLE;
    case DP_OUTCOME_MALFORMED:
    case DP_OUTCOME_COUNT_:
        return DP_TRACE_MALFORMED;
    case DP_OUTCOME_CANCELED:
        return DP_TRACE_CANCELED;
    }
    return DP_TRACE_MALFORMED;
}

static bool answers(const struct dp_msg *msg, const struct dp_name *name, uint16_t type)
{
    const struct dp_rrs *rrs = &msg->sections[DP_SECTION_ANSWER];
    for (size_t i = 0; i < rrs->count; i++) {
        const struct dp_rr *rr = &rrs->items[i];
        const bool own = dp_name_equal(rr->owner, name);
        if (own && (rr->type == type || type == DP_TYPE_ANY || rr->type == DP_TYPE_CNAME)) {
            return true;
        }
        if (rr->type == DP_TYPE_DNAME && !own && dp_name_is_within(name, rr->owner)) {
            return true;
        }
    }
    return false;
}

enum dp_trace_kind dp_walk_classify(const struct dp_exchange *ex, const struct dp_name *zone,
                                    const struct dp_name *name, uint16_t type, struct dp_name *cut)
{
    const enum dp_trace_kind early = kind_of_outcome(ex);
    if (early != DP_TRACE_PENDING) {
        return early;
    }
    const struct dp_msg *msg = ex->response;
    const bool aa = (msg->flags & DP_FLAG_AA) != 0;
    if (msg->rcode == DP_RCODE_REFUSED) {
        return DP_TRACE_REFUSED;
    }
    if (msg->rcode == DP_RCODE_NXDOMAIN) {
        return aa ? DP_TRACE_NXDOMAIN : DP_TRACE_LAME;
    }
    if (msg->rcode != DP_RCODE_NOERROR) {
        return DP_TRACE_ERROR;
    }
    if (answers(msg, name, type)) {
        return aa ? DP_TRACE_ANSWER : DP_TRACE_LAME;
    }
    const struct dp_rr *ns = dp_walk_find(msg, DP_SECTION_AUTHORITY, NULL, DP_TYPE_NS);
    const bool soa = dp_walk_find(msg, DP_SECTION_AUTHORITY, NULL, DP_TYPE_SOA) != NULL;
    if (ns != NULL && !soa) {
        const bool below = dp_name_is_within(ns->owner, zone) && !dp_name_equal(ns->owner, zone);
        *cut = *ns->owner;
        if (below) {
            return dp_name_is_within(name, ns->owner) ? DP_TRACE_REFERRAL : DP_TRACE_LAME;
        }
        if (!aa) {
            return dp_name_is_within(zone, ns->owner) ? DP_TRACE_UPWARD : DP_TRACE_LAME;
        }
    }
    return aa ? DP_TRACE_NODATA : DP_TRACE_LAME;
}

struct dp_trace_ns *dp_walk_ns_add(struct dp_trace_ns **list, size_t *count, const struct dp_name *name,
                                   struct dp_arena *a)
{
    for (; *list != NULL; list = &(*list)->next) {
        if (dp_name_equal(&(*list)->name, name)) {
            return *list;
        }
    }
    struct dp_trace_ns *ns = *count < DP_WALK_NS_MAX ? dp_arena_calloc(a, 1, sizeof *ns) : NULL;
    if (ns != NULL) {
        ns->name = *name;
        *list = ns;
        (*count)++;
    }
    return ns;
}

void dp_walk_glue_add(struct dp_trace_ns *ns, const struct dp_addr *address, struct dp_arena *a)
{
    struct dp_trace_glue **last = &ns->glue;
    unsigned n = 0;
    for (; *last != NULL; last = &(*last)->next, n++) {
        if (dp_addr_same_ip(&(*last)->address, address)) {
            return;
        }
    }
    struct dp_trace_glue *glue = n < DP_WALK_ADDRESSES_MAX ? dp_arena_calloc(a, 1, sizeof *glue) : NULL;
    if (glue != NULL) {
        glue->address = *address;
        *last = glue;
    }
}

/* Glue counts only for names within the zone of the server that gives it: for others a resolver would not
 * believe it either (RFC 2181, section 5.4.1). */
static void read_glue(const struct dp_msg *msg, struct dp_trace_ns *ns, uint16_t port, struct dp_arena *a)
{
    const struct dp_rrs *rrs = &msg->sections[DP_SECTION_ADDITIONAL];
    for (size_t i = 0; i < rrs->count; i++) {
        const struct dp_rr *rr = &rrs->items[i];
        struct dp_addr address;
        if ((rr->type == DP_TYPE_A || rr->type == DP_TYPE_AAAA) && dp_name_equal(rr->owner, &ns->name) &&
            dp_addr_from_ip(&address, rr->rdata, rr->rdata_size, port) == DP_OK) {
            dp_walk_glue_add(ns, &address, a);
        }
    }
}

struct dp_trace_referral *dp_walk_referral(const struct dp_msg *msg, const struct dp_name *cut,
                                           const struct dp_name *zone, uint16_t port, struct dp_arena *a)
{
    struct dp_trace_referral *referral = dp_arena_calloc(a, 1, sizeof *referral);
    if (referral == NULL) {
        return NULL;
    }
    referral->zone = *cut;
    const struct dp_rrs *rrs = &msg->sections[DP_SECTION_AUTHORITY];
    for (size_t i = 0; i < rrs->count; i++) {
        struct dp_name name;
        if (rrs->items[i].type == DP_TYPE_NS && dp_name_equal(rrs->items[i].owner, cut) &&
            dp_name_from_wire(&name, rrs->items[i].rdata, rrs->items[i].rdata_size) == DP_OK) {
            dp_walk_ns_add(&referral->ns, &referral->n_ns, &name, a);
        }
    }
    for (struct dp_trace_ns *ns = referral->ns; ns != NULL; ns = ns->next) {
        if (dp_name_is_within(&ns->name, zone)) {
            read_glue(msg, ns, port, a);
        }
    }
    referral->ds = dp_walk_select(msg, DP_SECTION_AUTHORITY, cut, DP_TYPE_DS, a);
    return referral;
}
