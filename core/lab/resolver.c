/* SPDX-License-Identifier: MIT
 * How a resolver treats its clients: local zones first (what a company's resolver says of its own names),
 * then policy and validation failures, then the cache and the world. Without RD only the cache speaks. */
#include "lab/resolver.h"

#include <string.h>

static const struct dp_lab_rule *rule_for(const struct dp_lab_resolver *resolver, const struct dp_name *name)
{
    const struct dp_lab_rule *rule = resolver->rules;
    while (rule != NULL && !dp_name_is_within(name, &rule->name)) {
        rule = rule->next;
    }
    return rule;
}

/* True when a rule has answered. */
static bool serve_rule(struct dp_lab_request *request)
{
    const struct dp_question *question = &request->query.questions[0];
    const struct dp_lab_rule *rule = rule_for(request->serve->resolver, &question->name);
    if (rule == NULL || (rule->bogus && (request->query.flags & DP_FLAG_CD) != 0)) {
        return false;
    }
    if (rule->ede != 0) {
        dp_lab_answer_ede(&request->answer, rule->ede, rule->text);
    }
    if (rule->bogus) {
        request->answer.msg.rcode = DP_RCODE_SERVFAIL;
    } else if (rule->address.family == 0) {
        request->answer.msg.rcode = DP_RCODE_NXDOMAIN;
    } else if (question->type == DP_TYPE_A) {
        dp_lab_answer_add(&request->answer, DP_SECTION_ANSWER, &question->name, DP_TYPE_A, 60,
                          rule->address.ip, 4);
    }
    dp_lab_respond(request);
    return true;
}

/* DNSSEC records are only for who asks for them (RFC 4035, section 3.2.1). */
static bool shown(const struct dp_lab_request *request, const struct dp_rr *rr)
{
    return rr->type != DP_TYPE_RRSIG || (request->query.edns.flags & DP_EDNS_DO) != 0 ||
           request->query.questions[0].type == DP_TYPE_RRSIG;
}

static void resolved(void *user, const struct dp_lab_result *result)
{
    struct dp_lab_request *request = user;
    const struct dp_rrs *lists[] = {&result->answer, &result->authority};
    const enum dp_section sections[] = {DP_SECTION_ANSWER, DP_SECTION_AUTHORITY};
    for (size_t l = 0; l < 2 && result->rcode != DP_RCODE_SERVFAIL; l++) {
        for (size_t i = 0; i < lists[l]->count; i++) {
            const struct dp_rr *rr = &lists[l]->items[i];
            if (shown(request, rr)) {
                dp_lab_answer_add(&request->answer, sections[l], rr->owner, rr->type, rr->ttl_s, rr->rdata,
                                  rr->rdata_size);
            }
        }
    }
    request->answer.msg.rcode = result->rcode;
    if (result->stale) { /* RFC 8914: Stale Answer, Stale NXDOMAIN Answer */
        dp_lab_answer_ede(&request->answer, result->rcode == DP_RCODE_NXDOMAIN ? 19 : 3, "");
    } else if (result->failure != NULL) {
        dp_lab_answer_ede(&request->answer, 22, result->failure); /* No Reachable Authority */
    }
    dp_lab_respond(request);
}

/* The client's /24, for resolvers that send it on; 0: none. */
static uint32_t subnet_of(const struct dp_lab_request *request)
{
    const uint8_t *ip = request->client.ip;
    if (!request->serve->resolver->config.ecs) {
        return 0;
    }
    if (request->ecs.family == 1) {
        if (request->ecs.source_prefix == 0) {
            return 0; /* "do not tell them" (RFC 7871, section 7.1.2) */
        }
        ip = request->ecs.address;
    }
    return (uint32_t)ip[0] << 24 | (uint32_t)ip[1] << 16 | (uint32_t)ip[2] << 8;
}

static void echo_ecs(struct dp_lab_request *request)
{
    struct dp_ecs ecs = request->ecs;
    uint8_t *data = ecs.family != 0 ? dp_arena_alloc(&request->arena, 20) : NULL;
    if (data != NULL) {
        ecs.scope_prefix = ecs.source_prefix < 24 ? ecs.source_prefix : 24;
        dp_lab_answer_option(&request->answer, DP_EDNS_ECS, data, dp_ecs_write(&ecs, data));
    }
}

void dp_lab_resolver_serve(struct dp_lab_request *request)
{
    struct dp_lab_resolver *resolver = request->serve->resolver;
    const struct dp_question *question = &request->query.questions[0];
    const uint32_t subnet = subnet_of(request);
    request->answer.msg.flags |= DP_FLAG_RA;
    if (dp_lab_auth_serve(request) || serve_rule(request)) {
        return;
    }
    if (resolver->config.ecs) {
        echo_ecs(request);
    }
    if ((request->query.flags & DP_FLAG_RD) != 0) {
        dp_lab_resolve(resolver, &question->name, question->type, subnet, 0, resolved, request);
    } else if (dp_lab_resolve_cached(resolver, &question->name, question->type, subnet, &request->answer)) {
        dp_lab_respond(request);
    } else {
        dp_lab_respond_rcode(request, DP_RCODE_REFUSED);
    }
}
