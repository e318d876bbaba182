/* SPDX-License-Identifier: MIT
 * Who may be sent to. Private, loopback and link-local destinations are refused before anything is sent,
 * unless they are on the list that the command line fills: resolvers of this host, servers named by the user,
 * answered addresses of the target. Code on a leash is no port scanner either: the servers and ports that it
 * may ask are counted, and it connects to named and answered addresses only. */
#ifndef DP_BIND_GUARD_H
#define DP_BIND_GUARD_H

#include <stdbool.h>
#include <stddef.h>

#include "net/addr.h"

enum dp_guard_mode {                    /* in the order of the words of dns.setup */
                     DP_GUARD_PUBLIC,   /* global addresses, and what is on the list */
                     DP_GUARD_OFF,      /* everything that is one host: --allow private */
                     DP_GUARD_LOOPBACK, /* loopback addresses only: a lab run never leaves this host */
};

enum dp_guard_ruling {
    DP_GUARD_PERMITTED,
    DP_GUARD_PRIVATE, /* no public address, and not on the list */
    DP_GUARD_UNKNOWN, /* to be connected to, and neither named nor answered */
    DP_GUARD_SERVERS, /* one more server than a run asks */
    DP_GUARD_PORTS,   /* one more port than a run asks */
};

#define DP_GUARD_PORTS_MAX 8 /* beside the default port and those that are named */

struct dp_guard_list {
    struct dp_addr *items;
    size_t n, cap;
};

struct dp_guard {
    enum dp_guard_mode mode;
    struct dp_guard_list allowed;  /* whatever the use; with the port that was named, or 0 */
    struct dp_guard_list answered; /* may be connected to */
    struct dp_guard_list asked;    /* by code on a leash */
    size_t servers_max;            /* that are asked; 0: no ceiling */
    uint16_t ports[DP_GUARD_PORTS_MAX];
    size_t n_ports;
};

void dp_guard_fini(struct dp_guard *guard);
/* A new run: nothing has been asked yet. */
void dp_guard_reset(struct dp_guard *guard);
/* Allows an address, whatever the port. */
enum dp_err dp_guard_allow(struct dp_guard *guard, const struct dp_addr *addr);
/* The address was answered for the target: it may be connected to, until it is forgotten. */
enum dp_err dp_guard_answered(struct dp_guard *guard, const struct dp_addr *addr);
void dp_guard_forget(struct dp_guard *guard, const struct dp_addr *addr);
bool dp_guard_permits(const struct dp_guard *guard, const struct dp_addr *addr);
/* The ruling for code on a leash; a server and a port that are permitted count from then on. `default_port`
 * is the run's; `connect`: for the application check. */
enum dp_guard_ruling dp_guard_rule(struct dp_guard *guard, const struct dp_addr *addr, uint16_t default_port,
                                   bool connect);
/* The sentence behind the address, and the code that Lua gets: "private", "unknown" or "crowded". */
const char *dp_guard_text(enum dp_guard_ruling ruling);
const char *dp_guard_code(enum dp_guard_ruling ruling);

#endif
