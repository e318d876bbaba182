/* SPDX-License-Identifier: MIT
 * The lab's own client. Each question has a socket of its own on a random port and a random id, and takes the
 * first datagram from the server that has the id; a server that misbehaves costs a timeout, as in the field.
 * The libuv handles outlive the question until their close callbacks: memory goes with the last of them. */
#include "lab/ask.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_LIMIT_BYTES (1u << 20)
#define QUERY_BYTES        (12 + DP_NAME_MAX_BYTES + 4 + 11 + 24)

struct dp_lab_ask {
    struct dp_lab *lab;
    struct dp_lab_node *from;
    struct dp_addr server;
    dp_lab_ask_cb *done; /* NULL: answered or canceled, only closing */
    void *user;
    struct dp_timer *timer;
    uv_udp_t udp;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    bool has_udp, has_tcp;
    unsigned open_handles;
    uint16_t id;
    size_t query_size;
    uint8_t query[2 + QUERY_BYTES]; /* behind room for the TCP length */
    size_t have_bytes;
    uint8_t *in;                    /* TCP: 64 KiB, allocated when needed */
    struct dp_lab_ask *next, *prev; /* in the lab's list until answered or canceled */
};

static void ask_closed(uv_handle_t *handle)
{
    struct dp_lab_ask *ask = handle->data;
    struct dp_lab *lab = ask->lab;
    if (--ask->open_handles == 0) {
        free(ask->in);
        free(ask);
    }
    dp_lab_handle_closed(lab);
}

static void close_handles(struct dp_lab_ask *ask)
{
    if (ask->done == NULL) {
        return;
    }
    ask->done = NULL;
    if (ask->prev != NULL) {
        ask->prev->next = ask->next;
    } else {
        ask->lab->asks = ask->next;
    }
    if (ask->next != NULL) {
        ask->next->prev = ask->prev;
    }
    if (ask->timer != NULL) {
        dp_timer_cancel(ask->timer);
        ask->timer = NULL;
    }
    if (ask->has_udp) {
        ask->has_udp = false;
        uv_close((uv_handle_t *)&ask->udp, ask_closed);
    }
    if (ask->has_tcp) {
        ask->has_tcp = false;
        uv_close((uv_handle_t *)&ask->tcp, ask_closed);
    }
}

/* Ends the question with this answer (NULL: none). */
static void finish(struct dp_lab_ask *ask, const struct dp_msg *answer)
{
    dp_lab_ask_cb *done = ask->done;
    void *user = ask->user;
    if (done != NULL) {
        close_handles(ask);
        done(user, answer);
    }
}

void dp_lab_ask_cancel(struct dp_lab_ask *ask)
{
    close_handles(ask);
}

static void timed_out(void *user)
{
    struct dp_lab_ask *ask = user;
    ask->timer = NULL;
    finish(ask, NULL);
}

/* ---- TCP ---- */

static void tcp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct dp_lab_ask *ask = handle->data;
    (void)suggested;
    *buf =
        uv_buf_init((char *)ask->in + ask->have_bytes, (unsigned)(2 + DP_LAB_BUFFER_BYTES - ask->have_bytes));
}

static void take(struct dp_lab_ask *ask, const uint8_t *wire, size_t size_bytes, bool tcp);

static void tcp_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct dp_lab_ask *ask = stream->data;
    (void)buf;
    if (size < 0) {
        finish(ask, NULL);
        return;
    }
    ask->have_bytes += (size_t)size;
    if (ask->have_bytes >= 2) {
        const size_t want = ((size_t)ask->in[0] << 8 | ask->in[1]);
        if (ask->have_bytes >= want + 2) {
            take(ask, ask->in + 2, want, true);
        }
    }
}

static void tcp_written(uv_write_t *req, int status)
{
    struct dp_lab_ask *ask = req->data;
    if (status != 0) {
        finish(ask, NULL);
    }
}

static void tcp_connected(uv_connect_t *req, int status)
{
    struct dp_lab_ask *ask = req->data;
    const uv_buf_t buf = uv_buf_init((char *)ask->query, (unsigned)(ask->query_size + 2));
    if (ask->done == NULL) {
        return; /* closing: status is ECANCELED */
    }
    if (status != 0 || uv_read_start((uv_stream_t *)&ask->tcp, tcp_alloc, tcp_read) != 0 ||
        uv_write(&ask->write, (uv_stream_t *)&ask->tcp, &buf, 1, tcp_written) != 0) {
        finish(ask, NULL);
    }
}

/* The answer was truncated: the same question over TCP. False when it cannot be tried. */
static bool go_tcp(struct dp_lab_ask *ask)
{
    struct dp_addr source = ask->from->address;
    struct sockaddr_storage to;
    source.port = 0;
    ask->in = malloc(2 + DP_LAB_BUFFER_BYTES);
    const int fd = ask->in != NULL ? dp_lab_socket(&source, SOCK_STREAM) : -1;
    if (fd < 0) {
        return false;
    }
    uv_tcp_init(dp_loop_uv(ask->lab->loop), &ask->tcp);
    ask->tcp.data = ask->connect.data = ask->write.data = ask;
    ask->has_tcp = true;
    ask->open_handles++;
    dp_lab_handle_opened(ask->lab);
    if (uv_tcp_open(&ask->tcp, fd) != 0) {
        close(fd);
        return false;
    }
    dp_addr_to_sockaddr(&ask->server, &to);
    return uv_tcp_connect(&ask->connect, &ask->tcp, (struct sockaddr *)&to, tcp_connected) == 0;
}

/* ---- UDP ---- */

/* A message that may be the answer. */
static void take(struct dp_lab_ask *ask, const uint8_t *wire, size_t size_bytes, bool tcp)
{
    struct dp_arena arena;
    struct dp_msg msg;
    if (size_bytes < 12 || (wire[0] << 8 | wire[1]) != ask->id || (wire[2] & 0x80) == 0) {
        return;
    }
    dp_arena_init(&arena, ANSWER_LIMIT_BYTES);
    const enum dp_err err = dp_msg_parse(&msg, wire, size_bytes, &arena);
    if (err != DP_OK && err != DP_ERR_TRAILING) {
        finish(ask, NULL);
    } else if (tcp || (msg.flags & DP_FLAG_TC) == 0) {
        finish(ask, &msg);
    } else if (!ask->has_tcp && !go_tcp(ask)) {
        finish(ask, NULL);
    }
    dp_arena_fini(&arena);
}

static void udp_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct dp_lab_ask *ask = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)ask->lab->buffer, DP_LAB_BUFFER_BYTES);
}

static void udp_received(uv_udp_t *udp, ssize_t size, const uv_buf_t *buf, const struct sockaddr *from,
                         unsigned flags)
{
    struct dp_lab_ask *ask = udp->data;
    struct dp_addr peer;
    if (size <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0 || ask->done == NULL) {
        return;
    }
    dp_addr_from_sockaddr(&peer, from);
    if (dp_addr_equal(&peer, &ask->server)) {
        take(ask, (const uint8_t *)buf->base, (size_t)size, false);
    }
}

/* The query's wire form into ask->query, behind its TCP length. */
static enum dp_err build(struct dp_lab_ask *ask, const struct dp_lab_ask_params *params)
{
    struct dp_question question = {.name = *params->name, .type = params->type, .rrclass = DP_CLASS_IN};
    uint8_t ecs[20];
    struct dp_edns_option option = {.code = DP_EDNS_ECS, .data = ecs};
    struct dp_msg msg = {.id = ask->id, .questions = &question, .n_questions = 1};
    msg.flags = (uint16_t)((params->recurse ? DP_FLAG_RD : 0) | (params->check_disabled ? DP_FLAG_CD : 0));
    msg.edns = (struct dp_edns){.present = !params->plain, .udp_size = DP_LAB_UDP_BYTES, .flags = DP_EDNS_DO};
    if (params->ecs != NULL && !params->plain) {
        option.size = (uint16_t)dp_ecs_write(params->ecs, ecs);
        msg.edns.options = &option;
        msg.edns.n_options = 1;
    }
    const enum dp_err err = dp_msg_build(&msg, false, ask->query + 2, QUERY_BYTES, &ask->query_size);
    ask->query[0] = (uint8_t)(ask->query_size >> 8);
    ask->query[1] = (uint8_t)ask->query_size;
    return err;
}

static enum dp_err send_udp(struct dp_lab_ask *ask)
{
    struct dp_addr source = ask->from->address;
    struct sockaddr_storage to;
    source.port = 0;
    const int fd = dp_lab_socket(&source, SOCK_DGRAM);
    if (fd < 0) {
        return DP_ERR_SOCKET;
    }
    uv_udp_init(dp_loop_uv(ask->lab->loop), &ask->udp);
    ask->udp.data = ask;
    ask->has_udp = true;
    ask->open_handles++;
    dp_lab_handle_opened(ask->lab);
    if (uv_udp_open(&ask->udp, fd) != 0) {
        close(fd);
        return DP_ERR_SOCKET;
    }
    const uv_buf_t buf = uv_buf_init((char *)ask->query + 2, (unsigned)ask->query_size);
    dp_addr_to_sockaddr(&ask->server, &to);
    /* What cannot be sent runs into the timeout, like what is lost. */
    (void)uv_udp_try_send(&ask->udp, &buf, 1, (struct sockaddr *)&to);
    ask->lab->stats.upstream++;
    return uv_udp_recv_start(&ask->udp, udp_alloc, udp_received) == 0 ? DP_OK : DP_ERR_SOCKET;
}

/* An ask that could not be started. */
static void discard(struct dp_lab_ask *ask)
{
    const bool has_handles = ask->open_handles != 0;
    close_handles(ask);
    if (!has_handles) {
        free(ask);
    }
}

enum dp_err dp_lab_ask_start(const struct dp_lab_ask_params *params, dp_lab_ask_cb *done, void *user,
                             struct dp_lab_ask **out)
{
    struct dp_lab_ask *ask = calloc(1, sizeof *ask);
    if (ask == NULL) {
        return DP_ERR_NOMEM;
    }
    ask->lab = params->from->lab;
    ask->from = params->from;
    ask->server = params->server;
    ask->done = done;
    ask->user = user;
    ask->id = (uint16_t)dp_rand_below(&ask->lab->rand, 65536);
    enum dp_err err = build(ask, params);
    ask->next = ask->lab->asks;
    if (ask->next != NULL) {
        ask->next->prev = ask;
    }
    ask->lab->asks = ask;
    if (err == DP_OK) {
        err = send_udp(ask);
    }
    if (err == DP_OK) {
        err = dp_timer_start(ask->lab->loop, params->timeout_us, timed_out, ask, &ask->timer);
    }
    if (err != DP_OK) {
        discard(ask);
        return err;
    }
    *out = ask;
    return DP_OK;
}
