/* SPDX-License-Identifier: MIT
 * The host's name resolution as configured, from all sources at once: resolv.conf, nsswitch.conf, links. */
#ifndef DP_HOST_CONFIG_H
#define DP_HOST_CONFIG_H

#include "host/resolvconf.h"
#include "host/resolved.h"

struct dp_host_resolver {
    struct dp_addr address;
    const char *source; /* "resolv.conf" or "resolved" */
    const char *link;   /* name of the link it belongs to, or NULL */
    unsigned line;      /* in resolv.conf; 0 otherwise */
};
#define DP_HOST_RESOLVERS_MAX 64
struct dp_host_config {
    struct dp_host_resolver resolvers[DP_HOST_RESOLVERS_MAX]; /* each address and link once */
    size_t n_resolvers;
    struct dp_resolvconf resolvconf;
    bool has_resolvconf; /* the file was there */
    struct dp_nsswitch nsswitch;
    struct dp_resolved resolved;
    const char *resolvconf_path, *hosts_path, *nsswitch_path; /* the files that were read */
};
/* Everything is in the arena. `default_port` (0: 53) is for servers that name none. NOMEM only. */
enum dp_err dp_host_config_read(const struct dp_host_paths *paths, uint16_t default_port, struct dp_arena *a,
                                struct dp_host_config *config);

/* Entries of the hosts file for `name`; *file is its path. NOTFOUND when there is no such file. */
struct dp_hosts_found;
enum dp_err dp_host_hosts_find(const struct dp_host_paths *paths, const char *name, struct dp_arena *a,
                               struct dp_hosts_found *found, const char **file);

/* Whether this host has a route to the public internet for family 4 or 6. Sends nothing. */
bool dp_host_has_route(int family);

#endif
