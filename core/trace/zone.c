/* SPDX-License-Identifier: MIT
 * What a zone's servers say of the zone itself, for the comparison with what its parent says.
 *
 *   1. A server that answers the name with authority is asked for the SOA of the name. Its owner is the apex:
 *      if that lies below the level's zone, the server serves the child as well and no referral was seen;
 *      the zone gets a level of its own, with this server as "shared".
 *   2. A server of the apex is asked for NS and DNSKEY of the zone.
 *   3. Names in those NS sets that lie within the zone are asked for, A and AAAA, at the first
 *      DP_WALK_ASKED_FOR_NAME servers: the child's own view of what the glue says. Other names are searched
 *      from the root: their own zone's view.
 *   4. Servers that referred to the zone are asked for its DS:
 *      it belongs to the parent (RFC 4035, 3.1.4.1). */
#include "trace/walk.h"

static void probe_answered(struct dp_trace *t, const struct dp_walk_ask *ask);

struct task { /* a question to one server of the zone; `server` NULL unless it is about a name server */
    struct dp_walk_address *address;
    struct dp_trace_probe *probe;
};

static void put(struct dp_trace *t, struct dp_walk_address *address, enum dp_trace_purpose purpose,
                const struct dp_name *name, uint16_t type)
{
    struct task *task = dp_arena_alloc(t->a, sizeof *task);
    struct dp_walk_question question = {.address = &address->pub.address,
                                        .name = name,
                                        .type = type,
                                        .trusted = address->pub.source == DP_TRACE_HINTS,
                                        .answered = probe_answered,
                                        .target = task};
    struct dp_trace_probe *probe =
        dp_walk_probe(t, purpose, &question, &address->level->pub.zone, &address->server->pub.name);
    if (task == NULL || probe == NULL) {
        t->failed = true;
        return;
    }
    *task = (struct task){address, probe};
    const enum dp_trace_kind kind = dp_walk_ask(t, &question);
    if (kind != DP_TRACE_PENDING) {
        probe->kind = kind;
    }
}

static bool inside(const struct dp_walk_level *level, const struct dp_trace_server *server)
{
    return dp_name_is_within(&server->name, &level->pub.zone);
}

/* Rule 3 for one name server: asks as many servers of the zone as are known and allowed. */
static void ask_addresses(struct dp_trace *t, struct dp_walk_level *level, struct dp_walk_server *server)
{
    if (dp_name_labels(&level->pub.zone) == 0) {
        return; /* the root servers' addresses are the hints' matter */
    }
    if (!inside(level, &server->pub)) {
        if (!server->wants_search) {
            server->wants_search = true;
            server->pub.unresolved = server->pub.addresses == NULL; /* until an address is found */
            dp_walk_search_want(t, &server->pub.name, 0);
        }
        return;
    }
    while (server->n_asked_for < level->n_views && server->n_asked_for < DP_WALK_ASKED_FOR_NAME) {
        struct dp_walk_address *at = level->confirmed[server->n_asked_for++];
        put(t, at, DP_TRACE_FOR_ADDRESS, &server->pub.name, DP_TYPE_A);
        put(t, at, DP_TRACE_FOR_ADDRESS, &server->pub.name, DP_TYPE_AAAA);
    }
}

void dp_walk_zone_new_server(struct dp_trace *t, struct dp_walk_level *level, struct dp_walk_server *server)
{
    if (level->n_views > 0) {
        ask_addresses(t, level, server);
    }
}

void dp_walk_zone_ask_ds(struct dp_trace *t, struct dp_walk_level *level)
{
    if (level->n_views == 0 || dp_name_labels(&level->pub.zone) == 0) {
        return;
    }
    const struct dp_trace_level *above = NULL;
    for (struct dp_trace_level *l = t->r->levels; l != NULL && l != &level->pub; l = l->next) {
        above = l;
    }
    for (struct dp_trace_server *s = above == NULL ? NULL : above->servers; s != NULL; s = s->next) {
        for (struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
            struct dp_walk_address *address = (struct dp_walk_address *)a;
            const bool speaks = a->kind == DP_TRACE_REFERRAL || dp_walk_has_authority(a->kind);
            if (speaks && !address->ds_asked && level->n_ds_asked < DP_WALK_DS_ASKED) {
                address->ds_asked = true;
                level->n_ds_asked++;
                put(t, address, DP_TRACE_FOR_DS, &level->pub.zone, DP_TYPE_DS);
            }
        }
    }
}

/* Rules 2 to 4 begin for this server. */
static void confirm(struct dp_trace *t, struct dp_walk_address *address)
{
    struct dp_walk_level *level = address->level;
    struct dp_trace_child_view *view = dp_arena_calloc(t->a, 1, sizeof *view);
    if (view == NULL) {
        t->failed = true;
        return;
    }
    view->server = address->server->pub.name;
    view->address = address->pub.address;
    address->view = view;
    struct dp_trace_child_view **last = &level->views;
    while (*last != NULL) {
        last = &(*last)->next;
    }
    *last = view;
    if (level->n_views < DP_WALK_ASKED_FOR_NAME) {
        level->confirmed[level->n_views] = address;
    }
    level->n_views++;
    put(t, address, DP_TRACE_FOR_NS, &level->pub.zone, DP_TYPE_NS);
    put(t, address, DP_TRACE_FOR_DNSKEY, &level->pub.zone, DP_TYPE_DNSKEY);
    for (struct dp_trace_server *s = level->pub.servers; s != NULL; s = s->next) {
        ask_addresses(t, level, (struct dp_walk_server *)s);
    }
    dp_walk_zone_ask_ds(t, level);
}

/* Serial: the first of the five numbers behind the two names of SOA RDATA (RFC 1035, section 3.3.13). */
static bool read_serial(const struct dp_rr *soa, uint32_t *serial)
{
    if (soa->rdata_size < 20) {
        return false;
    }
    const uint8_t *at = soa->rdata + soa->rdata_size - 20;
    *serial = (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
    return true;
}

/* Rule 1: what the owner of a SOA record says about where this server stands. `soa` NULL: not known. */
static void place(struct dp_trace *t, struct dp_walk_address *address, const struct dp_rr *soa)
{
    struct dp_walk_level *level = address->level;
    address->soa_seen = true;
    const bool on_the_way = soa != NULL && dp_name_is_within(&t->r->name, soa->owner);
    if (on_the_way && dp_name_is_within(soa->owner, &level->pub.zone) &&
        !dp_name_equal(soa->owner, &level->pub.zone)) {
        struct dp_walk_level *below = dp_walk_level_get(t, soa->owner);
        struct dp_walk_server *server =
            below == NULL ? NULL : dp_walk_server_add(t, below, &address->server->pub.name, false);
        if (server != NULL) {
            dp_walk_address_add(t, below, server, &address->pub.address, DP_TRACE_SHARED);
        }
        return;
    }
    confirm(t, address);
    if (soa != NULL && address->view != NULL) {
        address->view->has_soa = read_serial(soa, &address->view->serial);
        address->view->soa_owner = *soa->owner;
    }
}

void dp_walk_zone_begin(struct dp_trace *t, struct dp_walk_address *address)
{
    const struct dp_msg *msg = address->pub.exchange->response;
    const struct dp_rr *soa = dp_walk_find(msg, DP_SECTION_AUTHORITY, NULL, DP_TYPE_SOA);
    if (address->soa_seen) {
        return;
    }
    if (soa != NULL) {
        place(t, address, soa);
        return;
    }
    /* Of an alias the server would give the alias again: then the SOA of the level's zone is asked for. */
    const bool alias = dp_walk_find(msg, DP_SECTION_ANSWER, &t->r->name, DP_TYPE_CNAME) != NULL;
    put(t, address, DP_TRACE_FOR_SOA, alias ? &address->level->pub.zone : &t->r->name, DP_TYPE_SOA);
}

static void take_ns(struct dp_trace *t, struct dp_walk_address *address, const struct dp_msg *msg)
{
    struct dp_walk_level *level = address->level;
    struct dp_trace_child_view *view = address->view;
    const struct dp_rrs found = dp_walk_select(msg, DP_SECTION_ANSWER, &level->pub.zone, DP_TYPE_NS, t->a);
    size_t count = 0;
    view->has_ns = true;
    for (size_t i = 0; i < found.count; i++) {
        struct dp_name name;
        if (dp_name_from_wire(&name, found.items[i].rdata, found.items[i].rdata_size) == DP_OK) {
            dp_walk_ns_add(&view->ns, &count, &name, t->a);
            dp_walk_server_add(t, level, &name, false);
        }
    }
}

/* The zone's servers may say that a name of theirs lies in a zone below: then that one is asked. */
static void take_addresses(struct dp_trace *t, const struct dp_walk_ask *ask, enum dp_trace_kind kind)
{
    if (kind == DP_TRACE_REFERRAL) {
        dp_walk_search_want(t, &ask->name, 0);
        return;
    }
    if (!dp_walk_has_authority(kind)) {
        return;
    }
    const struct dp_rrs found =
        dp_walk_select(ask->ex->response, DP_SECTION_ANSWER, &ask->name, ask->type, t->a);
    dp_walk_truth_add(t, &ask->name, NULL, DP_TRACE_CHILD);
    for (size_t i = 0; i < found.count; i++) {
        struct dp_addr address;
        if (dp_addr_from_ip(&address, found.items[i].rdata, found.items[i].rdata_size, t->params.port) ==
            DP_OK) {
            dp_walk_truth_add(t, &ask->name, &address, DP_TRACE_CHILD);
        }
    }
}

static void probe_answered(struct dp_trace *t, const struct dp_walk_ask *ask)
{
    const struct task *task = ask->target;
    struct dp_walk_address *address = task->address;
    struct dp_name cut;
    const enum dp_trace_kind kind =
        dp_walk_classify(ask->ex, &address->level->pub.zone, &ask->name, ask->type, &cut);
    const struct dp_msg *msg = ask->ex->response;
    const bool authority = dp_walk_has_authority(kind);
    task->probe->exchange = ask->ex;
    task->probe->kind = kind;
    if (t->canceled) {
        return;
    }
    switch (task->probe->purpose) {
    case DP_TRACE_FOR_SOA:
        if (!address->soa_seen) {
            const struct dp_rr *soa = NULL;
            if (authority) {
                soa = dp_walk_find(msg, DP_SECTION_ANSWER, &ask->name, DP_TYPE_SOA);
                soa = soa != NULL ? soa : dp_walk_find(msg, DP_SECTION_AUTHORITY, NULL, DP_TYPE_SOA);
            }
            place(t, address, soa);
        }
        break;
    case DP_TRACE_FOR_NS:
        if (authority) {
            take_ns(t, address, msg);
        }
        break;
    case DP_TRACE_FOR_DNSKEY:
        if (authority) {
            address->view->has_dnskey = true;
            address->view->dnskey = dp_walk_select(msg, DP_SECTION_ANSWER, &ask->name, DP_TYPE_DNSKEY, t->a);
        }
        break;
    case DP_TRACE_FOR_ADDRESS:
        take_addresses(t, ask, kind);
        break;
    case DP_TRACE_FOR_DS:
    case DP_TRACE_FOR_RESOLVE:
        break; /* read when the result is made; searches have an answer function of their own */
    }
}
