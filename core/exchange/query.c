/* SPDX-License-Identifier: MIT
 * A resilient query:
 *
 *   UDP attempt ─no answer─▶ UDP attempt ... up to `tries`
 *        └─answer with TC, tcp_fallback─▶ one TCP attempt
 *
 * "No answer" is every outcome but ANSWER and CANCELED: what a resilient client would try again after. An
 * answer with an error RCODE is an answer. Each attempt is an exchange of its own with its own id and port,
 * and listens on for late packets while the next is under way. */
#include "exchange/query.h"

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

bool dp_query_wants_next(const struct dp_exchange *ex, unsigned n_attempts, unsigned tries, bool tcp_fallback,
                         enum dp_transport *transport)
{
    if (dp_transport_is_stream(ex->transport) || ex->outcome == DP_OUTCOME_CANCELED) {
        return false;
    }
    if (ex->outcome != DP_OUTCOME_ANSWER) {
        *transport = ex->transport;
        return n_attempts < tries;
    }
    *transport = DP_TRANSPORT_TCP;
    return tcp_fallback && (ex->response->flags & DP_FLAG_TC) != 0;
}
