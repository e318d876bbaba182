/* SPDX-License-Identifier: MIT
 * Who may be sent to. Private, loopback and link-local destinations are refused before anything is sent,
 * unless they are on the list that the command line fills: resolvers of this host, servers named by the user,
 * answered addresses of the target. */
#ifndef DP_BIND_GUARD_H
#define DP_BIND_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/addr.h"

enum dp_guard_mode {                    /* in the order of the words of dns.setup */
                     DP_GUARD_PUBLIC,   /* global addresses, and what is on the list */
                     DP_GUARD_OFF,      /* everything: --allow private */
                     DP_GUARD_LOOPBACK, /* loopback addresses only: a lab run never leaves this host */
};

struct dp_guard {
    enum dp_guard_mode mode;
    struct dp_addr *allowed;
    size_t n_allowed, cap_allowed;
};

void dp_guard_fini(struct dp_guard *guard);
/* Allows an address, whatever the port. */
enum dp_err dp_guard_allow(struct dp_guard *guard, const struct dp_addr *addr);
bool dp_guard_permits(const struct dp_guard *guard, const struct dp_addr *addr);

#endif
