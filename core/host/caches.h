/* SPDX-License-Identifier: MIT
 * Which DNS caches sit on this host: daemons by their process names, whoever listens on port 53 of a local
 * address, and programs that cache by themselves (Java, browsers). */
#ifndef DP_HOST_CACHES_H
#define DP_HOST_CACHES_H

#include <stdbool.h>

#include "host/paths.h"
#include "net/addr.h"

enum dp_cache_kind {
    DP_CACHE_DAEMON,   /* "daemon": systemd-resolved, nscd, dnsmasq, unbound... */
    DP_CACHE_LISTENER, /* "listener": port 53 of a local address, process unknown */
    DP_CACHE_PROGRAM   /* "program": java, firefox, chrome: they cache for themselves */
};
struct dp_cache {
    struct dp_cache *next;
    enum dp_cache_kind kind;
    const char *name;       /* "systemd-resolved", "nscd", ...; "unknown" for a listener */
    int pid;                /* 0: unknown */
    struct dp_addr address; /* where it listens; family 0: unknown or not by DNS */
};
/* By kind, then name, then pid; at most 64. NOMEM only. */
enum dp_err dp_caches_find(const struct dp_host_paths *paths, struct dp_arena *a, struct dp_cache **caches,
                           size_t *count);
const char *dp_cache_kind_name(enum dp_cache_kind kind);

/* The process whose name (comm) is `name`; 0 if none. The lowest pid where there are several. */
int dp_process_find(const struct dp_host_paths *paths, const char *name);

#endif
