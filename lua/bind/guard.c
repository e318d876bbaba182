/* SPDX-License-Identifier: MIT
 * The guard's list: a handful of addresses, so an array that is searched from the front. */
#include "guard.h"

#include <stdlib.h>

void dp_guard_fini(struct dp_guard *guard)
{
    free(guard->allowed);
    guard->allowed = NULL;
    guard->n_allowed = guard->cap_allowed = 0;
}

static bool listed(const struct dp_guard *guard, const struct dp_addr *addr)
{
    for (size_t i = 0; i < guard->n_allowed; i++)
        if (dp_addr_same_ip(&guard->allowed[i], addr))
            return true;
    return false;
}

enum dp_err dp_guard_allow(struct dp_guard *guard, const struct dp_addr *addr)
{
    if (listed(guard, addr))
        return DP_OK;
    if (guard->n_allowed == guard->cap_allowed) {
        size_t cap = guard->cap_allowed == 0 ? 16 : guard->cap_allowed * 2;
        struct dp_addr *allowed = realloc(guard->allowed, cap * sizeof *allowed);
        if (allowed == NULL)
            return DP_ERR_NOMEM;
        guard->allowed = allowed;
        guard->cap_allowed = cap;
    }
    guard->allowed[guard->n_allowed++] = *addr;
    return DP_OK;
}

bool dp_guard_permits(const struct dp_guard *guard, const struct dp_addr *addr)
{
    const enum dp_addr_scope scope = dp_addr_scope(addr);
    switch (guard->mode) {
    case DP_GUARD_OFF:
        return true;
    case DP_GUARD_LOOPBACK:
        return scope == DP_ADDR_LOOPBACK;
    case DP_GUARD_PUBLIC:
        return scope == DP_ADDR_GLOBAL || listed(guard, addr);
    }
    return false;
}
