/* SPDX-License-Identifier: MIT
 * Levels: the zones from the root down to the name, each with all its servers and all their addresses.
 *
 * 1. An address is asked for the name the moment it is known, whoever gave it.
 * 2. A referral adds its servers and glue to the level of its zone. Its zone lies below the zone asked for
 *    and on the way to the name (classify.c), so there are at most as many levels as the name has labels,
 *    and no referral leads back.
 * 3. Names without glue wait DP_WALK_GLUE_GRACE_US, or until all servers of the level above have spoken, in
 *    case another referral has it; then they are searched.
 * 4. When all addresses of a level were silent, each is asked once more, without EDNS: one lost packet, or a
 *    path that eats EDNS, must not end the walk. */
#include "base/clock.h"
#include "trace/walk.h"

static void answered(struct dp_trace *t, const struct dp_walk_ask *ask);

struct dp_walk_level *dp_walk_level_get(struct dp_trace *t, const struct dp_name *zone)
{
    const unsigned labels = dp_name_labels(zone);
    struct dp_trace_level **place = &t->r->levels;
    while (*place != NULL && dp_name_labels(&(*place)->zone) < labels) {
        place = &(*place)->next;
    }
    if (*place != NULL && dp_name_equal(&(*place)->zone, zone)) {
        return (struct dp_walk_level *)*place;
    }
    struct dp_walk_level *level = dp_arena_calloc(t->a, 1, sizeof *level);
    if (level == NULL) {
        t->failed = true;
        return NULL;
    }
    level->pub.zone = *zone;
    level->pub.next = *place;
    level->started_us = dp_clock_mono_us();
    *place = &level->pub;
    t->r->n_levels++;
    return level;
}

struct dp_walk_server *dp_walk_server_add(struct dp_trace *t, struct dp_walk_level *level,
                                          const struct dp_name *name, bool in_delegation)
{
    struct dp_trace_server **last = &level->pub.servers;
    for (; *last != NULL; last = &(*last)->next) {
        if (dp_name_equal(&(*last)->name, name)) {
            (*last)->in_delegation |= in_delegation;
            return (struct dp_walk_server *)*last;
        }
    }
    if (level->pub.n_servers == DP_WALK_NS_MAX) {
        t->r->limited = true;
        return NULL;
    }
    struct dp_walk_server *server = dp_arena_calloc(t->a, 1, sizeof *server);
    if (server == NULL) {
        t->failed = true;
        return NULL;
    }
    server->pub.name = *name;
    server->pub.in_delegation = in_delegation;
    *last = &server->pub;
    level->pub.n_servers++;
    dp_walk_cut_add(t, &level->pub.zone, name, NULL, false);
    dp_walk_zone_new_server(t, level, server);
    return server;
}

static void ask(struct dp_trace *t, struct dp_walk_address *address, bool plain)
{
    const struct dp_walk_question question = {.address = &address->pub.address,
                                              .name = &t->r->name,
                                              .type = t->r->type,
                                              .trusted = address->pub.source == DP_TRACE_HINTS,
                                              .plain = plain,
                                              .answered = answered,
                                              .target = address};
    address->level->n_undecided++;
    address->pub.kind = DP_TRACE_PENDING;
    const enum dp_trace_kind kind = dp_walk_ask(t, &question);
    if (kind != DP_TRACE_PENDING) {
        address->level->n_undecided--;
        address->pub.kind = kind;
    }
}

void dp_walk_address_add(struct dp_trace *t, struct dp_walk_level *level, struct dp_walk_server *server,
                         const struct dp_addr *addr, enum dp_trace_source source)
{
    struct dp_trace_address **last = &server->pub.addresses;
    unsigned n = 0;
    for (; *last != NULL; last = &(*last)->next, n++) {
        if (dp_addr_same_ip(&(*last)->address, addr)) {
            return;
        }
    }
    if (n == DP_WALK_ADDRESSES_MAX) {
        t->r->limited = true;
        return;
    }
    struct dp_walk_address *address = dp_arena_calloc(t->a, 1, sizeof *address);
    if (address == NULL) {
        t->failed = true;
        return;
    }
    address->pub.address = *addr;
    address->pub.source = source;
    address->level = level;
    address->server = server;
    *last = &address->pub;
    server->pub.unresolved = false;
    dp_walk_cut_add(t, &level->pub.zone, &server->pub.name, addr, source == DP_TRACE_HINTS);
    ask(t, address, false);
}

/* ---- referrals ---- */

/* The union keeps the first zone that this level's servers referred to, or one above it. */
static void unite(struct dp_trace *t, struct dp_walk_level *level, const struct dp_trace_referral *referral)
{
    struct dp_trace_referral *all = level->pub.referral;
    if (all == NULL || dp_name_labels(&referral->zone) < dp_name_labels(&all->zone)) {
        all = dp_arena_calloc(t->a, 1, sizeof *all);
        if (all == NULL) {
            t->failed = true;
            return;
        }
        all->zone = referral->zone;
        level->pub.referral = all;
    }
    if (!dp_name_equal(&all->zone, &referral->zone)) {
        return;
    }
    for (const struct dp_trace_ns *ns = referral->ns; ns != NULL; ns = ns->next) {
        struct dp_trace_ns *to = dp_walk_ns_add(&all->ns, &all->n_ns, &ns->name, t->a);
        for (const struct dp_trace_glue *glue = ns->glue; to != NULL && glue != NULL; glue = glue->next) {
            dp_walk_glue_add(to, &glue->address, t->a);
        }
    }
    if (all->ds.count == 0) {
        all->ds = referral->ds;
    }
}

/* A name without addresses gets its search (rule 3), as many as one zone may cost. */
void dp_walk_search_unglued(struct dp_trace *t, struct dp_walk_level *level)
{
    if (level->glue_timer != NULL) {
        dp_timer_cancel(level->glue_timer);
        level->glue_timer = NULL;
    }
    for (struct dp_trace_server *s = level->pub.servers; s != NULL; s = s->next) {
        struct dp_walk_server *server = (struct dp_walk_server *)s;
        if (s->addresses != NULL || server->wants_search) {
            continue;
        }
        if (level->n_unglued == DP_WALK_UNGLUED_MAX) {
            t->r->limited = true;
            return;
        }
        level->n_unglued++;
        server->wants_search = true;
        s->unresolved = true; /* until an address is found */
        dp_walk_search_want(t, &s->name, 0);
    }
}

struct wait { /* the timer's argument */
    struct dp_trace *t;
    struct dp_walk_level *level;
};

static void glue_waited(void *user)
{
    const struct wait *wait = user;
    struct dp_trace *t = wait->t;
    wait->level->glue_timer = NULL;
    dp_walk_enter(t);
    dp_walk_search_unglued(t, wait->level);
    dp_walk_leave(t);
}

static void wait_for_glue(struct dp_trace *t, struct dp_walk_level *child, bool all_decided)
{
    bool missing = false;
    for (const struct dp_trace_server *s = child->pub.servers; s != NULL; s = s->next) {
        missing |= s->addresses == NULL && !((const struct dp_walk_server *)s)->wants_search;
    }
    if (!missing) {
        return;
    }
    struct wait *wait = all_decided || child->glue_timer != NULL ? NULL : dp_arena_alloc(t->a, sizeof *wait);
    if (wait != NULL) {
        *wait = (struct wait){t, child};
        if (dp_timer_start(t->loop, DP_WALK_GLUE_GRACE_US, glue_waited, wait, &child->glue_timer) == DP_OK) {
            return;
        }
        child->glue_timer = NULL;
    }
    if (child->glue_timer == NULL || all_decided) {
        dp_walk_search_unglued(t, child);
    }
}

bool dp_walk_glue_hurry(struct dp_trace *t)
{
    bool any = false;
    for (struct dp_trace_level *l = t->r->levels; l != NULL; l = l->next) {
        struct dp_walk_level *level = (struct dp_walk_level *)l;
        if (level->glue_timer != NULL) {
            dp_walk_search_unglued(t, level);
            any = true;
        }
    }
    return any;
}

/* Rule 2. */
static void descend(struct dp_trace *t, struct dp_walk_address *address)
{
    const struct dp_trace_referral *referral = address->pub.referral;
    struct dp_walk_level *child = dp_walk_level_get(t, &referral->zone);
    if (child == NULL) {
        return;
    }
    unite(t, address->level, referral);
    for (const struct dp_trace_ns *ns = referral->ns; ns != NULL; ns = ns->next) {
        struct dp_walk_server *server = dp_walk_server_add(t, child, &ns->name, true);
        for (const struct dp_trace_glue *glue = ns->glue; server != NULL && glue != NULL; glue = glue->next) {
            dp_walk_address_add(t, child, server, &glue->address, DP_TRACE_GLUE);
        }
    }
    wait_for_glue(t, child, address->level->n_undecided == 0);
    dp_walk_zone_ask_ds(t, child);
}

/* ---- answers ---- */

/* Rule 4, and the end of the wait of rule 3. */
static void level_decided(struct dp_trace *t, struct dp_walk_level *level)
{
    bool all_silent = true;
    for (const struct dp_trace_server *s = level->pub.servers; s != NULL; s = s->next) {
        for (const struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
            all_silent &= a->kind == DP_TRACE_TIMEOUT || a->kind >= DP_TRACE_NO_FAMILY;
        }
    }
    if (all_silent && !level->tried_again && !t->canceled) {
        level->tried_again = true;
        for (struct dp_trace_server *s = level->pub.servers; s != NULL; s = s->next) {
            for (struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
                if (a->kind == DP_TRACE_TIMEOUT) {
                    ask(t, (struct dp_walk_address *)a, true);
                }
            }
        }
        return;
    }
    if (level->pub.referral != NULL) {
        struct dp_walk_level *child = dp_walk_level_get(t, &level->pub.referral->zone);
        if (child != NULL && child->glue_timer != NULL) {
            dp_walk_search_unglued(t, child);
        }
    }
}

/* Called when the answer is decided, and once more when it came late after all. */
static void answered(struct dp_trace *t, const struct dp_walk_ask *asked)
{
    struct dp_walk_address *address = asked->target;
    struct dp_walk_level *level = address->level;
    struct dp_name cut;
    if (asked->ex->outcome == DP_OUTCOME_LATE) {
        if (address->pub.kind != DP_TRACE_TIMEOUT && address->pub.kind != DP_TRACE_PENDING) {
            return; /* the second attempt has spoken meanwhile */
        }
    } else {
        level->n_undecided--;
        if (address->pub.kind != DP_TRACE_PENDING) {
            return; /* the first attempt's late answer has spoken */
        }
    }
    address->pub.exchange = asked->ex;
    address->pub.n_attempts = asked->n_attempts;
    address->pub.kind = dp_walk_classify(asked->ex, &level->pub.zone, &asked->name, asked->type, &cut);
    level->pub.elapsed_us = dp_clock_mono_us() - level->started_us;
    const enum dp_trace_kind kind = address->pub.kind;
    dp_walk_cut_mark(t, &level->pub.zone, &address->pub.address,
                     kind != DP_TRACE_REFERRAL && !dp_walk_has_authority(kind));
    if (kind == DP_TRACE_REFERRAL || kind == DP_TRACE_UPWARD) {
        address->pub.referral =
            dp_walk_referral(asked->ex->response, &cut, &level->pub.zone, t->params.port, t->a);
        if (address->pub.referral == NULL) {
            t->failed = true;
        } else if (kind == DP_TRACE_REFERRAL && !t->canceled) {
            descend(t, address);
        }
    } else if (dp_walk_has_authority(kind) && !t->canceled) {
        dp_walk_zone_begin(t, address);
    }
    if (level->n_undecided == 0) {
        level_decided(t, level);
    }
}
