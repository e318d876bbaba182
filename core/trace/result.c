/* SPDX-License-Identifier: MIT
 * The result of a walk: its memory, and the summary that is made of what was learned. */
#include <stdlib.h>
#include <string.h>

#include "trace/walk.h"

struct dp_trace_result *dp_walk_result_new(const struct dp_trace_params *params)
{
    struct dp_trace_result *r = calloc(1, sizeof *r);
    if (r != NULL) {
        dp_arena_init(&r->arena, 0);
        r->name = params->name;
        r->type = params->type;
        r->rrclass = params->rrclass;
        dp_name_root(&r->zone);
    }
    return r;
}

void dp_trace_result_free(struct dp_trace_result *result)
{
    while (result != NULL) {
        struct dp_trace_result *next = result->followed;
        for (size_t i = 0; i < result->n_exchanges; i++) {
            dp_exchange_unref(result->exchanges[i]);
        }
        free(result->exchanges);
        dp_arena_fini(&result->arena);
        free(result);
        result = next;
    }
}

struct tally {
    unsigned authority, referrals;
    const struct dp_trace_address *answer, *nodata, *nxdomain; /* the first of each */
};

static struct tally count(const struct dp_trace_level *level)
{
    struct tally tally = {0};
    for (const struct dp_trace_server *s = level->servers; s != NULL; s = s->next) {
        for (const struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
            const struct dp_trace_address **first = a->kind == DP_TRACE_ANSWER     ? &tally.answer
                                                    : a->kind == DP_TRACE_NODATA   ? &tally.nodata
                                                    : a->kind == DP_TRACE_NXDOMAIN ? &tally.nxdomain
                                                                                   : NULL;
            tally.referrals += a->kind == DP_TRACE_REFERRAL;
            tally.authority += dp_walk_has_authority(a->kind);
            if (first != NULL && *first == NULL) {
                *first = a;
            }
        }
    }
    return tally;
}

/* The deepest level whose servers speak with authority, unless most of them refer further down: then the
 * dead zone below is the one. */
static struct dp_trace_level *choose_zone(const struct dp_trace_result *r)
{
    struct dp_trace_level *chosen = NULL;
    struct dp_trace_level *last = NULL;
    for (struct dp_trace_level *level = r->levels; level != NULL; level = level->next) {
        const struct tally tally = count(level);
        if (tally.authority > 0 && (level->next == NULL || tally.authority > tally.referrals)) {
            chosen = level;
        } else if (tally.referrals > 0) {
            chosen = NULL;
        }
        last = level;
    }
    return chosen != NULL ? chosen : last;
}

static void take_answer(struct dp_trace_result *r, const struct dp_trace_address *from, struct dp_arena *a)
{
    const struct dp_msg *msg = from->exchange->response;
    r->answer = msg->sections[DP_SECTION_ANSWER];
    const struct dp_rr *alias = dp_walk_find(msg, DP_SECTION_ANSWER, &r->name, DP_TYPE_CNAME);
    if (alias == NULL || r->type == DP_TYPE_CNAME || r->type == DP_TYPE_ANY ||
        dp_walk_select(msg, DP_SECTION_ANSWER, &r->name, r->type, a).count > 0) {
        return;
    }
    r->is_alias = dp_name_from_wire(&r->alias, alias->rdata, alias->rdata_size) == DP_OK;
}

static void set_status(struct dp_trace *t, const struct dp_trace_level *level)
{
    struct dp_trace_result *r = t->r;
    const struct tally tally = level == NULL ? (struct tally){0} : count(level);
    const bool searching = level != NULL && level->referral == NULL && tally.authority == 0;
    if (t->canceled) {
        r->status = DP_TRACE_STATUS_CANCELED;
    } else if (tally.answer != NULL) {
        r->status = DP_TRACE_STATUS_ANSWER;
        take_answer(r, tally.answer, t->a);
    } else if (tally.nodata != NULL) {
        r->status = DP_TRACE_STATUS_NODATA;
    } else if (tally.nxdomain != NULL) {
        r->status = DP_TRACE_STATUS_NXDOMAIN;
    } else if (searching && t->circle) {
        r->status = DP_TRACE_STATUS_LOOP;
    } else if (r->limited) {
        r->status = DP_TRACE_STATUS_LIMIT;
    } else {
        r->status = DP_TRACE_STATUS_DEAD_END;
    }
}

/* The parent's side: a copy of the union that the levels above gave,
 * with the DS that their servers answer. */
static void set_parent(struct dp_trace *t)
{
    struct dp_trace_result *r = t->r;
    for (const struct dp_trace_level *level = r->levels; level != NULL; level = level->next) {
        const struct dp_trace_referral *referral = level->referral;
        if (referral == NULL || !dp_name_equal(&referral->zone, &r->zone)) {
            continue;
        }
        r->parent = dp_arena_memdup(t->a, referral, sizeof *referral);
        if (r->parent == NULL) {
            t->failed = true;
            return;
        }
    }
    for (const struct dp_trace_probe *p = r->probes; p != NULL; p = p->next) {
        if (p->purpose != DP_TRACE_FOR_DS || !dp_walk_has_authority(p->kind) ||
            !dp_name_equal(&p->name, &r->zone)) {
            continue;
        }
        r->has_ds_answer = true;
        const struct dp_rrs ds =
            dp_walk_select(p->exchange->response, DP_SECTION_ANSWER, &r->zone, DP_TYPE_DS, t->a);
        if (r->parent != NULL && ds.count > r->parent->ds.count) {
            r->parent->ds = ds;
        }
    }
}

static void copy_addresses(struct dp_trace_ns *to, const struct dp_trace_ns *from, struct dp_arena *a)
{
    for (const struct dp_trace_glue *glue = from == NULL ? NULL : from->glue; glue != NULL;
         glue = glue->next) {
        dp_walk_glue_add(to, &glue->address, a);
    }
}

static void set_child(struct dp_trace *t, const struct dp_trace_level *level)
{
    struct dp_trace_result *r = t->r;
    size_t n_true = 0;
    r->child_views = ((const struct dp_walk_level *)level)->views;
    for (const struct dp_trace_child_view *view = r->child_views; view != NULL; view = view->next) {
        for (const struct dp_trace_ns *ns = view->ns; ns != NULL; ns = ns->next) {
            struct dp_trace_ns *to = dp_walk_ns_add(&r->child_ns, &r->n_child_ns, &ns->name, t->a);
            if (to != NULL) {
                copy_addresses(to, dp_walk_truth_of(t, &ns->name), t->a);
            }
        }
    }
    for (const struct dp_trace_server *s = level->servers; s != NULL; s = s->next) {
        const struct dp_trace_ns *truth = dp_walk_truth_of(t, &s->name);
        struct dp_trace_ns *to =
            truth == NULL ? NULL : dp_walk_ns_add(&r->true_addresses, &n_true, &s->name, t->a);
        if (to != NULL) {
            copy_addresses(to, truth, t->a);
        }
    }
}

void dp_walk_result_complete(struct dp_trace *t)
{
    const struct dp_trace_level *level = choose_zone(t->r);
    set_status(t, level);
    if (level != NULL) {
        t->r->zone = level->zone;
        set_child(t, level);
    }
    set_parent(t);
}
