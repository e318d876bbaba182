/* SPDX-License-Identifier: MIT
 * What comes back: packets and reports of the path, each put down to its exchange.
 *
 *   phase      | packet passes accept.c's rules            | it does not
 *   SENT       | in time: decides ANSWER or MALFORMED      | stray, with the rule's reason
 *              | stamped after the timeout: TIMEOUT, then: |
 *   timed out  | turns the outcome into LATE               | stray
 *   answered   | stray `duplicate`, compared               | stray
 *   path error | stray `late`                              | stray
 *
 * DP_STRAYS_MAX strays are kept with their first octets, the rest are counted: a flood of guesses costs the
 * flight 10 KiB, and the transport bounds what is read in a turn. */
#include <errno.h>
#include <string.h>

#include "exchange/engine.h"

enum {
    ICMP_UNREACHABLE = 3, /* RFC 792 */
    ICMP_FRAGMENTATION_NEEDED = 4,
    ICMP_TIME_EXCEEDED = 11,
    ICMP6_UNREACHABLE = 1, /* RFC 4443 */
    ICMP6_TIME_EXCEEDED = 3
};

/* Time from sending to a stamp of the same clock; at least 1, as 0 means "not reached". */
static uint64_t since_sent_us(const struct dp_flight *f, uint64_t real_us)
{
    return real_us > f->ex.sent_real_us ? real_us - f->ex.sent_real_us : 1;
}

/* ---- strays ---- */

static struct dp_stray *stray_add(struct dp_flight *f, const struct dp_packet *packet,
                                  enum dp_stray_reason reason)
{
    struct dp_exchange *ex = &f->ex;
    ex->n_strays_seen++;
    f->engine->stats.strays++;
    if (ex->n_strays >= DP_STRAYS_MAX) {
        return NULL;
    }
    if (ex->strays == NULL) {
        ex->strays = dp_arena_calloc(&f->arena, DP_STRAYS_MAX, sizeof *ex->strays);
        if (ex->strays == NULL) {
            return NULL;
        }
    }
    const size_t keep = packet->size_bytes < DP_STRAY_KEEP_BYTES ? packet->size_bytes : DP_STRAY_KEEP_BYTES;
    const uint8_t *wire = dp_arena_memdup(&f->arena, packet->data, keep);
    struct dp_stray *stray = &ex->strays[ex->n_strays++];
    *stray = (struct dp_stray){.reason = reason,
                               .from = packet->from,
                               .size_bytes = (uint32_t)packet->size_bytes,
                               .after_us = since_sent_us(f, packet->real_us),
                               .wire_size = (uint16_t)(wire != NULL ? keep : 0),
                               .wire = wire};
    return stray;
}

static void duplicate(struct dp_flight *f, const struct dp_packet *packet)
{
    struct dp_stray *stray = stray_add(f, packet, DP_STRAY_DUPLICATE);
    struct dp_arena *scratch = &f->engine->scratch;
    struct dp_msg msg;
    if (stray == NULL) {
        return;
    }
    if (packet->size_bytes == f->ex.size_bytes && memcmp(packet->data, f->ex.wire, f->ex.size_bytes) == 0) {
        return;
    }
    dp_arena_reset(scratch);
    const bool readable =
        dp_accept_parse(&msg, packet->data, packet->size_bytes, scratch) == DP_ACCEPT_ANSWER;
    stray->differs = readable != (f->ex.outcome != DP_OUTCOME_MALFORMED) ||
                     dp_accept_differs(f->ex.response, &msg, scratch);
}

/* ---- answers ---- */

/* Copies the packet into the exchange and parses it there. False without memory: the packet is lost. */
static bool take_answer(struct dp_flight *f, const struct dp_packet *packet, bool case_differs,
                        enum dp_accept_verdict *verdict)
{
    struct dp_exchange *ex = &f->ex;
    const uint8_t *wire = dp_arena_memdup(&f->arena, packet->data, packet->size_bytes);
    if (wire == NULL) {
        return false;
    }
    *verdict = dp_accept_parse(&f->msg, wire, packet->size_bytes, &f->arena);
    ex->wire = wire;
    ex->size_bytes = packet->size_bytes;
    ex->response = &f->msg;
    ex->case_differs = case_differs;
    ex->from = packet->from;
    ex->ttl = packet->ttl;
    ex->fragment_bytes = packet->fragment_bytes;
    ex->clock_kernel = packet->clock_kernel;
    ex->rtt_us = since_sent_us(f, packet->real_us);
    if (dp_transport_is_stream(ex->transport)) {
        ex->last_byte_us = ex->rtt_us;
    }
    dp_receive_note_mtu(f);
    return true;
}

void dp_receive_note_phases(struct dp_flight *f)
{
    const struct dp_link *link = f->link;
    if (link->connected_real_us != 0) {
        f->ex.connect_us = since_sent_us(f, link->connected_real_us);
    }
    if (link->first_byte_real_us != 0) {
        f->ex.first_byte_us = since_sent_us(f, link->first_byte_real_us);
    }
}

void dp_receive_note_mtu(struct dp_flight *f)
{
    struct dp_exchange *ex = &f->ex;
    if (dp_transport_is_stream(ex->transport) || f->df != DP_DF_SYSTEM || ex->fragment_bytes != 0 ||
        ex->sys_errno == EMSGSIZE) {
        ex->path_mtu_bytes = dp_link_path_mtu(f->link, &ex->server);
    }
}

/* A packet that passed the rules, while nothing is decided and the time is not over. */
static void answer(struct dp_flight *f, const struct dp_packet *packet, const struct dp_accept_result *result)
{
    enum dp_accept_verdict verdict;
    if (!take_answer(f, packet, result->case_differs, &verdict)) {
        return;
    }
    const bool malformed = verdict == DP_ACCEPT_MALFORMED || result->verdict == DP_ACCEPT_MALFORMED;
    dp_flight_decide(f, malformed ? DP_OUTCOME_MALFORMED : DP_OUTCOME_ANSWER);
}

/* The same after the timeout. */
static void late_answer(struct dp_flight *f, const struct dp_packet *packet,
                        const struct dp_accept_result *result)
{
    struct dp_arena *scratch = &f->engine->scratch;
    enum dp_accept_verdict verdict;
    struct dp_msg msg;
    dp_arena_reset(scratch);
    if (result->verdict == DP_ACCEPT_MALFORMED ||
        dp_accept_parse(&msg, packet->data, packet->size_bytes, scratch) == DP_ACCEPT_MALFORMED) {
        stray_add(f, packet, DP_STRAY_MALFORMED);
        return;
    }
    if (take_answer(f, packet, result->case_differs, &verdict)) {
        f->ex.outcome = DP_OUTCOME_LATE;
        f->engine->stats.late++;
        dp_flight_listen(f);
    }
}

static bool timed_out(const struct dp_flight *f)
{
    return f->ex.outcome == DP_OUTCOME_TIMEOUT || f->ex.outcome == DP_OUTCOME_CONNECT_TIMEOUT;
}

static void receive(struct dp_flight *f, const struct dp_packet *packet)
{
    const struct dp_accept_result result =
        dp_accept_check(&f->accept, &packet->from, packet->data, packet->size_bytes);
    if (result.verdict == DP_ACCEPT_STRAY) {
        stray_add(f, packet, result.reason);
        return;
    }
    dp_receive_note_phases(f);
    if (f->phase == DP_PHASE_SENT) {
        if (since_sent_us(f, packet->real_us) <= f->timeout_us) {
            answer(f, packet, &result);
            return;
        }
        dp_flight_decide(f, DP_OUTCOME_TIMEOUT);
    }
    if (f->phase != DP_PHASE_DECIDED) {
        return;
    }
    if (timed_out(f)) {
        late_answer(f, packet, &result);
    } else if (f->ex.response != NULL) {
        duplicate(f, packet);
    } else {
        stray_add(f, packet, DP_STRAY_LATE);
    }
}

void dp_receive_packet(void *user, struct dp_link *link, const struct dp_packet *packet)
{
    struct dp_engine *engine = user;
    struct dp_flight *f = dp_ports_find(engine, link, packet->data, packet->size_bytes);
    if (f == NULL || (f->phase != DP_PHASE_SENT && f->phase != DP_PHASE_DECIDED)) {
        engine->stats.strays++;
        return;
    }
    f->refs++;
    receive(f, packet);
    dp_flight_unref(f);
}

/* ---- the path ---- */

enum dp_outcome dp_receive_outcome(const struct dp_flight *flight, int sys_errno)
{
    const bool stream = dp_transport_is_stream(flight->ex.transport);
    switch (sys_errno) {
    case 0:
        return DP_OUTCOME_CLOSED;
    case ECONNREFUSED:
        return stream ? DP_OUTCOME_CONNECTION_REFUSED : DP_OUTCOME_PORT_UNREACHABLE;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        return DP_OUTCOME_RESET;
    case ETIMEDOUT: /* the kernel gave up before our timeout */
        return flight->link != NULL && flight->link->connected_real_us != 0 ? DP_OUTCOME_TIMEOUT
                                                                            : DP_OUTCOME_CONNECT_TIMEOUT;
    default:
        return DP_OUTCOME_HOST_UNREACHABLE;
    }
}

/* Whether an ICMP message means that the query is gone for good. "Fragmentation needed" and parameter
 * problems are noted as evidence, and the exchange waits on: the timeout, if it comes, says the rest. */
static bool is_fatal(const struct dp_path_error *error)
{
    if (error->icmp_from.family == 4) {
        return (error->icmp_type == ICMP_UNREACHABLE && error->icmp_code != ICMP_FRAGMENTATION_NEEDED) ||
               error->icmp_type == ICMP_TIME_EXCEEDED;
    }
    return error->icmp_type == ICMP6_UNREACHABLE || error->icmp_type == ICMP6_TIME_EXCEEDED;
}

static void note_error(struct dp_flight *f, const struct dp_path_error *error)
{
    f->ex.sys_errno = error->sys_errno;
    f->ex.icmp_type = error->icmp_type;
    f->ex.icmp_code = error->icmp_code;
    f->ex.icmp_from = error->icmp_from;
    f->ex.mtu_bytes = error->mtu_bytes;
    dp_receive_note_mtu(f);
}

static void stream_over(struct dp_flight *f, const struct dp_path_error *error)
{
    if (f->phase == DP_PHASE_SENT) {
        dp_receive_note_phases(f);
        note_error(f, error);
        dp_flight_decide(f, dp_receive_outcome(f, error->sys_errno));
    } else if (f->phase == DP_PHASE_DECIDED) {
        dp_flight_finish(f); /* nothing can come any more */
    }
}

void dp_receive_path_error(void *user, struct dp_link *link, const struct dp_path_error *error)
{
    struct dp_engine *engine = user;
    struct dp_flight *f = dp_ports_find(engine, link, error->data, error->size_bytes);
    if (f == NULL) {
        return; /* about an exchange that is over, or a quotation too short to tell which */
    }
    f->refs++;
    if (dp_transport_is_stream(f->ex.transport)) {
        stream_over(f, error);
    } else if (f->phase == DP_PHASE_SENT && error->icmp_from.family != 0 &&
               dp_addr_equal(&error->to, &f->ex.server) &&
               (error->size_bytes < 2 || memcmp(error->data, f->query, 2) == 0)) {
        note_error(f, error);
        if (is_fatal(error)) {
            dp_flight_decide(f, dp_receive_outcome(f, error->sys_errno));
        }
    }
    dp_flight_unref(f);
}
