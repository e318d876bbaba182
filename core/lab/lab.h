/* SPDX-License-Identifier: MIT
 * The lab: a small internet on loopback, on the same loop as whoever probes it. Every server, resolver and
 * stub is an address inside 127.53.0.0/16 with a real UDP and TCP socket, all on one port that is free on
 * this machine; application listeners share a second port. Nothing needs root, and labs with the same
 * addresses run side by side.
 *
 * Build it (zones, nodes, what they serve, what is wrong with them), then start it. After that no address
 * comes or goes, but all else may change: zones, faults, rules, listeners, who intercepts whom.
 *
 * Two clocks. Round trips, timeouts, delays and rate limits go by the real one, on which the prober measures.
 * TTLs, serve-stale, moving serials and flattened aliases go by the lab's own, which may run faster: a TTL of
 * an hour is over in a minute at speed 60, and counts down by 60 a second for whoever looks at it.
 *
 * An asker whose address lies outside 127.53.0.0/16 is the host: faults can differ between the host
 * and the lab's own resolvers, which is how a fault of the path is told from a fault of the server. */
#ifndef DP_LAB_LAB_H
#define DP_LAB_LAB_H

#include "lab/fault.h"
#include "lab/zone.h"

struct dp_loop;
struct dp_lab;
struct dp_lab_node;
struct dp_lab_backend;

/* Who asks. */
enum dp_lab_viewer {
    DP_LAB_VIEWER_HOST,
    DP_LAB_VIEWER_LAB,
#define DP_LAB_VIEWERS 2
};

struct dp_lab_resolver_config {
    struct dp_addr forward_to; /* family 0: resolves from the lab's root by itself */
    unsigned tries;            /* servers asked per step before SERVFAIL; 0: 3 */
    uint64_t timeout_us;       /* of one upstream query; 0: 800 ms */
    uint32_t max_ttl_s;        /* caps what the cache keeps; 0: a day */
    bool serve_stale;          /* RFC 8767, with EDE 3 and TTL 30 */
    bool ecs;                  /* sends the client's subnet upstream (RFC 7871), caches per subnet */
};

struct dp_lab_stats {
    uint64_t queries;  /* received from the host */
    uint64_t upstream; /* sent by the lab's own resolvers */
    uint64_t malformed;
    unsigned open; /* requests not answered yet */
};

/* ---- building; each returns NOMEM, ARG or RANGE besides what is said ---- */

enum dp_err dp_lab_new(struct dp_loop *loop, uint64_t seed, struct dp_lab **lab);
/* The zone belongs to the lab. More about it may be set in the zone itself before the start. */
enum dp_err dp_lab_add_zone(struct dp_lab *lab, const char *origin, const char *text, size_t size_bytes,
                            struct dp_lab_zone **zone, struct dp_zonetext_error *error);
/* A pool on `zone` (zone.h). weights (n of them, may be none) are copied. */
enum dp_err dp_lab_add_pool(struct dp_lab_zone *zone, const char *name, unsigned take, const double *weights,
                            size_t n_weights);
/* The apex answers A and AAAA with what `target` has at resolver `via` (an ALIAS record), under a TTL of its
 * own. `pinned` addresses (IPv4, may be none) are given instead of asking: a flattening that has stopped. */
enum dp_err dp_lab_add_alias(struct dp_lab_zone *zone, const char *target, const struct dp_addr *via,
                             uint32_t ttl_s, const struct dp_addr *pinned, size_t n_pinned);

/* An address; RANGE outside 127.53.0.0/16, ARG when it is taken. label is copied, cut at 63 octets. */
enum dp_err dp_lab_add_node(struct dp_lab *lab, const struct dp_addr *address, const char *label,
                            struct dp_lab_node **node);
struct dp_lab_faults *dp_lab_node_faults(struct dp_lab_node *node, enum dp_lab_viewer viewer);
/* Other faults; also while the lab runs. SOCKET when the listener cannot follow. */
enum dp_err dp_lab_node_refault(struct dp_lab_node *node, const struct dp_lab_faults *host,
                                const struct dp_lab_faults *own);
/* What the host sends to `node` is answered by `by` (NULL: by itself), from node's address. */
void dp_lab_node_intercept(struct dp_lab_node *node, struct dp_lab_node *by);

/* What stands behind the address: one backend, or several among which every query is spread by weight.
 * identity is the text of NSID and of `id.server CH TXT`, "" for none. */
enum dp_err dp_lab_add_backend(struct dp_lab_node *node, const char *identity, double weight,
                               struct dp_lab_backend **backend);
/* Authoritative for `zone`; with a view only for clients (by ECS, else by address) inside subnet/prefix
 * (IPv4, family 0: everybody). The first match in order of addition wins. */
enum dp_err dp_lab_backend_zone(struct dp_lab_backend *backend, struct dp_lab_zone *zone,
                                const struct dp_addr *subnet, unsigned prefix_bits);
enum dp_err dp_lab_backend_resolver(struct dp_lab_backend *backend,
                                    const struct dp_lab_resolver_config *config);
/* Forgets its zones and its resolver's rules, so that others can be given;
 * flush: what its resolver cached. */
void dp_lab_backend_clear(struct dp_lab_backend *backend);
void dp_lab_backend_flush(struct dp_lab_backend *backend);
/* Entries that are in the resolver's cache from the start: records in master-file form, `age_s` after they
 * came in. One that is older than its TTL has expired, and only serve-stale still gives it. */
enum dp_err dp_lab_backend_cached(struct dp_lab_backend *backend, const char *record, uint32_t age_s,
                                  struct dp_zonetext_error *error);
/* The same for a name or type that did not exist when it was asked for. */
enum dp_err dp_lab_backend_cached_absent(struct dp_lab_backend *backend, const char *name, uint16_t type,
                                         bool nxdomain, uint32_t ttl_s);
/* Names in and below `name` are refused by policy: NXDOMAIN without SOA, or `address` (family 0: none), with
 * that EDE (RFC 8914: 15 blocked, 16 censored, 17 filtered; 0: none). */
enum dp_err dp_lab_backend_block(struct dp_lab_backend *backend, const char *name, uint16_t ede,
                                 const char *text, const struct dp_addr *address);
/* Validation fails for names in and below `name`: SERVFAIL with EDE `ede`, unless CD is set. */
enum dp_err dp_lab_backend_bogus(struct dp_lab_backend *backend, const char *name, uint16_t ede,
                                 const char *text);

/* Where resolvers begin: the addresses of the root servers. */
enum dp_err dp_lab_add_root(struct dp_lab *lab, const struct dp_addr *address);
/* An application listener (any loopback address); CLOSE accepts and closes after the client, RESET resets. */
enum dp_err dp_lab_add_app(struct dp_lab *lab, const struct dp_addr *address, enum dp_lab_tcp mode);
/* Another mode for a listener that was added; ARG when there is none. */
enum dp_err dp_lab_set_app(struct dp_lab *lab, const struct dp_addr *address, enum dp_lab_tcp mode);
/* How fast the lab's own clock runs (1: as the real one); before the start. */
void dp_lab_set_speed(struct dp_lab *lab, double speed);

/* ---- running ---- */

/* Finds free ports and listens. SOCKET when no port could be had on all addresses. */
enum dp_err dp_lab_start(struct dp_lab *lab);
uint16_t dp_lab_port(const struct dp_lab *lab);
uint16_t dp_lab_app_port(const struct dp_lab *lab); /* 0 when there are no application listeners */
struct dp_lab_stats dp_lab_stats(const struct dp_lab *lab);
/* Closes all sockets and forgets what is unanswered. The memory goes when the loop has closed the handles, at
 * the latest in dp_loop_free. `lab` may be NULL. */
void dp_lab_free(struct dp_lab *lab);

#endif
