/* SPDX-License-Identifier: MIT
 * Inside of the lab: what a node, a request and a resolver are made of.
 * Only files of this room include it. */
#ifndef DP_LAB_NODE_H
#define DP_LAB_NODE_H

#include <uv.h>

#include "base/rand.h"
#include "lab/answer.h"
#include "lab/lab.h"
#include "net/loop.h"

struct dp_lab_resolver;

/* A zone as one backend serves it. */
struct dp_lab_serving {
    struct dp_lab_zone *zone;
    struct dp_addr subnet; /* family 0: everybody */
    unsigned prefix_bits;
    struct dp_lab_serving *next;
};

struct dp_lab_backend {
    struct dp_lab_node *node;
    char identity[64];
    double weight;
    struct dp_lab_serving *zones;
    struct dp_lab_resolver *resolver; /* NULL: authoritative only */
    struct dp_lab_backend *next;
};

struct dp_lab_node {
    struct dp_lab *lab;
    struct dp_addr address; /* with the lab's port once started */
    char label[64];
    struct dp_lab_faults faults[DP_LAB_VIEWERS];
    struct dp_lab_meter meter;
    struct dp_lab_node *intercept;
    struct dp_lab_backend *backends;
    uv_udp_t udp;
    uv_tcp_t tcp;
    bool app;                /* an application listener: no UDP, TCP that reads and says nothing */
    bool udp_open, tcp_open; /* the handles are initialised */
    bool tcp_full;           /* the listener lets nobody through (socket.c, drop) */
    int fds[2];              /* UDP and TCP between bind and open; -1: none */
    struct dp_lab_node *next;
};

/* One query on its way to an answer. */
struct dp_lab_request {
    struct dp_lab_node *node;           /* whose socket it came to, and leaves from */
    const struct dp_lab_backend *serve; /* who answers */
    const struct dp_lab_faults *faults;
    struct dp_lab_conn *conn; /* TCP; NULL: UDP */
    struct dp_addr client;
    bool from_host;
    bool dead; /* its connection is gone: the answer is not sent */
    struct dp_arena arena;
    struct dp_msg query;
    struct dp_lab_answer answer;
    struct dp_ecs ecs; /* family 0: none or not readable */
    uint8_t *wire;     /* the built answer while it is held back */
    size_t wire_size;
    struct dp_timer *timer;
    struct dp_lab_request *next, *prev; /* in the lab's list of open requests */
};

struct dp_lab {
    struct dp_loop *loop;
    struct dp_rand rand;
    struct dp_arena arena; /* nodes, backends, servings: what lives as long as the lab */
    struct dp_lab_zone *zones;
    struct dp_lab_node *nodes;
    struct dp_lab_resolver *resolvers;
    struct dp_lab_request *requests;
    struct dp_lab_conn *conns;
    struct dp_lab_ask *asks;
    struct dp_addr roots[8];
    size_t n_roots;
    uint16_t port, app_port;
    uint64_t started_us;   /* on the real clock; 0: not yet */
    double speed;          /* of the lab's own clock */
    unsigned open_handles; /* uv handles of the lab; freed when it is stopping and none is left */
    bool stopping;
    uint8_t *buffer; /* 64 KiB: every datagram is received and every answer built here */
    struct dp_lab_stats stats;
};

#define DP_LAB_BUFFER_BYTES   65535u
#define DP_LAB_CLOCK_BEGIN_US 1000000000u /* of the lab's clock: anything above 0, which means "never" */

/* lab.c: bookkeeping of uv handles. Each uv_*_init is followed by `opened`, and its close callback ends in
 * `closed`, which may free the lab. */
void dp_lab_handle_opened(struct dp_lab *lab);
void dp_lab_handle_closed(struct dp_lab *lab);
/* The lab's own clock: caches, TTLs, serials and events go by it. It stands still until the start, then runs
 * `speed` times as fast as the real one. What a packet does goes by the real one. */
uint64_t dp_lab_now_us(const struct dp_lab *lab);
bool dp_lab_is_inside(const struct dp_addr *address); /* 127.53.0.0/16 */

/* socket.c: takes the port for UDP and TCP of a node, without making any handle: until it is opened, it can
 * be given back. SOCKET when the port is taken. */
enum dp_err dp_lab_node_bind(struct dp_lab_node *node, uint16_t port);
void dp_lab_node_unbind(struct dp_lab_node *node);
/* Serves on what was bound. */
enum dp_err dp_lab_node_open(struct dp_lab_node *node);
void dp_lab_node_close(struct dp_lab_node *node);
/* The faults of a node that is open have changed: its listener follows. SOCKET when it cannot. */
enum dp_err dp_lab_node_follow(struct dp_lab_node *node);
/* A bound, non-blocking socket or -1. */
int dp_lab_socket(const struct dp_addr *address, int type);
void dp_lab_conns_close(struct dp_lab *lab);
/* Sends the built answer over the request's transport. */
void dp_lab_transmit(struct dp_lab_request *request);

/* request.c: a message has come to `node`. Borrows all. */
void dp_lab_receive(struct dp_lab_node *node, const uint8_t *wire, size_t size_bytes,
                    const struct dp_addr *from, struct dp_lab_conn *conn);
/* The request's answer is complete: builds it, holds it back, sends it, frees the request. */
void dp_lab_respond(struct dp_lab_request *request);
/* The same with this rcode and no records. */
void dp_lab_respond_rcode(struct dp_lab_request *request, uint16_t rcode);
void dp_lab_request_free(struct dp_lab_request *request);

/* auth.c: answers from the backend's zones; false when it has none for the name.
 * May respond later (ALIAS). */
bool dp_lab_auth_serve(struct dp_lab_request *request);
/* Adds `set` under `owner` to a section as this server presents it: pool, rotation, moving serial. */
void dp_lab_auth_add_set(struct dp_lab_request *request, enum dp_section section,
                         const struct dp_lab_zone *zone, const struct dp_name *owner,
                         const struct dp_lab_rrset *set);
/* Adds the SOA that says how long a negative answer may be kept. */
void dp_lab_auth_add_negative(struct dp_lab_request *request, const struct dp_lab_zone *zone);

#endif
