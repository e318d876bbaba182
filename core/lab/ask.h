/* SPDX-License-Identifier: MIT
 * One upstream question of a lab server or resolver: UDP from its own address, TCP when the answer has TC. */
#ifndef DP_LAB_ASK_H
#define DP_LAB_ASK_H

#include "lab/node.h"

struct dp_lab_ask_params {
    struct dp_lab_node *from; /* its address is the source */
    struct dp_addr server;    /* with port */
    const struct dp_name *name;
    uint16_t type;
    bool recurse;             /* RD */
    bool check_disabled;      /* CD */
    bool plain;               /* without EDNS */
    const struct dp_ecs *ecs; /* NULL: none sent */
    uint64_t timeout_us;
};

/* `answer` is borrowed during the call; NULL: none came, or none that can be read. */
typedef void dp_lab_ask_cb(void *user, const struct dp_msg *answer);

struct dp_lab_ask;

/* Asks; `done` fires exactly once, never from inside the call, unless the question is canceled first. */
enum dp_err dp_lab_ask_start(const struct dp_lab_ask_params *params, dp_lab_ask_cb *done, void *user,
                             struct dp_lab_ask **ask);
void dp_lab_ask_cancel(struct dp_lab_ask *ask);

#endif
