/* SPDX-License-Identifier: MIT
 * A server that does to its clients what servers on the internet do, and worse: each test gives it a handler
 * that answers as it likes. It lives on the loop of the test, UDP and TCP on one port of 127.0.0.1 or ::1,
 * and does not keep the loop alive. All in this header, so that a test stays one source file. */
#ifndef DP_TESTS_BADSERVER_H
#define DP_TESTS_BADSERVER_H

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "net/addr.h"
#include "net/loop.h"

#define BAD_QUERY_BYTES 2048
#define BAD_CONNECTIONS 64

struct bad_server;

/* A query that has come, over UDP or TCP. */
struct bad_query {
    struct bad_server *server;
    uint8_t data[BAD_QUERY_BYTES];
    size_t size;
    bool tcp;
    int fd; /* TCP: the connection, which the server keeps open to its end */
    struct sockaddr_storage peer;
};
typedef void bad_handler(struct bad_query *query, void *user);

struct bad_connection {
    uv_poll_t poll;
    struct bad_server *server;
    int fd;
    uint8_t data[BAD_QUERY_BYTES + 2];
    size_t size;
};

struct bad_server {
    struct dp_loop *loop;
    struct dp_addr address;
    bad_handler *handler;
    void *user;
    unsigned queries;
    uv_poll_t udp, listener;
    int udp_fd, listener_fd, elsewhere_fd;
    unsigned handles;
    struct bad_connection *connections[BAD_CONNECTIONS];
    unsigned n_connections;
};

/* ---- what handlers do ---- */

/* Writes a good answer: the question, one A record 192.0.2.`last_octet`, TTL 300. Returns its size. */
static inline size_t bad_answer(const struct bad_query *query, uint8_t last_octet, uint8_t *out)
{
    static const uint8_t record[] = {0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2};
    size_t end = 12; /* of the question: OPT, if any, is left out */
    while (query->data[end] != 0) {
        end += (size_t)query->data[end] + 1;
    }
    end += 5;
    memcpy(out, query->data, end);
    out[2] |= 0x80;
    out[3] = 0x80;
    memcpy(out + 4, "\0\1\0\1\0\0\0\0", 8);
    memcpy(out + end, record, sizeof record);
    out[end + sizeof record] = last_octet;
    return end + sizeof record + 1;
}

/* Raw octets over a TCP connection. */
static inline void bad_write(const struct bad_query *query, const void *data, size_t size)
{
    const uint8_t *at = data;
    while (size > 0) {
        const ssize_t sent = send(query->fd, at, size, MSG_NOSIGNAL);
        if (sent <= 0) {
            return; /* the client has gone: its right */
        }
        at += sent;
        size -= (size_t)sent;
    }
}

static inline void bad_send(const struct bad_query *query, int fd, const void *data, size_t size)
{
    (void)sendto(fd, data, size, MSG_NOSIGNAL, (const struct sockaddr *)&query->peer, sizeof query->peer);
}

/* One message, framed where it goes over TCP. */
static inline void bad_reply(const struct bad_query *query, const void *data, size_t size)
{
    if (query->tcp) {
        const uint8_t length[2] = {(uint8_t)(size >> 8), (uint8_t)size};
        bad_write(query, length, 2);
        bad_write(query, data, size);
    } else {
        bad_send(query, query->server->udp_fd, data, size);
    }
}

/* UDP, from another port. */
static inline void bad_reply_elsewhere(const struct bad_query *query, const void *data, size_t size)
{
    bad_send(query, query->server->elsewhere_fd, data, size);
}

/* Closes a TCP connection. Its descriptor stays taken until the server goes (dup2 of a fresh socket). */
static inline void bad_hang_up(const struct bad_query *query)
{
    const int fresh = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    dup2(fresh, query->fd);
    close(fresh);
}

struct bad_delayed {
    struct bad_query query;
    bad_handler *then;
    void *user;
};

static inline void bad_delayed_fire(void *user)
{
    struct bad_delayed *delayed = user;
    delayed->then(&delayed->query, delayed->user);
    free(delayed);
}

/* Calls `then` with a copy of the query after a while; the server must outlive that. */
static inline void bad_later(const struct bad_query *query, uint64_t after_us, bad_handler *then, void *user)
{
    struct bad_delayed *delayed = malloc(sizeof *delayed);
    *delayed = (struct bad_delayed){.query = *query, .then = then, .user = user};
    dp_timer_start(query->server->loop, after_us, bad_delayed_fire, delayed, NULL);
}

/* ---- the server ---- */

static inline void bad_udp_ready(uv_poll_t *poll, int status, int events)
{
    struct bad_server *s = poll->data;
    (void)status;
    (void)events;
    for (;;) {
        struct bad_query q = {.server = s, .fd = -1};
        socklen_t peer_bytes = sizeof q.peer;
        const ssize_t got =
            recvfrom(s->udp_fd, q.data, sizeof q.data, MSG_DONTWAIT, (struct sockaddr *)&q.peer, &peer_bytes);
        if (got < 0) {
            return;
        }
        q.size = (size_t)got;
        s->queries++;
        s->handler(&q, s->user);
    }
}

static inline void bad_connection_ready(uv_poll_t *poll, int status, int events)
{
    struct bad_connection *c = poll->data;
    (void)status;
    (void)events;
    const ssize_t got = recv(c->fd, c->data + c->size, sizeof c->data - c->size, MSG_DONTWAIT);
    if (got <= 0) {
        uv_poll_stop(poll);
        return;
    }
    c->size += (size_t)got;
    const size_t size = c->size >= 2 ? (size_t)c->data[0] << 8 | c->data[1] : 0;
    if (size > 0 && c->size >= size + 2) {
        struct bad_query q = {.server = c->server, .size = size, .tcp = true, .fd = c->fd};
        memcpy(q.data, c->data + 2, size);
        c->size = 0;
        c->server->queries++;
        c->server->handler(&q, c->server->user);
    }
}

static inline void bad_watch(struct bad_server *s, uv_poll_t *poll, int fd, void *data, uv_poll_cb ready)
{
    uv_poll_init(dp_loop_uv(s->loop), poll, fd);
    poll->data = data;
    uv_poll_start(poll, UV_READABLE, ready);
    uv_unref((uv_handle_t *)poll);
    s->handles++;
}

static inline void bad_listener_ready(uv_poll_t *poll, int status, int events)
{
    struct bad_server *s = poll->data;
    (void)status;
    (void)events;
    const int fd = accept4(s->listener_fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd < 0 || s->n_connections == BAD_CONNECTIONS) {
        close(fd);
        return;
    }
    struct bad_connection *c = calloc(1, sizeof *c);
    *c = (struct bad_connection){.server = s, .fd = fd};
    s->connections[s->n_connections++] = c;
    bad_watch(s, &c->poll, fd, c, bad_connection_ready);
}

static inline int bad_socket(struct dp_addr *address, int type)
{
    struct sockaddr_storage ss;
    socklen_t bytes = (socklen_t)dp_addr_to_sockaddr(address, &ss);
    const int fd = socket(ss.ss_family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (bind(fd, (struct sockaddr *)&ss, bytes) != 0) {
        close(fd);
        return -1;
    }
    bytes = sizeof ss;
    getsockname(fd, (struct sockaddr *)&ss, &bytes);
    dp_addr_from_sockaddr(address, (struct sockaddr *)&ss);
    return fd;
}

static inline struct bad_server *bad_server_new(struct dp_loop *loop, uint8_t family, bad_handler *handler,
                                                void *user)
{
    struct bad_server *s = calloc(1, sizeof *s);
    struct dp_addr any = {.family = family, .ip = {127, 0, 0, 1}};
    if (family == 6) {
        any = (struct dp_addr){.family = 6, .ip = {[15] = 1}};
    }
    *s = (struct bad_server){.loop = loop, .handler = handler, .user = user, .listener_fd = -1};
    while (s->listener_fd < 0) { /* a port that is free for both */
        s->address = any;
        s->udp_fd = bad_socket(&s->address, SOCK_DGRAM);
        s->listener_fd = bad_socket(&s->address, SOCK_STREAM);
        if (s->listener_fd < 0) {
            close(s->udp_fd);
        }
    }
    s->elsewhere_fd = bad_socket(&any, SOCK_DGRAM);
    listen(s->listener_fd, 16);
    bad_watch(s, &s->udp, s->udp_fd, s, bad_udp_ready);
    bad_watch(s, &s->listener, s->listener_fd, s, bad_listener_ready);
    return s;
}

static inline void bad_closed(uv_handle_t *handle)
{
    --*(unsigned *)handle->data;
}

/* Turns the loop until its handles are closed. */
static inline void bad_server_free(struct bad_server *s)
{
    unsigned open = s->handles;
    s->udp.data = s->listener.data = &open;
    uv_close((uv_handle_t *)&s->udp, bad_closed);
    uv_close((uv_handle_t *)&s->listener, bad_closed);
    for (unsigned i = 0; i < s->n_connections; i++) {
        s->connections[i]->poll.data = &open;
        uv_close((uv_handle_t *)&s->connections[i]->poll, bad_closed);
        close(s->connections[i]->fd);
    }
    close(s->udp_fd);
    close(s->listener_fd);
    close(s->elsewhere_fd);
    while (open > 0) {
        dp_loop_turn(s->loop, false);
    }
    for (unsigned i = 0; i < s->n_connections; i++) {
        free(s->connections[i]);
    }
    free(s);
}

#endif
