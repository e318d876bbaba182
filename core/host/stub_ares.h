/* SPDX-License-Identifier: MIT
 * The application's view through c-ares, the stub of curl, Node.js and gRPC: this host's configuration and
 * hosts file, retries, server rotation, TCP fallback and all, on our loop. */
#ifndef DP_HOST_STUB_ARES_H
#define DP_HOST_STUB_ARES_H

#include "host/paths.h"
#include "host/stub.h"
#include "net/loop.h"

struct dp_stub_ares_config {
    struct dp_loop *loop;
    const struct dp_host_paths *paths; /* borrowed during the call; NULL: the system */
    uint16_t port;                     /* of servers that name none; 0: 53 */
    uint64_t timeout_us; /* of the first try, 0: as configured on the host (c-ares doubles it per round) */
    unsigned tries;      /* 0: as configured */
};

struct dp_stub_ares;
/* *stub is the caller's, freed with dp_stub_ares_free, before the loop. IO when the configuration cannot be
 * read, NOMEM. */
enum dp_err dp_stub_ares_new(const struct dp_stub_ares_config *config, struct dp_stub_ares **stub);
/* Look-ups in flight end with CANCELED (their callbacks fire during the call). */
void dp_stub_ares_free(struct dp_stub_ares *stub);

/* Looks up A (type 1) or AAAA (type 28) of `name` (presentation form, taken as absolute). The hosts file
 * comes first where nsswitch.conf says so. `done` fires exactly once, possibly before this returns. */
enum dp_err dp_stub_ares_lookup(struct dp_stub_ares *stub, const char *name, uint16_t type, dp_stub_cb *done,
                                void *user);

#endif
