/* SPDX-License-Identifier: MIT
 * Which socket and which message id an exchange gets.
 *
 *  1. Streams: a connection each.
 *  2. Datagrams: a fresh socket with a port of the kernel's choosing each, as long as no more than
 *     max_dedicated_sockets are open and no more than OWN_SOCKETS_PER_S exchanges are started (a socket costs
 *     ten times what an exchange costs; diagnosis stays far below, load tests should not pay for it), and
 *     always where the caller fixes the id or wants socket options. Whatever arrives on such a socket
 *     concerns its exchange, so every stray finds its place.
 *  3. Otherwise a socket of the pool. POOL_RUN exchanges in a row share one, so that their queries leave in
 *     one system call and their answers arrive in one; then another is picked at random. Ids are unique among
 *     the exchanges that listen on a socket, and a hash table over (socket, id) finds the one a message is
 *     for. A packet with an id that nobody has cannot be put down to an exchange; it is counted by the
 *     engine.
 *  4. A pool socket that has served POOL_USES exchanges is replaced: it takes no more and is closed with the
 *     last that listens. An attacker who learns a port has little time to use it (RFC 5452, section 9.2). */
#include <errno.h>
#include <stdlib.h>

#include "exchange/engine.h"

#define OWN_SOCKETS_PER_S 1000.0
#define OWN_RESUME_SHARE  0.5
#define POOL_RUN          DP_SEND_BATCH
#define POOL_USES         8192u
#define LINK_USERS        16384u /* a quarter of the ids: a free one is found in a few draws */
#define ID_DRAWS          64u
#define TABLE_FILL        1u /* flights per place at which the table grows */

/* ---- (socket, id) → flight ---- */

static uint16_t id_of(const uint8_t *message)
{
    return (uint16_t)((unsigned)message[0] << 8 | message[1]);
}

/* The id begins at bit 40, so the bits of the product below that know the link alone: with places taken from
 * there, all flights of a socket would share a few chains. */
static struct dp_flight **table_at(struct dp_engine *engine, const struct dp_link *link, uint16_t id)
{
    const uint64_t hash = ((uint64_t)(uintptr_t)link ^ (uint64_t)id << 40) * UINT64_C(0x9e3779b97f4a7c15);
    return &engine->table[(hash >> 40) & (engine->table_size - 1)];
}

/* Doubles the table; without memory the chains just get longer. */
static void table_grow(struct dp_engine *engine)
{
    const size_t old_size = engine->table_size;
    struct dp_flight **old = engine->table;
    struct dp_flight **table = calloc(old_size * 2, sizeof *table);
    if (table == NULL) {
        return;
    }
    engine->table = table;
    engine->table_size = old_size * 2;
    for (size_t i = 0; i < old_size; i++) {
        for (struct dp_flight *f = old[i], *next; f != NULL; f = next) {
            next = f->hash_next;
            struct dp_flight **at = table_at(engine, f->link, f->id);
            f->hash_next = *at;
            *at = f;
        }
    }
    free(old);
}

static struct dp_flight *table_find(struct dp_engine *engine, const struct dp_link *link, uint16_t id)
{
    struct dp_flight *f = *table_at(engine, link, id);
    while (f != NULL && (f->link != link || f->id != id)) {
        f = f->hash_next;
    }
    return f;
}

static void table_remove(struct dp_flight *flight)
{
    struct dp_flight **at = table_at(flight->engine, flight->link, flight->id);
    while (*at != flight) {
        at = &(*at)->hash_next;
    }
    *at = flight->hash_next;
    flight->engine->table_count--;
}

void dp_ports_draw_id(struct dp_flight *flight)
{
    flight->id = dp_rand_u16(&flight->engine->rand);
    flight->query[0] = (uint8_t)(flight->id >> 8);
    flight->query[1] = (uint8_t)flight->id;
}

struct dp_flight *dp_ports_find(struct dp_engine *engine, const struct dp_link *link, const uint8_t *message,
                                size_t size_bytes)
{
    if (!link->shared) {
        return link->user;
    }
    return size_bytes >= 2 ? table_find(engine, link, id_of(message)) : NULL;
}

/* ---- the pool ---- */

/* No more exchanges for the socket in this place. */
static void retire(struct dp_pool *pool, unsigned place)
{
    struct dp_link *link = pool->links[place];
    pool->links[place] = NULL;
    link->user = NULL;
    if (link->users == 0) {
        dp_link_close(link);
    }
}

/* The socket in `place`, opened or replaced where need be; NULL when it has no room or cannot be opened. */
static struct dp_link *pool_link(struct dp_flight *flight, struct dp_pool *pool, unsigned place,
                                 int *sys_errno)
{
    if (pool->links[place] != NULL && pool->uses[place] >= POOL_USES) {
        retire(pool, place);
    }
    if (pool->links[place] == NULL) {
        const struct dp_link_options options = {
            .transport = flight->ex.transport, .server = flight->ex.server, .shared = true};
        struct dp_link *link;
        if (dp_link_open(flight->engine->net, &options, &link, sys_errno) != DP_OK) {
            return NULL;
        }
        link->user = pool;
        pool->links[place] = link;
        pool->uses[place] = 0;
    }
    return pool->links[place]->users < LINK_USERS ? pool->links[place] : NULL;
}

static bool pool_assign(struct dp_flight *flight, struct dp_link *link)
{
    struct dp_engine *engine = flight->engine;
    for (unsigned draw = 0; draw < ID_DRAWS; draw++) {
        if (table_find(engine, link, flight->id) == NULL) {
            struct dp_flight **at;
            flight->link = link;
            if (engine->table_count >= engine->table_size * TABLE_FILL) {
                table_grow(engine);
            }
            at = table_at(engine, link, flight->id);
            flight->hash_next = *at;
            *at = flight;
            engine->table_count++;
            return true;
        }
        dp_ports_draw_id(flight);
    }
    return false;
}

static enum dp_err assign_shared(struct dp_flight *flight, int *sys_errno)
{
    struct dp_engine *engine = flight->engine;
    struct dp_pool *pool = &engine->pools[flight->ex.server.family == 6];
    const unsigned places = engine->config.pool_sockets;
    if (pool->run == 0) {
        pool->current = dp_rand_below(&engine->rand, places);
        pool->run = POOL_RUN;
    }
    for (unsigned i = 0; i < places; i++) {
        struct dp_link *link = pool_link(flight, pool, pool->current, sys_errno);
        if (link != NULL && pool_assign(flight, link)) {
            pool->run--;
            pool->uses[pool->current]++;
            return DP_OK;
        }
        pool->current = (pool->current + 1) % places;
    }
    return DP_ERR_SOCKET;
}

/* ---- interface ---- */

/* Rule 2: a token bucket as deep as there may be sockets. Who found it empty gets one again when it is half
 * full; what is started meanwhile takes tokens all the same, so that it fills only below the rate. */
static bool own_socket_due(struct dp_flight *flight)
{
    struct dp_engine *engine = flight->engine;
    const double depth = engine->config.max_dedicated_sockets;
    if (engine->own_sockets >= engine->config.max_dedicated_sockets) {
        return false;
    }
    if (flight->begun_us > engine->own_filled_us) {
        engine->own_tokens += (double)(flight->begun_us - engine->own_filled_us) * 1e-6 * OWN_SOCKETS_PER_S;
        engine->own_filled_us = flight->begun_us;
    }
    if (engine->own_tokens > depth) {
        engine->own_tokens = depth;
    }
    if (engine->own_tokens < 1) {
        engine->own_paused = true;
    } else if (engine->own_tokens >= depth * OWN_RESUME_SHARE) {
        engine->own_paused = false;
    }
    engine->own_tokens = engine->own_tokens < 1 ? 0 : engine->own_tokens - 1;
    return !engine->own_paused;
}

static enum dp_err assign_own(struct dp_flight *flight, int *sys_errno)
{
    const struct dp_link_options options = {
        .transport = flight->ex.transport, .server = flight->ex.server, .df = flight->df};
    const enum dp_err err = dp_link_open(flight->engine->net, &options, &flight->link, sys_errno);
    if (err == DP_OK) {
        flight->link->user = flight;
    }
    return err;
}

enum dp_err dp_ports_assign(struct dp_flight *flight, int *sys_errno)
{
    struct dp_engine *engine = flight->engine;
    const bool stream = dp_transport_is_stream(flight->ex.transport);
    const bool own = stream || flight->own_socket_needed;
    enum dp_err err = DP_ERR_SOCKET;
    if (own || own_socket_due(flight)) {
        err = assign_own(flight, sys_errno);
        engine->own_sockets += err == DP_OK && !stream ? 1 : 0;
    }
    if (err != DP_OK && !own) { /* enough of them, or no file descriptor left */
        err = assign_shared(flight, sys_errno);
    }
    if (err != DP_OK) {
        engine->stats.socket_errors++;
        return err;
    }
    flight->link->users++;
    flight->ex.local_port = flight->link->local_port;
    return DP_OK;
}

void dp_ports_release(struct dp_flight *flight)
{
    struct dp_link *link = flight->link;
    if (link == NULL) {
        return;
    }
    link->users--;
    if (link->shared) {
        table_remove(flight);
        if (link->users == 0 && link->user == NULL) {
            dp_link_close(link);
        }
    } else {
        flight->engine->own_sockets -= dp_transport_is_stream(flight->ex.transport) ? 0 : 1;
        link->user = NULL;
        dp_link_close(link);
    }
    flight->link = NULL;
}

void dp_ports_close(struct dp_engine *engine)
{
    for (unsigned i = 0; i < 2; i++) {
        for (unsigned place = 0; place < engine->config.pool_sockets; place++) {
            if (engine->pools[i].links[place] != NULL) {
                retire(&engine->pools[i], place);
            }
        }
    }
}
