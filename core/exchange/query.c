/* SPDX-License-Identifier: MIT
 * A chain of exact exchanges:
 *
 *   UDP attempt ─no answer─▶ UDP attempt ... up to `tries`
 *        └─answer with TC, tcp_fallback─▶ one TCP attempt
 *
 * "No answer" is every outcome but ANSWER and CANCELED: what a resilient client would try again after. An
 * answer with an error RCODE is an answer. Each attempt is an exchange of its own with its own id and port,
 * and listens on for late packets while the next is under way. The question is asked over TCP with the very
 * octets that were sent over UDP (RFC 7766, section 5). */
#include "exchange/query.h"

#include <stdlib.h>
#include <string.h>

struct dp_query {
    struct dp_engine *engine;
    struct dp_exchange_params params;
    unsigned tries;
    bool tcp_fallback;
    void *attempt_user; /* what the caller finds in the attempts; while they run it is the query */
    struct dp_query_result result;
    dp_query_cb *done;
    void *user;
    uint8_t message[]; /* params.query points here */
};

enum dp_err dp_query_build(const struct dp_query_spec *spec, uint8_t *out, size_t cap_bytes,
                           size_t *size_bytes)
{
    struct dp_question question = {.name = spec->name, .type = spec->type, .rrclass = spec->rrclass};
    struct dp_msg msg = {.opcode = spec->opcode, .edns = spec->edns};
    msg.flags = (uint16_t)((spec->rd ? DP_FLAG_RD : 0) | (spec->cd ? DP_FLAG_CD : 0) |
                           (spec->ad ? DP_FLAG_AD : 0) | (spec->z ? DP_FLAG_Z : 0));
    if (!spec->no_question) {
        msg.questions = &question;
        msg.n_questions = 1;
    }
    return dp_msg_build(&msg, false, out, cap_bytes, size_bytes);
}

static void query_finish(struct dp_query *q)
{
    for (unsigned i = 0; i < q->result.n_attempts; i++) {
        q->result.attempts[i]->user = q->attempt_user;
    }
    q->done(q->user, &q->result);
    for (unsigned i = 0; i < q->result.n_attempts; i++) {
        dp_exchange_unref(q->result.attempts[i]);
    }
    free(q);
}

static void attempt_decided(struct dp_exchange *ex);

/* `decided` may fire before dp_exchange_start returns and must find the attempt in the result. */
static enum dp_err attempt_start(struct dp_query *q)
{
    struct dp_exchange **place = &q->result.attempts[q->result.n_attempts++];
    q->params.user = q;
    const enum dp_err err = dp_exchange_start(q->engine, &q->params, attempt_decided, NULL, place);
    if (err != DP_OK) {
        q->result.n_attempts--;
    }
    return err;
}

bool dp_query_wants_next(const struct dp_exchange *ex, unsigned n_attempts, unsigned tries, bool tcp_fallback,
                         enum dp_transport *transport)
{
    if (dp_transport_is_stream(ex->transport) || ex->outcome == DP_OUTCOME_CANCELED ||
        n_attempts >= DP_QUERY_ATTEMPTS_MAX) {
        return false;
    }
    if (ex->outcome != DP_OUTCOME_ANSWER) {
        *transport = ex->transport;
        return n_attempts < tries;
    }
    *transport = DP_TRANSPORT_TCP;
    return tcp_fallback && (ex->response->flags & DP_FLAG_TC) != 0;
}

static void attempt_decided(struct dp_exchange *ex)
{
    struct dp_query *q = ex->user;
    const bool more =
        dp_query_wants_next(ex, q->result.n_attempts, q->tries, q->tcp_fallback, &q->params.transport);
    if (!more || attempt_start(q) != DP_OK) {
        query_finish(q);
    }
}

enum dp_err dp_query_start(struct dp_engine *engine, const struct dp_query_params *params, dp_query_cb *done,
                           void *user)
{
    struct dp_query *q = calloc(1, sizeof *q + params->first.query_size);
    if (q == NULL) {
        return DP_ERR_NOMEM;
    }
    const unsigned tries = params->tries == 0 ? 1 : params->tries;
    *q = (struct dp_query){.engine = engine,
                           .params = params->first,
                           .tries = tries < DP_QUERY_ATTEMPTS_MAX ? tries : DP_QUERY_ATTEMPTS_MAX - 1,
                           .tcp_fallback = params->tcp_fallback,
                           .attempt_user = params->first.user,
                           .done = done,
                           .user = user};
    memcpy(q->message, params->first.query, params->first.query_size);
    q->params.query = q->message;
    const enum dp_err err = attempt_start(q);
    if (err != DP_OK) {
        free(q);
    }
    return err;
}
