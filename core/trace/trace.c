/* SPDX-License-Identifier: MIT
 * Life of a trace: start, the end, and what happens when nothing moves any more.
 *
 * Every way into the walk (start, an answer, a timer) is an entry. When the outermost entry is left and no
 * question is undecided, what waits for others is given up in this order: glue that might still come, queued
 * searches, searches that wait for one another (a circle). When then nothing moves and no late window is
 * open, the trace ends. */
#include "trace/trace.h"

#include <stdlib.h>

#include "base/clock.h"
#include "trace/walk.h"

#define EXCHANGES_DEFAULT 600
#define DEPTH_DEFAULT     6
#define FOLLOW_MAX        8
#define PORT_DEFAULT      53

static bool follow(struct dp_trace *t);

static void stop_timers(struct dp_trace *t)
{
    for (struct dp_trace_level *l = t->r->levels; l != NULL; l = l->next) {
        struct dp_walk_level *level = (struct dp_walk_level *)l;
        if (level->glue_timer != NULL) {
            dp_timer_cancel(level->glue_timer);
            level->glue_timer = NULL;
        }
    }
}

static void deliver(struct dp_trace *t)
{
    if (t->ended != NULL) {
        *t->ended = true;
    }
    t->done(t->user, t->r);
    free(t);
}

static void finish(struct dp_trace *t)
{
    stop_timers(t);
    dp_walk_result_complete(t);
    dp_walk_asks_detach(t);
    t->r->elapsed_us = dp_clock_mono_us() - t->started_us;
    if (!follow(t)) {
        deliver(t);
    }
}

void dp_walk_enter(struct dp_trace *t)
{
    t->busy++;
}

void dp_walk_leave(struct dp_trace *t)
{
    if (t->busy > 1) {
        t->busy--;
        return;
    }
    while (t->n_undecided == 0 && !t->canceled) {
        if (!dp_walk_glue_hurry(t) && !dp_walk_search_push(t) && !dp_walk_search_fail_waiting(t)) {
            break;
        }
    }
    t->busy--;
    if (t->n_undecided == 0 && t->n_silent == 0) {
        finish(t);
    }
}

/* ---- aliases ---- */

static void followed(void *user, struct dp_trace_result *result)
{
    struct dp_trace *t = user;
    t->r->followed = result;
    deliver(t);
}

/* The roots of this walk, for the next one. */
static struct dp_trace_hint *same_roots(struct dp_trace *t, size_t *count)
{
    const struct dp_trace_level *root = t->r->levels;
    struct dp_trace_hint *hints = dp_arena_calloc(t->a, root->n_servers, sizeof *hints);
    size_t n = 0;
    for (const struct dp_trace_server *s = root->servers; hints != NULL && s != NULL; s = s->next) {
        struct dp_addr *addresses = dp_arena_calloc(t->a, DP_WALK_ADDRESSES_MAX, sizeof *addresses);
        if (addresses == NULL) {
            return NULL;
        }
        hints[n] = (struct dp_trace_hint){.name = s->name, .addresses = addresses};
        for (const struct dp_trace_address *a = s->addresses; a != NULL; a = a->next) {
            if (a->source == DP_TRACE_HINTS) {
                addresses[hints[n].n_addresses++] = a->address;
            }
        }
        n++;
    }
    *count = n;
    return hints;
}

/* Begins the walk for the alias; false when there is none to follow. */
static bool follow(struct dp_trace *t)
{
    if (!t->params.follow_alias || !t->r->is_alias || t->canceled || t->n_followed == FOLLOW_MAX) {
        return false;
    }
    struct dp_trace_params params = t->params;
    params.name = t->r->alias;
    params.roots = same_roots(t, &params.n_roots);
    if (params.roots == NULL) {
        return false;
    }
    params.max_exchanges = params.max_exchanges > t->n_sent ? params.max_exchanges - t->n_sent : 1;
    struct dp_trace *next;
    if (dp_trace_start(t->engine, t->loop, &params, followed, t, &next) != DP_OK) {
        return false;
    }
    if (next != NULL) { /* else it has ended already, and so has this one */
        t->follower = next;
        next->n_followed = t->n_followed + 1;
    }
    return true;
}

/* ---- start and cancel ---- */

static void add_roots(struct dp_trace *t, const struct dp_trace_hint *roots, size_t n_roots)
{
    struct dp_name root;
    dp_name_root(&root);
    struct dp_walk_level *level = dp_walk_level_get(t, &root);
    for (size_t i = 0; level != NULL && i < n_roots; i++) {
        struct dp_walk_server *server = dp_walk_server_add(t, level, &roots[i].name, true);
        for (size_t k = 0; server != NULL && k < roots[i].n_addresses; k++) {
            struct dp_addr address = roots[i].addresses[k];
            if (address.port == 0) {
                address.port = t->params.port;
            }
            dp_walk_address_add(t, level, server, &address, DP_TRACE_HINTS);
        }
    }
}

/* Begins below the root: the addresses came from the network, so the caller's leave is needed for each. The
 * roots are known to searches, and not asked. */
static void add_start(struct dp_trace *t, const struct dp_trace_params *params,
                      const struct dp_trace_hint *roots, size_t n_roots)
{
    struct dp_name root;
    dp_name_root(&root);
    for (size_t i = 0; i < n_roots; i++) {
        for (size_t k = 0; k < roots[i].n_addresses; k++) {
            struct dp_addr address = roots[i].addresses[k];
            address.port = address.port == 0 ? t->params.port : address.port;
            dp_walk_cut_add(t, &root, &roots[i].name, &address, true);
        }
    }
    struct dp_walk_level *level = dp_walk_level_get(t, &params->start_zone);
    for (size_t i = 0; level != NULL && i < params->n_start; i++) {
        struct dp_walk_server *server = dp_walk_server_add(t, level, &params->start[i].name, true);
        for (size_t k = 0; server != NULL && k < params->start[i].n_addresses; k++) {
            struct dp_addr address = params->start[i].addresses[k];
            address.port = address.port == 0 ? t->params.port : address.port;
            dp_walk_address_add(t, level, server, &address, DP_TRACE_GLUE);
        }
    }
    if (level != NULL) {
        dp_walk_search_unglued(t, level);
    }
}

static void set_defaults(struct dp_trace_params *params)
{
    params->rrclass = params->rrclass != 0 ? params->rrclass : DP_CLASS_IN;
    params->port = params->port != 0 ? params->port : PORT_DEFAULT;
    params->max_exchanges = params->max_exchanges != 0 ? params->max_exchanges : EXCHANGES_DEFAULT;
    params->max_depth = params->max_depth != 0 ? params->max_depth : DEPTH_DEFAULT;
    params->roots = params->start = NULL;
    params->n_start = 0;
}

enum dp_err dp_trace_start(struct dp_engine *engine, struct dp_loop *loop,
                           const struct dp_trace_params *params, dp_trace_cb *done, void *user,
                           struct dp_trace **handle)
{
    size_t n_roots = params->n_roots;
    const struct dp_trace_hint *roots =
        params->roots != NULL ? params->roots : dp_trace_builtin_roots(&n_roots);
    if (params->name.len == 0 || n_roots == 0 || (!params->use_v4 && !params->use_v6) ||
        (params->n_start > 0 && !dp_name_is_within(&params->name, &params->start_zone))) {
        return DP_ERR_ARG;
    }
    struct dp_trace *t = calloc(1, sizeof *t);
    if (t == NULL) {
        return DP_ERR_NOMEM;
    }
    t->params = *params;
    set_defaults(&t->params);
    t->engine = engine;
    t->loop = loop;
    t->done = done;
    t->user = user;
    t->started_us = dp_clock_mono_us();
    t->r = dp_walk_result_new(&t->params);
    if (t->r == NULL) {
        free(t);
        return DP_ERR_NOMEM;
    }
    t->a = &t->r->arena;
    t->last_probe = &t->r->probes;
    bool ended = false;
    t->ended = &ended;
    dp_walk_enter(t);
    if (params->n_start > 0) {
        add_start(t, params, roots, n_roots);
    } else {
        add_roots(t, roots, n_roots);
    }
    dp_walk_leave(t);
    if (!ended) {
        t->ended = NULL;
    }
    if (handle != NULL) {
        *handle = ended ? NULL : t;
    }
    return DP_OK;
}

void dp_trace_cancel(struct dp_trace *trace)
{
    if (trace->follower != NULL) {
        dp_trace_cancel(trace->follower);
        return;
    }
    trace->canceled = true;
    dp_walk_enter(trace);
    dp_walk_asks_cancel(trace);
    dp_walk_leave(trace);
}

/* ---- names ---- */

const char *dp_trace_kind_name(enum dp_trace_kind kind)
{
    static const char *const names[] = {
        "pending", "answer",  "nodata",      "nxdomain",  "referral", "upward", "lame",    "refused",
        "error",   "timeout", "unreachable", "malformed", "canceled", "family", "private", "limit"};
    return names[kind];
}

const char *dp_trace_source_name(enum dp_trace_source source)
{
    static const char *const names[] = {"hints", "glue", "resolved", "child", "shared"};
    return names[source];
}

const char *dp_trace_status_name(enum dp_trace_status status)
{
    static const char *const names[] = {"answer", "nodata", "nxdomain", "dead-end",
                                        "loop",   "limit",  "canceled"};
    return names[status];
}

const char *dp_trace_purpose_name(enum dp_trace_purpose purpose)
{
    static const char *const names[] = {"soa", "ns", "dnskey", "address", "ds", "resolve"};
    return names[purpose];
}
