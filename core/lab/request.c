/* SPDX-License-Identifier: MIT
 * A query from its arrival to its answer. The order of the front door:
 *   1. not a query (shorter than a header, QR set): ignored, nobody may make the lab talk to itself;
 *   2. faults of the path and of the server decide: drop, an error, or on to
 *   3. what cannot be read: FORMERR (header only where the question is unreadable); other opcodes: NOTIMP;
 *      an EDNS version above 0: BADVERS (RFC 6891, section 6.1.3);
 *   4. class CH: the server's identity (RFC 4892); zone transfers: REFUSED;
 *   5. the backend: resolver or authoritative. It responds now or later, exactly once. */
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lab/node.h"
#include "lab/resolver.h"

#define REQUEST_LIMIT_BYTES (1u << 20)
#define REQUESTS_MAX        20000u

/* ---- life ---- */

static struct dp_lab_request *request_new(struct dp_lab_node *node, const struct dp_addr *from,
                                          struct dp_lab_conn *conn)
{
    struct dp_lab *lab = node->lab;
    struct dp_lab_request *request = calloc(1, sizeof *request);
    if (request == NULL) {
        return NULL;
    }
    request->node = node;
    request->client = *from;
    request->conn = conn;
    request->from_host = !dp_lab_is_inside(from);
    dp_arena_init(&request->arena, REQUEST_LIMIT_BYTES);
    request->next = lab->requests;
    if (request->next != NULL) {
        request->next->prev = request;
    }
    lab->requests = request;
    lab->stats.open++;
    return request;
}

void dp_lab_request_free(struct dp_lab_request *request)
{
    struct dp_lab *lab = request->node->lab;
    if (request->timer != NULL) {
        dp_timer_cancel(request->timer);
    }
    if (request->prev != NULL) {
        request->prev->next = request->next;
    } else {
        lab->requests = request->next;
    }
    if (request->next != NULL) {
        request->next->prev = request->prev;
    }
    lab->stats.open--;
    dp_arena_fini(&request->arena);
    free(request);
}

/* ---- answering ---- */

static void held_back(void *user)
{
    struct dp_lab_request *request = user;
    request->timer = NULL;
    dp_lab_transmit(request);
    dp_lab_request_free(request);
}

/* What may be sent: RFC 6891, section 6.2.5, and never more than servers of the lab send. */
static size_t limit_of(const struct dp_lab_request *request)
{
    const struct dp_edns *edns = &request->query.edns;
    const size_t most =
        request->faults->udp_max_bytes != 0 ? request->faults->udp_max_bytes : DP_LAB_UDP_BYTES;
    if (request->conn != NULL) {
        return DP_LAB_BUFFER_BYTES;
    }
    if (!edns->present || edns->udp_size < 512) {
        return 512;
    }
    return edns->udp_size < most ? edns->udp_size : most;
}

static bool wants(const struct dp_msg *query, uint16_t option)
{
    for (size_t i = 0; i < query->edns.n_options; i++) {
        if (query->edns.options[i].code == option) {
            return true;
        }
    }
    return false;
}

static void finish(struct dp_lab_request *request)
{
    const char *identity = request->serve != NULL ? request->serve->identity : "";
    struct dp_msg *msg = &request->answer.msg;
    if (identity[0] != '\0' && wants(&request->query, DP_EDNS_NSID)) {
        dp_lab_answer_option(&request->answer, DP_EDNS_NSID, (const uint8_t *)identity, strlen(identity));
    }
    if (request->faults->udp_max_bytes != 0) {
        msg->edns.udp_size = (uint16_t)request->faults->udp_max_bytes;
    }
    if (request->faults->not_authoritative) {
        msg->flags = (uint16_t)(msg->flags & ~DP_FLAG_AA);
    }
    if (request->faults->minimal && msg->sections[DP_SECTION_ANSWER].count != 0) {
        msg->sections[DP_SECTION_AUTHORITY].count = 0;
        msg->sections[DP_SECTION_ADDITIONAL].count = 0;
    }
}

/* Turns the case of the letters in the first name of a message; names that point there turn with it. */
static void mangle_case(uint8_t *wire, size_t size_bytes)
{
    size_t at = 12; /* behind the header */
    while (at < size_bytes && wire[at] != 0 && wire[at] < 64) {
        const size_t end = at + 1 + wire[at];
        for (at++; at < end && at < size_bytes; at++) {
            const uint8_t lower = wire[at] | 0x20;
            wire[at] ^= lower >= 'a' && lower <= 'z' ? 0x20 : 0;
        }
    }
}

void dp_lab_respond(struct dp_lab_request *request)
{
    struct dp_lab *lab = request->node->lab;
    const bool tcp = request->conn != NULL;
    finish(request);
    const enum dp_err err =
        dp_lab_answer_build(&request->answer, lab->buffer, limit_of(request), &request->wire_size);
    if (err != DP_OK || dp_lab_fault_answer(request->faults, request->wire_size, tcp, &lab->rand)) {
        dp_lab_request_free(request);
        return;
    }
    if (request->faults->mangle_case) {
        mangle_case(lab->buffer, request->wire_size);
    }
    request->wire = lab->buffer;
    const uint64_t delay_us = dp_lab_fault_delay_us(request->faults, &lab->rand);
    if (delay_us != 0) {
        request->wire = dp_arena_memdup(&request->arena, lab->buffer, request->wire_size);
        if (request->wire != NULL &&
            dp_timer_start(lab->loop, delay_us, held_back, request, &request->timer) == DP_OK) {
            return;
        }
    } else {
        dp_lab_transmit(request);
    }
    dp_lab_request_free(request);
}

void dp_lab_respond_rcode(struct dp_lab_request *request, uint16_t rcode)
{
    dp_lab_answer_clear(&request->answer);
    request->answer.msg.rcode = rcode;
    dp_lab_respond(request);
}

/* ---- the front door ---- */

/* The answer of a fault. FORMERR and NOTIMP come from servers that do not know OPT: theirs has none. */
static void respond_fault(struct dp_lab_request *request, enum dp_lab_action action)
{
    struct dp_msg *msg = &request->answer.msg;
    switch (action) {
    case DP_LAB_DROP:
        dp_lab_request_free(request);
        return;
    case DP_LAB_TRUNCATE:
        msg->flags |= DP_FLAG_TC;
        dp_lab_respond(request);
        return;
    case DP_LAB_REFUSED:
        dp_lab_respond_rcode(request, DP_RCODE_REFUSED);
        return;
    case DP_LAB_SERVFAIL:
        dp_lab_respond_rcode(request, DP_RCODE_SERVFAIL);
        return;
    case DP_LAB_BADVERS:
        dp_lab_respond_rcode(request, DP_RCODE_BADVERS);
        return;
    case DP_LAB_FORMERR:
    case DP_LAB_NOTIMP:
        msg->edns.present = false;
        dp_lab_respond_rcode(request, action == DP_LAB_FORMERR ? DP_RCODE_FORMERR : DP_RCODE_NOTIMP);
        return;
    case DP_LAB_SERVE:
    case DP_LAB_STRIP:
        break;
    }
    dp_lab_respond(request);
}

/* One of several backends, by weight. NULL when there is none. */
static const struct dp_lab_backend *choose(const struct dp_lab_node *node, struct dp_rand *rand)
{
    double total = 0;
    for (const struct dp_lab_backend *b = node->backends; b != NULL; b = b->next) {
        total += b->weight;
    }
    const struct dp_lab_backend *chosen = node->backends;
    if (chosen == NULL || chosen->next == NULL) {
        return chosen;
    }
    double at = dp_rand_unit(rand) * total;
    while (chosen->next != NULL && at >= chosen->weight) {
        at -= chosen->weight;
        chosen = chosen->next;
    }
    return chosen;
}

/* `id.server` and its relatives (RFC 4892): true when it was such a question. */
static bool respond_chaos(struct dp_lab_request *request)
{
    static const char *const names[] = {"id.server.", "hostname.bind."};
    const struct dp_question *question = &request->query.questions[0];
    const size_t len = strlen(request->serve->identity);
    uint8_t rdata[1 + sizeof request->serve->identity];
    if (question->rrclass == DP_CLASS_IN) {
        return false;
    }
    for (size_t i = 0; i < 2 && len != 0 && !request->faults->refuse_chaos; i++) {
        struct dp_name name;
        if (question->rrclass == DP_CLASS_CH && question->type == DP_TYPE_TXT &&
            dp_name_from_text(&name, names[i], strlen(names[i]), NULL) == DP_OK &&
            dp_name_equal(&name, &question->name)) {
            rdata[0] = (uint8_t)len;
            memcpy(rdata + 1, request->serve->identity, len);
            dp_lab_answer_add(&request->answer, DP_SECTION_ANSWER, &name, DP_TYPE_TXT, 0, rdata,
                              (uint16_t)(len + 1));
            request->answer.msg.sections[DP_SECTION_ANSWER].items[0].rrclass = DP_CLASS_CH;
            request->answer.msg.flags |= DP_FLAG_AA;
            dp_lab_respond(request);
            return true;
        }
    }
    dp_lab_respond_rcode(request, DP_RCODE_REFUSED);
    return true;
}

static void read_ecs(struct dp_lab_request *request)
{
    for (size_t i = 0; i < request->query.edns.n_options; i++) {
        if (request->query.edns.options[i].code == DP_EDNS_ECS &&
            dp_ecs_read(&request->query.edns.options[i], &request->ecs)) {
            return;
        }
    }
    memset(&request->ecs, 0, sizeof request->ecs);
}

/* Steps 3 to 5. */
static void dispatch(struct dp_lab_request *request)
{
    const struct dp_msg *query = &request->query;
    if (query->place.err != DP_OK && query->place.err != DP_ERR_TRAILING) {
        dp_lab_respond_rcode(request, DP_RCODE_FORMERR);
    } else if (query->opcode != 0) {
        dp_lab_respond_rcode(request, DP_RCODE_NOTIMP);
    } else if (query->n_questions != 1 || query->n_opts > 1) {
        dp_lab_respond_rcode(request, DP_RCODE_FORMERR);
    } else if (query->edns.present && query->edns.version != 0) {
        dp_lab_respond_rcode(request, DP_RCODE_BADVERS);
    } else if (request->serve == NULL ||
               (query->questions[0].type >= 250 && query->questions[0].type <= 254) ||
               (query->questions[0].type == DP_TYPE_ANY && request->faults->refuse_any)) {
        dp_lab_respond_rcode(request, DP_RCODE_REFUSED);
    } else if (!respond_chaos(request)) {
        read_ecs(request);
        if (request->serve->resolver != NULL) {
            dp_lab_resolver_serve(request);
        } else if (!dp_lab_auth_serve(request)) {
            dp_lab_respond_rcode(request, DP_RCODE_REFUSED);
        }
    }
}

void dp_lab_receive(struct dp_lab_node *node, const uint8_t *wire, size_t size_bytes,
                    const struct dp_addr *from, struct dp_lab_conn *conn)
{
    struct dp_lab *lab = node->lab;
    if (size_bytes < 12 || (wire[2] & 0x80) != 0 || lab->stats.open >= REQUESTS_MAX) {
        lab->stats.malformed++;
        return;
    }
    struct dp_lab_request *request = request_new(node, from, conn);
    if (request == NULL) {
        return;
    }
    struct dp_lab_node *acting = request->from_host && node->intercept != NULL ? node->intercept : node;
    request->faults = &acting->faults[request->from_host ? DP_LAB_VIEWER_HOST : DP_LAB_VIEWER_LAB];
    request->serve = choose(acting, &lab->rand);
    lab->stats.queries += request->from_host;
    dp_msg_parse(&request->query, wire, size_bytes, &request->arena);
    dp_lab_answer_init(&request->answer, &request->query, &request->arena);
    const enum dp_lab_action action = dp_lab_fault_query(
        request->faults, &acting->meter, from, &request->query, conn != NULL, dp_clock_mono_us(), &lab->rand);
    if (action != DP_LAB_SERVE && action != DP_LAB_STRIP) {
        respond_fault(request, action);
        return;
    }
    if (action == DP_LAB_STRIP) {
        request->query.edns.present = request->answer.msg.edns.present = false;
        request->query.edns.n_options = 0;
    }
    dispatch(request);
}
