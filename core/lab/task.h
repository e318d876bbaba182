/* SPDX-License-Identifier: MIT
 * One resolution under way (iterate.c drives it), and how its answers get into the cache (keep.c). */
#ifndef DP_LAB_TASK_H
#define DP_LAB_TASK_H

#include "lab/resolver.h"

struct dp_lab_ask;

struct dp_lab_task {
    struct dp_lab_resolver *resolver;
    struct dp_name name; /* moves along CNAMEs */
    uint16_t type;
    uint32_t subnet_be32;
    unsigned depth, steps, chain, fails;
    bool plain; /* no EDNS at the server asked now */
    bool stale;
    struct dp_name zone;   /* of the cut that is asked now */
    struct dp_addr server; /* asked last */
    struct dp_arena arena;
    struct dp_lab_answer out; /* chain so far */
    struct dp_lab_ask *ask;
    dp_lab_result_cb *done;
    void *user;
    struct dp_lab_task *next, *prev;
};

/* Keeps the records of the present name: the set, or the CNAME. False when the message has neither. */
bool dp_lab_keep_positive(struct dp_lab_task *task, const struct dp_msg *msg, uint16_t type);
/* NXDOMAIN and NODATA live as long as the SOA says (RFC 2308, section 5). */
void dp_lab_keep_negative(struct dp_lab_task *task, const struct dp_msg *msg);
/* Takes a referral that leads deeper; false when the message is none. */
bool dp_lab_keep_referral(struct dp_lab_task *task, const struct dp_msg *msg);
/* A forwarder's answer is taken whole: its chain is the other resolver's business. */
void dp_lab_keep_forwarded(struct dp_lab_task *task, const struct dp_msg *msg);

#endif
