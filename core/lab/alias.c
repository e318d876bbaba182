/* SPDX-License-Identifier: MIT
 * ALIAS at the apex. The server asks its resolver with a stub's question and keeps the addresses under its
 * own TTL, whatever the target's was; it sends no client subnet,
 * so every client gets what suits the server. */
#include "lab/alias.h"

#include <stdlib.h>
#include <string.h>

#include "lab/ask.h"

#define ASK_TIMEOUT_US 2000000u

struct wait {
    struct dp_lab_request *request;
    struct dp_lab_zone *zone;
};

static void respond(struct dp_lab_request *request, const struct dp_lab_zone *zone)
{
    const struct dp_lab_alias *alias = zone->alias;
    const uint64_t now_us = dp_lab_now_us(request->node->lab);
    const uint64_t left_us = alias->expires_us > now_us ? alias->expires_us - now_us : 0;
    const uint32_t ttl_s = alias->pinned ? alias->ttl_s : (uint32_t)((left_us + 900000) / 1000000);
    request->answer.msg.flags |= DP_FLAG_AA;
    for (size_t i = 0; i < alias->n_addresses && request->query.questions[0].type == DP_TYPE_A; i++) {
        dp_lab_answer_add(&request->answer, DP_SECTION_ANSWER, &zone->origin, DP_TYPE_A, ttl_s,
                          alias->addresses[i].ip, 4);
    }
    if (request->answer.msg.sections[DP_SECTION_ANSWER].count == 0) {
        dp_lab_auth_add_negative(request, zone);
    }
    dp_lab_respond(request);
}

static void asked(void *user, const struct dp_msg *msg)
{
    struct wait *wait = user;
    struct dp_lab_request *request = wait->request;
    struct dp_lab_alias *alias = wait->zone->alias;
    if (msg == NULL || msg->rcode != DP_RCODE_NOERROR) {
        dp_lab_respond_rcode(request, DP_RCODE_SERVFAIL);
        return;
    }
    const struct dp_rrs *answer = &msg->sections[DP_SECTION_ANSWER];
    alias->n_addresses = 0;
    for (size_t i = 0; i < answer->count && alias->n_addresses < DP_LAB_ALIAS_ADDRESSES; i++) {
        const struct dp_rr *rr = &answer->items[i];
        if (rr->type == DP_TYPE_A &&
            dp_addr_from_ip(&alias->addresses[alias->n_addresses], rr->rdata, rr->rdata_size, 0) == DP_OK) {
            alias->n_addresses++;
        }
    }
    alias->expires_us = dp_lab_now_us(request->node->lab) + 1000000u * (uint64_t)alias->ttl_s;
    respond(request, wait->zone);
}

bool dp_lab_alias_serve(struct dp_lab_request *request, struct dp_lab_zone *zone)
{
    struct dp_lab_alias *alias = zone->alias;
    const struct dp_question *question = &request->query.questions[0];
    struct dp_lab_ask *ask = NULL;
    if (alias == NULL || !dp_name_equal(&question->name, &zone->origin) ||
        (question->type != DP_TYPE_A && question->type != DP_TYPE_AAAA)) {
        return false;
    }
    if (alias->pinned || alias->expires_us > dp_lab_now_us(request->node->lab)) {
        respond(request, zone);
        return true;
    }
    struct wait *wait = dp_arena_alloc(&request->arena, sizeof *wait);
    struct dp_addr via = alias->via;
    via.port = request->node->lab->port;
    const struct dp_lab_ask_params params = {.from = request->node,
                                             .server = via,
                                             .name = &alias->target,
                                             .type = DP_TYPE_A,
                                             .recurse = true,
                                             .timeout_us = ASK_TIMEOUT_US};
    if (wait != NULL) {
        *wait = (struct wait){.request = request, .zone = zone};
    }
    if (wait == NULL || dp_lab_ask_start(&params, asked, wait, &ask) != DP_OK) {
        dp_lab_respond_rcode(request, DP_RCODE_SERVFAIL);
    }
    return true;
}

enum dp_err dp_lab_add_alias(struct dp_lab_zone *zone, const char *target, const struct dp_addr *via,
                             uint32_t ttl_s, const struct dp_addr *pinned, size_t n_pinned)
{
    if (n_pinned > DP_LAB_ALIAS_ADDRESSES || zone->alias != NULL) {
        return DP_ERR_ARG;
    }
    struct dp_lab_alias *alias = calloc(1, sizeof *alias);
    if (alias == NULL) {
        return DP_ERR_NOMEM;
    }
    const enum dp_err err = dp_name_from_text(&alias->target, target, strlen(target), NULL);
    if (err != DP_OK) {
        free(alias);
        return err;
    }
    alias->via = *via;
    alias->ttl_s = ttl_s;
    alias->pinned = n_pinned != 0;
    alias->n_addresses = n_pinned;
    if (n_pinned != 0) {
        memcpy(alias->addresses, pinned, n_pinned * sizeof *pinned);
    }
    zone->alias = alias;
    return DP_OK;
}
