/* SPDX-License-Identifier: MIT
 * resolv.conf and the hosts line of nsswitch.conf, as the C library reads them (resolv.conf(5),
 * nsswitch.conf(5)), with the line numbers and the oddities that c-ares does not tell. */
#ifndef DP_HOST_RESOLVCONF_H
#define DP_HOST_RESOLVCONF_H

#include <stdbool.h>

#include "base/arena.h"
#include "net/addr.h"

#define DP_RESOLVCONF_SERVERS_MAX 32 /* kept; the C library uses the first 3 */
#define DP_RESOLVCONF_SEARCH_MAX  32
#define DP_RESOLVCONF_OPTIONS_MAX 64

struct dp_resolvconf_server {
    struct dp_addr address; /* scope resolved where the interface exists */
    unsigned line;
};
struct dp_resolvconf_option {
    const char *text; /* as written: "ndots:2", "rotate" */
    unsigned line;
};
struct dp_resolvconf {
    struct dp_resolvconf_server servers[DP_RESOLVCONF_SERVERS_MAX]; /* none: the C library asks 127.0.0.1 */
    size_t n_servers;
    const char *search[DP_RESOLVCONF_SEARCH_MAX]; /* of the last search or domain line */
    size_t n_search;
    unsigned search_line; /* 0: none */
    struct dp_resolvconf_option options[DP_RESOLVCONF_OPTIONS_MAX];
    size_t n_options;
    unsigned ndots;     /* default 1, at most 15 */
    unsigned timeout_s; /* default 5, at most 30 */
    unsigned attempts;  /* default 2, at most 5 */
    bool rotate, edns0, trust_ad, use_vc, single_request, inet6;
    unsigned n_bad_lines; /* lines that say nothing known: the C library ignores them */
    unsigned bad_line;    /* the first of them; 0: none */
};

/* Reads `text`; what cannot be understood is counted, never an error. Servers without port get
 * `default_port` (53 in the field). `name server ADDR#PORT` is accepted beside the plain form. NOMEM only. */
enum dp_err dp_resolvconf_parse(struct dp_resolvconf *rc, const char *text, size_t size_bytes,
                                uint16_t default_port, struct dp_arena *a);

#define DP_NSSWITCH_SOURCES_MAX 16
struct dp_nsswitch {
    const char *sources[DP_NSSWITCH_SOURCES_MAX]; /* of hosts: "files", "mdns4_minimal", "resolve", "dns" */
    const char *actions[DP_NSSWITCH_SOURCES_MAX]; /* "[NOTFOUND=return]" behind it, or NULL */
    size_t n_sources;
    unsigned line; /* 0: no hosts line; then "files dns" is filled in, the C library's default */
};
enum dp_err dp_nsswitch_parse(struct dp_nsswitch *ns, const char *text, size_t size_bytes,
                              struct dp_arena *a);

#endif
