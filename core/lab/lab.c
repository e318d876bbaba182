/* SPDX-License-Identifier: MIT
 * The lab as a whole: building, finding a free port, stopping.
 *
 * One port for all: a delegation carries addresses, not ports, so whoever walks it must find every server on
 * the same port. Ports are tried at random below the ephemeral range, where outgoing sockets do not sit; one
 * that is taken on any address is given up on all of them.
 *
 * Memory: nodes and backends live in one arena until the last libuv handle of the lab has been closed. */
#include "lab/lab.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "lab/ask.h"
#include "lab/node.h"
#include "lab/resolver.h"

#define LAB_LIMIT_BYTES (64u << 20)
#define PORT_LOW        20000u
#define PORT_HIGH       32000u
#define PORT_TRIES      200u

/* ---- life ---- */

enum dp_err dp_lab_new(struct dp_loop *loop, uint64_t seed, struct dp_lab **out)
{
    struct dp_lab *lab = calloc(1, sizeof *lab);
    if (lab == NULL) {
        return DP_ERR_NOMEM;
    }
    lab->buffer = malloc(DP_LAB_BUFFER_BYTES);
    if (lab->buffer == NULL) {
        free(lab);
        return DP_ERR_NOMEM;
    }
    lab->loop = loop;
    lab->speed = 1;
    dp_rand_init_seeded(&lab->rand, seed);
    dp_arena_init(&lab->arena, LAB_LIMIT_BYTES);
    *out = lab;
    return DP_OK;
}

void dp_lab_set_speed(struct dp_lab *lab, double speed)
{
    lab->speed = speed;
}

uint64_t dp_lab_now_us(const struct dp_lab *lab)
{
    const uint64_t passed_us = lab->started_us != 0 ? dp_clock_mono_us() - lab->started_us : 0;
    return DP_LAB_CLOCK_BEGIN_US + (uint64_t)((double)passed_us * lab->speed);
}

static void release(struct dp_lab *lab)
{
    while (lab->zones != NULL) {
        struct dp_lab_zone *zone = lab->zones;
        lab->zones = zone->next;
        dp_lab_zone_free(zone);
    }
    dp_arena_fini(&lab->arena);
    free(lab->buffer);
    free(lab);
}

void dp_lab_handle_opened(struct dp_lab *lab)
{
    lab->open_handles++;
}

void dp_lab_handle_closed(struct dp_lab *lab)
{
    lab->open_handles--;
    if (lab->stopping && lab->open_handles == 0) {
        release(lab);
    }
}

void dp_lab_free(struct dp_lab *lab)
{
    if (lab == NULL) {
        return;
    }
    for (struct dp_lab_resolver *r = lab->resolvers; r != NULL; r = r->next) {
        dp_lab_resolver_fini(r);
    }
    while (lab->asks != NULL) {
        dp_lab_ask_cancel(lab->asks);
    }
    while (lab->requests != NULL) {
        dp_lab_request_free(lab->requests);
    }
    dp_lab_conns_close(lab);
    for (struct dp_lab_node *node = lab->nodes; node != NULL; node = node->next) {
        dp_lab_node_close(node);
    }
    lab->stopping = true;
    if (lab->open_handles == 0) {
        release(lab);
    }
}

/* ---- nodes ---- */

bool dp_lab_is_inside(const struct dp_addr *address)
{
    return address->family == 4 && address->ip[0] == 127 && address->ip[1] == 53;
}

static void copy_text(char *out, size_t cap_bytes, const char *text)
{
    const size_t len = strlen(text) < cap_bytes ? strlen(text) : cap_bytes - 1;
    memcpy(out, text, len);
    out[len] = '\0';
}

static enum dp_err add_node(struct dp_lab *lab, const struct dp_addr *address, const char *label, bool app,
                            struct dp_lab_node **out)
{
    struct dp_lab_node **end = &lab->nodes;
    for (; *end != NULL; end = &(*end)->next) {
        if (dp_addr_same_ip(&(*end)->address, address)) {
            return DP_ERR_ARG;
        }
    }
    struct dp_lab_node *node = dp_arena_calloc(&lab->arena, 1, sizeof *node);
    if (node == NULL) {
        return DP_ERR_NOMEM;
    }
    node->lab = lab;
    node->address = *address;
    node->app = app;
    node->fds[0] = node->fds[1] = -1;
    copy_text(node->label, sizeof node->label, label);
    *end = node;
    *out = node;
    return DP_OK;
}

enum dp_err dp_lab_add_node(struct dp_lab *lab, const struct dp_addr *address, const char *label,
                            struct dp_lab_node **node)
{
    return dp_lab_is_inside(address) ? add_node(lab, address, label, false, node) : DP_ERR_RANGE;
}

enum dp_err dp_lab_add_app(struct dp_lab *lab, const struct dp_addr *address, enum dp_lab_tcp mode)
{
    struct dp_lab_node *node;
    if (dp_addr_scope(address) != DP_ADDR_LOOPBACK || address->family != 4) {
        return DP_ERR_RANGE;
    }
    const enum dp_err err = add_node(lab, address, "app", true, &node);
    if (err == DP_OK) {
        node->faults[DP_LAB_VIEWER_HOST].tcp = node->faults[DP_LAB_VIEWER_LAB].tcp = mode;
    }
    return err;
}

struct dp_lab_faults *dp_lab_node_faults(struct dp_lab_node *node, enum dp_lab_viewer viewer)
{
    return &node->faults[viewer];
}

enum dp_err dp_lab_node_refault(struct dp_lab_node *node, const struct dp_lab_faults *host,
                                const struct dp_lab_faults *own)
{
    node->faults[DP_LAB_VIEWER_HOST] = *host;
    node->faults[DP_LAB_VIEWER_LAB] = *own;
    return node->lab->started_us != 0 ? dp_lab_node_follow(node) : DP_OK;
}

enum dp_err dp_lab_set_app(struct dp_lab *lab, const struct dp_addr *address, enum dp_lab_tcp mode)
{
    for (struct dp_lab_node *node = lab->nodes; node != NULL; node = node->next) {
        if (node->app && dp_addr_same_ip(&node->address, address)) {
            struct dp_lab_faults faults = node->faults[DP_LAB_VIEWER_HOST];
            faults.tcp = mode;
            return dp_lab_node_refault(node, &faults, &faults);
        }
    }
    return DP_ERR_ARG;
}

void dp_lab_node_intercept(struct dp_lab_node *node, struct dp_lab_node *by)
{
    node->intercept = by;
}

enum dp_err dp_lab_add_root(struct dp_lab *lab, const struct dp_addr *address)
{
    if (lab->n_roots == sizeof lab->roots / sizeof lab->roots[0]) {
        return DP_ERR_LIMIT;
    }
    lab->roots[lab->n_roots++] = *address;
    return DP_OK;
}

/* ---- zones and what is behind a node ---- */

enum dp_err dp_lab_add_zone(struct dp_lab *lab, const char *origin, const char *text, size_t size_bytes,
                            struct dp_lab_zone **zone, struct dp_zonetext_error *error)
{
    const enum dp_err err = dp_lab_zone_new(origin, text, size_bytes, zone, error);
    if (err == DP_OK) {
        (*zone)->next = lab->zones;
        lab->zones = *zone;
    }
    return err;
}

enum dp_err dp_lab_add_pool(struct dp_lab_zone *zone, const char *name, unsigned take, const double *weights,
                            size_t n_weights)
{
    struct dp_lab_pool *pool = dp_arena_calloc(&zone->arena, 1, sizeof *pool);
    if (pool == NULL) {
        return DP_ERR_NOMEM;
    }
    const enum dp_err err = dp_name_from_text(&pool->name, name, strlen(name), &zone->origin);
    if (err != DP_OK || take == 0) {
        return err != DP_OK ? err : DP_ERR_ARG;
    }
    pool->take = take;
    pool->n_weights = n_weights;
    pool->weight =
        n_weights != 0 ? dp_arena_memdup(&zone->arena, weights, n_weights * sizeof *weights) : NULL;
    if (n_weights != 0 && pool->weight == NULL) {
        return DP_ERR_NOMEM;
    }
    pool->next = zone->pools;
    zone->pools = pool;
    return DP_OK;
}

enum dp_err dp_lab_add_backend(struct dp_lab_node *node, const char *identity, double weight,
                               struct dp_lab_backend **out)
{
    struct dp_lab_backend *backend = dp_arena_calloc(&node->lab->arena, 1, sizeof *backend);
    struct dp_lab_backend **end = &node->backends;
    if (backend == NULL) {
        return DP_ERR_NOMEM;
    }
    backend->node = node;
    backend->weight = weight;
    copy_text(backend->identity, sizeof backend->identity, identity);
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = backend;
    *out = backend;
    return DP_OK;
}

enum dp_err dp_lab_backend_zone(struct dp_lab_backend *backend, struct dp_lab_zone *zone,
                                const struct dp_addr *subnet, unsigned prefix_bits)
{
    struct dp_lab_serving *serving = dp_arena_calloc(&backend->node->lab->arena, 1, sizeof *serving);
    struct dp_lab_serving **end = &backend->zones;
    if (serving == NULL) {
        return DP_ERR_NOMEM;
    }
    serving->zone = zone;
    serving->subnet = *subnet;
    serving->prefix_bits = prefix_bits;
    while (*end != NULL) {
        end = &(*end)->next;
    }
    *end = serving;
    return DP_OK;
}

enum dp_err dp_lab_backend_resolver(struct dp_lab_backend *backend,
                                    const struct dp_lab_resolver_config *config)
{
    struct dp_lab *lab = backend->node->lab;
    struct dp_lab_resolver *resolver = backend->resolver;
    if (resolver == NULL) {
        resolver = dp_arena_calloc(&lab->arena, 1, sizeof *resolver);
        if (resolver == NULL) {
            return DP_ERR_NOMEM;
        }
        resolver->node = backend->node;
        resolver->next = lab->resolvers;
        lab->resolvers = resolver;
        backend->resolver = resolver;
    }
    resolver->config = *config;
    resolver->config.forward_to.port = lab->port; /* 0 until the start, which sets it */
    return DP_OK;
}

void dp_lab_backend_clear(struct dp_lab_backend *backend)
{
    backend->zones = NULL;
    if (backend->resolver != NULL) {
        backend->resolver->rules = NULL;
    }
}

void dp_lab_backend_flush(struct dp_lab_backend *backend)
{
    if (backend->resolver != NULL) {
        dp_lab_cache_fini(&backend->resolver->cache);
    }
}

/* ---- running ---- */

/* True when all nodes of that kind have `port`; else none of them has it. */
static bool bind_nodes(struct dp_lab *lab, bool apps, uint16_t port)
{
    for (struct dp_lab_node *node = lab->nodes; node != NULL; node = node->next) {
        if (node->app == apps && dp_lab_node_bind(node, port) != DP_OK) {
            for (struct dp_lab_node *bound = lab->nodes; bound != node; bound = bound->next) {
                if (bound->app == apps) {
                    dp_lab_node_unbind(bound);
                }
            }
            return false;
        }
    }
    return true;
}

/* The port that they listen on; 0: none could be had. */
static uint16_t find_port(struct dp_lab *lab, bool apps)
{
    struct dp_rand unseeded; /* two labs of one seed must not race for the same ports */
    dp_rand_init(&unseeded);
    for (unsigned i = 0; i < PORT_TRIES; i++) {
        const uint16_t port = (uint16_t)(PORT_LOW + dp_rand_below(&unseeded, PORT_HIGH - PORT_LOW));
        if (port != lab->port && bind_nodes(lab, apps, port)) {
            return port;
        }
    }
    return 0;
}

enum dp_err dp_lab_start(struct dp_lab *lab)
{
    bool has_apps = false;
    for (const struct dp_lab_node *node = lab->nodes; node != NULL; node = node->next) {
        has_apps |= node->app;
    }
    lab->port = find_port(lab, false);
    lab->app_port = has_apps ? find_port(lab, true) : 0;
    if (lab->port == 0 || (has_apps && lab->app_port == 0)) {
        return DP_ERR_SOCKET;
    }
    for (struct dp_lab_node *node = lab->nodes; node != NULL; node = node->next) {
        if (dp_lab_node_open(node) != DP_OK) {
            return DP_ERR_SOCKET;
        }
    }
    for (size_t i = 0; i < lab->n_roots; i++) {
        lab->roots[i].port = lab->port;
    }
    for (struct dp_lab_resolver *r = lab->resolvers; r != NULL; r = r->next) {
        if (r->config.forward_to.family != 0) {
            r->config.forward_to.port = lab->port;
        }
    }
    lab->started_us = dp_clock_mono_us();
    return DP_OK;
}

uint16_t dp_lab_port(const struct dp_lab *lab)
{
    return lab->port;
}

uint16_t dp_lab_app_port(const struct dp_lab *lab)
{
    return lab->app_port;
}

struct dp_lab_stats dp_lab_stats(const struct dp_lab *lab)
{
    return lab->stats;
}
