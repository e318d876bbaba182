/* SPDX-License-Identifier: MIT
 * Network links of this host, and what systemd-resolved and systemd-networkd know about each: its DNS
 * servers and routing domains. Read from /sys/class/net, /run/systemd/resolve/netif and
 * /run/systemd/netif/links: no bus, no child process. */
#ifndef DP_HOST_RESOLVED_H
#define DP_HOST_RESOLVED_H

#include <stdbool.h>

#include "host/paths.h"
#include "net/addr.h"

struct dp_host_link_server {
    struct dp_host_link_server *next;
    struct dp_addr address;
};
struct dp_host_link_domain {
    struct dp_host_link_domain *next;
    const char *name;
    bool routing_only; /* "~name": decides where to ask, is not searched */
};
struct dp_host_link {
    struct dp_host_link *next;
    const char *name;
    unsigned index;
    bool up;
    bool vpn; /* tun, tap, WireGuard, PPP, IPsec, or a name that VPN clients use */
    struct dp_host_link_server *servers;
    struct dp_host_link_domain *domains;
};
struct dp_resolved {
    bool running;               /* systemd-resolved: its runtime folder and its process are there */
    struct dp_host_link *links; /* by index, loopback left out */
    size_t n_links;
    struct dp_host_link_server *uplinks; /* all servers that resolved forwards to (its resolv.conf) */
};
/* Missing files mean empty lists. NOMEM only. */
enum dp_err dp_resolved_read(const struct dp_host_paths *paths, struct dp_arena *a, struct dp_resolved *out);

#endif
