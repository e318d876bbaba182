/* SPDX-License-Identifier: MIT
 * Recursive resolvers of the lab: a cache before a small iterative client that really asks the lab's
 * authoritative servers (or forwards), plus what operators add: policy, serve-stale, client subnets. */
#ifndef DP_LAB_RESOLVER_H
#define DP_LAB_RESOLVER_H

#include "lab/cache.h"
#include "lab/node.h"

struct dp_lab_task;

/* A name whose answers the operator decides: blocked by policy, or failing validation. */
struct dp_lab_rule {
    struct dp_name name;
    bool bogus;
    uint16_t ede; /* 0: none */
    char text[64];
    struct dp_addr address; /* given for A; family 0: NXDOMAIN */
    struct dp_lab_rule *next;
};

struct dp_lab_resolver {
    struct dp_lab_node *node;
    struct dp_lab_resolver_config config;
    struct dp_lab_cache cache;
    struct dp_lab_rule *rules;
    struct dp_lab_task *tasks; /* under way */
    struct dp_lab_resolver *next;
};

/* The outcome of a resolution: `answer` holds the CNAME chain and the set with the TTLs of now. All is
 * borrowed during the callback. */
struct dp_lab_result {
    uint16_t rcode;
    bool stale;          /* some of it had expired */
    const char *failure; /* text for EDE 22 where rcode is SERVFAIL, else NULL */
    struct dp_rrs answer, authority;
};
typedef void dp_lab_result_cb(void *user, const struct dp_lab_result *result);

/* Resolves; `done` fires exactly once, possibly before this returns; not at all when the lab stops first.
 * subnet_be32 with config.ecs: the client's /24. depth counts look-ups made on behalf of look-ups. */
void dp_lab_resolve(struct dp_lab_resolver *resolver, const struct dp_name *name, uint16_t type,
                    uint32_t subnet_be32, unsigned depth, dp_lab_result_cb *done, void *user);
/* Answers from the cache alone: false when it cannot. */
bool dp_lab_resolve_cached(struct dp_lab_resolver *resolver, const struct dp_name *name, uint16_t type,
                           uint32_t subnet_be32, struct dp_lab_answer *answer);
void dp_lab_resolver_serve(struct dp_lab_request *request);
/* Cancels what is under way and empties the cache. */
void dp_lab_resolver_fini(struct dp_lab_resolver *resolver);

#endif
