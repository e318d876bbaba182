/* SPDX-License-Identifier: MIT
 * Questions of a walk: one exchange each, with the second attempts that a resolver would make as well.
 *
 *   1. Before sending: family, leave of the caller, the limits. What is not sent has its own kinds.
 *   2. TC over UDP: the same over TCP.
 *   3. FORMERR, NOTIMP or BADVERS to EDNS: the same without EDNS (RFC 6891, section 7).
 *   4. Silence: decided as a timeout, heard again if the answer comes within the late window.
 * An ask outlives its trace when its exchange is still listened to at the end: it is then detached. */
#include <stdlib.h>

#include "exchange/query.h"
#include "trace/walk.h"

#define EDNS_SIZE_DEFAULT 1232 /* DNS Flag Day 2020 */

static enum dp_trace_kind start(struct dp_trace *t, struct dp_walk_ask *ask);

static void unlink_ask(struct dp_walk_ask *ask)
{
    struct dp_trace *t = ask->trace;
    if (t == NULL) {
        return;
    }
    if (ask->prev != NULL) {
        ask->prev->next = ask->next;
    } else {
        t->asks = ask->next;
    }
    if (ask->next != NULL) {
        ask->next->prev = ask->prev;
    }
}

/* The result holds the exchange from the first moment that we know it. */
static void keep_exchange(struct dp_walk_ask *ask, struct dp_exchange *ex)
{
    struct dp_trace_result *r = ask->trace->r;
    if (ask->ex != NULL) {
        return;
    }
    if (r->n_exchanges == ask->trace->exchanges_cap) {
        const size_t cap = ask->trace->exchanges_cap == 0 ? 64 : ask->trace->exchanges_cap * 2;
        struct dp_exchange **larger = realloc(r->exchanges, cap * sizeof(struct dp_exchange *));
        if (larger == NULL) {
            ask->trace->failed = true;
            return;
        }
        r->exchanges = larger;
        ask->trace->exchanges_cap = cap;
    }
    r->exchanges[r->n_exchanges++] = dp_exchange_ref(ex);
    ask->ex = ex;
}

/* Rules 2 and 3: sends the same question in another way. False when there is no reason to, or no leave. */
static bool again(struct dp_trace *t, const struct dp_walk_ask *ask)
{
    const struct dp_msg *msg = ask->ex->response;
    if (ask->ex->outcome != DP_OUTCOME_ANSWER || msg == NULL || ask->n_attempts >= 3) {
        return false;
    }
    const bool truncated = !ask->tcp && (msg->flags & DP_FLAG_TC) != 0;
    const bool edns_refused =
        !ask->plain &&
        (msg->rcode == DP_RCODE_FORMERR || msg->rcode == DP_RCODE_NOTIMP || msg->rcode == DP_RCODE_BADVERS);
    if (!truncated && !edns_refused) {
        return false;
    }
    struct dp_walk_ask *next = malloc(sizeof *next);
    if (next == NULL) {
        return false;
    }
    *next = (struct dp_walk_ask){.address = ask->address,
                                 .name = ask->name,
                                 .type = ask->type,
                                 .trusted = ask->trusted,
                                 .plain = ask->plain || edns_refused,
                                 .tcp = ask->tcp || truncated,
                                 .n_attempts = ask->n_attempts,
                                 .answered = ask->answered,
                                 .target = ask->target,
                                 .tag = ask->tag};
    return start(t, next) == DP_TRACE_PENDING;
}

static void decided(struct dp_exchange *ex)
{
    struct dp_walk_ask *ask = ex->user;
    struct dp_trace *t = ask->trace;
    if (t == NULL) {
        return;
    }
    dp_walk_enter(t);
    keep_exchange(ask, ex);
    ask->decided = true;
    t->n_undecided--;
    t->canceled |= ex->outcome == DP_OUTCOME_CANCELED; /* the engine goes: nothing may be sent any more */
    if (ex->outcome == DP_OUTCOME_TIMEOUT) {
        ask->silent = true;
        t->n_silent++;
    }
    if (ask->ex != NULL && (t->canceled || !again(t, ask))) {
        ask->answered(t, ask);
    }
    dp_walk_leave(t);
}

static void final(struct dp_exchange *ex)
{
    struct dp_walk_ask *ask = ex->user;
    struct dp_trace *t = ask->trace;
    ask->over = true;
    if (t == NULL) {
        free(ask);
        return;
    }
    dp_walk_enter(t);
    if (ask->silent) {
        ask->silent = false;
        t->n_silent--;
        if (ex->outcome == DP_OUTCOME_LATE && ask->ex != NULL && !t->canceled) {
            ask->answered(t, ask);
        }
    }
    unlink_ask(ask);
    if (!ask->starting) {
        free(ask);
    }
    dp_walk_leave(t);
}

/* Counts a question to an address; false when it has had enough of them. */
static bool count(struct dp_trace *t, const struct dp_addr *address)
{
    struct dp_walk_count **place = &t->counts;
    while (*place != NULL && !dp_addr_same_ip(&(*place)->address, address)) {
        place = &(*place)->next;
    }
    if (*place == NULL) {
        *place = dp_arena_calloc(t->a, 1, sizeof **place);
        if (*place == NULL) {
            return false;
        }
        (*place)->address = *address;
    }
    return (*place)->n++ < DP_WALK_PER_ADDRESS_MAX;
}

/* Rule 1. */
static enum dp_trace_kind may_send(struct dp_trace *t, const struct dp_walk_ask *ask)
{
    const struct dp_trace_params *p = &t->params;
    if (t->canceled) {
        return DP_TRACE_CANCELED;
    }
    if (ask->address.family == 6 ? !p->use_v6 : !p->use_v4) {
        return DP_TRACE_NO_FAMILY;
    }
    if ((!ask->trusted || p->doubt_hints) && p->allow != NULL && !p->allow(p->allow_user, &ask->address)) {
        return DP_TRACE_NOT_ALLOWED;
    }
    if (t->n_sent >= p->max_exchanges || !count(t, &ask->address)) {
        t->r->limited = true;
        return DP_TRACE_LIMIT;
    }
    return DP_TRACE_PENDING;
}

static enum dp_err send(struct dp_trace *t, struct dp_walk_ask *ask, struct dp_exchange **ex)
{
    uint8_t wire[600];
    size_t size;
    const struct dp_query_spec spec = {
        .name = ask->name,
        .type = ask->type,
        .rrclass = t->params.rrclass,
        .edns = {.present = !ask->plain,
                 .udp_size = t->params.edns_size != 0 ? t->params.edns_size : EDNS_SIZE_DEFAULT,
                 .flags = t->params.dnssec ? DP_EDNS_DO : 0}};
    const enum dp_err err = dp_query_build(&spec, wire, sizeof wire, &size);
    if (err != DP_OK) {
        return err;
    }
    const struct dp_exchange_params params = {.server = ask->address,
                                              .transport = ask->tcp ? DP_TRANSPORT_TCP : DP_TRANSPORT_UDP,
                                              .query = wire,
                                              .query_size = size,
                                              .timeout_us = t->params.timeout_us,
                                              .late_us = t->params.late_us,
                                              .linger_us = t->params.linger_us,
                                              .user = ask};
    return dp_exchange_start(t->engine, &params, decided, final, ex);
}

/* Takes `ask`: it is freed when its exchange is final, or here when nothing was sent. */
static enum dp_trace_kind start(struct dp_trace *t, struct dp_walk_ask *ask)
{
    struct dp_exchange *ex = NULL;
    const enum dp_trace_kind kind = may_send(t, ask);
    if (kind != DP_TRACE_PENDING) {
        free(ask);
        return kind;
    }
    ask->trace = t;
    ask->n_attempts++;
    ask->starting = true;
    ask->next = t->asks;
    if (t->asks != NULL) {
        t->asks->prev = ask;
    }
    t->asks = ask;
    t->n_undecided++;
    t->n_sent++;
    dp_walk_enter(t);
    const enum dp_err err = send(t, ask, &ex);
    if (err != DP_OK) {
        t->n_undecided--;
        t->n_sent--;
        unlink_ask(ask);
        free(ask);
    } else {
        if (!ask->over) {
            keep_exchange(ask, ex);
        }
        dp_exchange_unref(ex);
        ask->starting = false;
        if (ask->over) {
            free(ask);
        }
    }
    dp_walk_leave(t);
    return err == DP_OK ? DP_TRACE_PENDING : DP_TRACE_NO_FAMILY;
}

enum dp_trace_kind dp_walk_ask(struct dp_trace *t, const struct dp_walk_question *question)
{
    struct dp_walk_ask *ask = malloc(sizeof *ask);
    if (ask == NULL) {
        t->failed = true;
        return DP_TRACE_LIMIT;
    }
    *ask = (struct dp_walk_ask){.address = *question->address,
                                .name = *question->name,
                                .type = question->type,
                                .trusted = question->trusted,
                                .plain = question->plain,
                                .answered = question->answered,
                                .target = question->target,
                                .tag = question->tag};
    return start(t, ask);
}

struct dp_trace_probe *dp_walk_probe(struct dp_trace *t, enum dp_trace_purpose purpose,
                                     const struct dp_walk_question *question, const struct dp_name *zone,
                                     const struct dp_name *server)
{
    struct dp_trace_probe *probe = dp_arena_calloc(t->a, 1, sizeof *probe);
    if (probe == NULL) {
        t->failed = true;
        return NULL;
    }
    *probe = (struct dp_trace_probe){.purpose = purpose,
                                     .name = *question->name,
                                     .type = question->type,
                                     .zone = *zone,
                                     .server = *server,
                                     .address = *question->address};
    *t->last_probe = probe;
    t->last_probe = &probe->next;
    return probe;
}

/* Cancels what is not final. Each cancel ends exactly the ask that it is for. */
void dp_walk_asks_cancel(struct dp_trace *t)
{
    struct dp_walk_ask *ask = t->asks;
    while (ask != NULL) {
        struct dp_walk_ask *next = ask->next;
        if (ask->ex != NULL) {
            dp_exchange_cancel(t->engine, ask->ex);
        }
        ask = next;
    }
}

void dp_walk_asks_detach(struct dp_trace *t)
{
    for (struct dp_walk_ask *ask = t->asks; ask != NULL; ask = ask->next) {
        ask->trace = NULL;
    }
    t->asks = NULL;
}
