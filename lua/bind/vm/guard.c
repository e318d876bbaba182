/* SPDX-License-Identifier: MIT
 * The guard's lists: a handful of addresses, so arrays that are searched from the front. */
#include "vm/guard.h"

#include <stdlib.h>

#define DNS_PORT 53

void dp_guard_fini(struct dp_guard *guard)
{
    struct dp_guard_list *lists[] = {&guard->allowed, &guard->answered, &guard->asked};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        free(lists[i]->items);
        *lists[i] = (struct dp_guard_list){0};
    }
}

void dp_guard_reset(struct dp_guard *guard)
{
    guard->asked.n = 0;
    guard->n_ports = 0;
}

static bool listed(const struct dp_guard_list *list, const struct dp_addr *addr, bool with_port)
{
    for (size_t i = 0; i < list->n; i++) {
        if (with_port ? dp_addr_equal(&list->items[i], addr) : dp_addr_same_ip(&list->items[i], addr)) {
            return true;
        }
    }
    return false;
}

static enum dp_err enter(struct dp_guard_list *list, const struct dp_addr *addr)
{
    if (listed(list, addr, true)) {
        return DP_OK;
    }
    if (list->n == list->cap) {
        size_t cap = list->cap == 0 ? 16 : list->cap * 2;
        struct dp_addr *items = realloc(list->items, cap * sizeof *items);
        if (items == NULL) {
            return DP_ERR_NOMEM;
        }
        list->items = items;
        list->cap = cap;
    }
    list->items[list->n++] = *addr;
    return DP_OK;
}

enum dp_err dp_guard_allow(struct dp_guard *guard, const struct dp_addr *addr)
{
    return enter(&guard->allowed, addr);
}

enum dp_err dp_guard_answered(struct dp_guard *guard, const struct dp_addr *addr)
{
    return enter(&guard->answered, addr);
}

void dp_guard_forget(struct dp_guard *guard, const struct dp_addr *addr)
{
    struct dp_guard_list *list = &guard->answered;
    for (size_t i = 0; i < list->n; i++) {
        if (dp_addr_equal(&list->items[i], addr)) {
            list->items[i] = list->items[--list->n];
            return;
        }
    }
}

bool dp_guard_permits(const struct dp_guard *guard, const struct dp_addr *addr)
{
    const enum dp_addr_scope scope = dp_addr_scope(addr);
    switch (guard->mode) {
    case DP_GUARD_OFF: /* one packet to a multicast group has many answers */
        return scope != DP_ADDR_UNUSABLE || listed(&guard->allowed, addr, false);
    case DP_GUARD_LOOPBACK:
        return scope == DP_ADDR_LOOPBACK;
    case DP_GUARD_PUBLIC:
        return scope == DP_ADDR_GLOBAL || listed(&guard->allowed, addr, false);
    }
    return false;
}

static bool counts_port(struct dp_guard *guard, uint16_t port)
{
    for (size_t i = 0; i < guard->n_ports; i++) {
        if (guard->ports[i] == port) {
            return true;
        }
    }
    if (guard->n_ports == DP_GUARD_PORTS_MAX) {
        return false;
    }
    guard->ports[guard->n_ports++] = port;
    return true;
}

static bool counts_server(struct dp_guard *guard, const struct dp_addr *addr)
{
    struct dp_addr server = *addr;
    server.port = 0;
    if (guard->servers_max == 0 || listed(&guard->asked, &server, false)) {
        return true;
    }
    return guard->asked.n < guard->servers_max && enter(&guard->asked, &server) == DP_OK;
}

enum dp_guard_ruling dp_guard_rule(struct dp_guard *guard, const struct dp_addr *addr, uint16_t default_port,
                                   bool connect)
{
    if (guard->mode == DP_GUARD_LOOPBACK) {
        return dp_guard_permits(guard, addr) ? DP_GUARD_PERMITTED : DP_GUARD_PRIVATE;
    }
    const bool named = listed(&guard->allowed, addr, false);
    const bool answered = connect && listed(&guard->answered, addr, false);
    if (!answered && !dp_guard_permits(guard, addr)) {
        return DP_GUARD_PRIVATE;
    }
    if (connect && !answered && !named) {
        return DP_GUARD_UNKNOWN;
    }
    if (listed(&guard->allowed, addr, true)) {
        return DP_GUARD_PERMITTED;
    }
    if (addr->port != DNS_PORT && addr->port != default_port && !counts_port(guard, addr->port)) {
        return DP_GUARD_PORTS;
    }
    return counts_server(guard, addr) ? DP_GUARD_PERMITTED : DP_GUARD_SERVERS;
}

const char *dp_guard_text(enum dp_guard_ruling ruling)
{
    static const char *const texts[] = {
        "is permitted",
        "is no public address, and nobody allowed it",
        "was neither named nor answered for the target, and a runbook connects to nothing else",
        "would be one server more than a runbook may ask",
        "would be one port more than a runbook may ask",
    };
    return texts[ruling];
}

const char *dp_guard_code(enum dp_guard_ruling ruling)
{
    static const char *const codes[] = {"permitted", "private", "unknown", "crowded", "crowded"};
    return codes[ruling];
}
