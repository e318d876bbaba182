/* SPDX-License-Identifier: MIT
 * Sockets of a node: one UDP socket, one TCP listener with its connections (RFC 7766: several queries on one
 * connection, answered as they are ready).
 *
 * How TCP faults are made on loopback, without root:
 *   refuse   no listener; where only one viewer is refused, its connections are accepted and reset at once
 *   drop     a classic BPF filter on the listening socket eats the SYNs of that viewer, so that its connect
 *            runs into its timeout as it does behind a firewall that drops. Some kernels let only root filter
 *            TCP: there the listener's queue is kept full, so that SYNs are dropped, but then everybody's
 *   reset    SO_LINGER 0 and close when a query has come
 *   close    orderly close when a query has come
 *   alert    the same behind a TLS alert */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lab/node.h"

#define CONN_IDLE_MS   10000u /* RFC 7766, section 6.2.3: a server may close an idle connection */
#define CONNS_MAX      512u
#define LISTEN_BACKLOG 128

struct dp_lab_conn {
    uv_tcp_t tcp;
    uv_timer_t idle;
    struct dp_lab_node *node;
    struct dp_addr peer;
    const struct dp_lab_faults *faults;
    unsigned open_handles;
    bool closing;
    size_t have_bytes;
    uint8_t in[2 + 4096]; /* one framed query; a longer one ends the connection */
    struct dp_lab_conn *next, *prev;
};

struct write {
    uv_write_t req;
    uint8_t data[]; /* length prefix and message */
};

/* ---- opening ---- */

/* Eats SYNs (and all else) at a listening socket: of everybody, or of one side of 127.53.0.0/16. */
static bool attach_drop(int fd, bool drop_host, bool drop_lab)
{
    const uint32_t eat = 0, pass = UINT32_MAX;
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_NET_OFF + 12)), /* IPv4 source address */
        BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xffff0000u),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x7f350000u, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, drop_lab ? eat : pass),
        BPF_STMT(BPF_RET | BPF_K, drop_host ? eat : pass),
    };
    const struct sock_fprog program = {.len = sizeof code / sizeof code[0], .filter = code};
    return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program) == 0;
}

/* Makes the kernel drop the SYNs to a bound socket without a filter: a queue of one that nobody empties. A
 * connection stays in it when its other end has gone. */
static bool listen_full(int fd, const struct dp_addr *address)
{
    struct sockaddr_storage ss;
    const size_t len = dp_addr_to_sockaddr(address, &ss);
    const int filler = listen(fd, 0) == 0 ? socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) : -1;
    const bool full = filler >= 0 && connect(filler, (struct sockaddr *)&ss, (socklen_t)len) == 0;
    if (filler >= 0) {
        close(filler);
    }
    return full;
}

int dp_lab_socket(const struct dp_addr *address, int type)
{
    struct sockaddr_storage ss;
    const size_t len = dp_addr_to_sockaddr(address, &ss);
    const int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    const int on = 1;
    if (fd < 0) {
        return -1;
    }
    if ((type == SOCK_STREAM && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) ||
        bind(fd, (struct sockaddr *)&ss, (socklen_t)len) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static void node_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    const struct dp_lab_node *node = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)node->lab->buffer, DP_LAB_BUFFER_BYTES);
}

static void node_received(uv_udp_t *udp, ssize_t size, const uv_buf_t *buf, const struct sockaddr *from,
                          unsigned flags)
{
    struct dp_lab_node *node = udp->data;
    struct dp_addr client;
    if (size <= 0 || from == NULL || (flags & UV_UDP_PARTIAL) != 0) {
        return;
    }
    dp_addr_from_sockaddr(&client, from);
    dp_lab_receive(node, (const uint8_t *)buf->base, (size_t)size, &client, NULL);
}

static void node_connected(uv_stream_t *listener, int status);

/* A socket that listens as the node's faults want it, or -1. `full`: nobody gets through, and nothing is to
 * be accepted. */
static int listening(const struct dp_lab_node *node, bool *full)
{
    const bool drop_host = node->faults[DP_LAB_VIEWER_HOST].tcp == DP_LAB_TCP_DROP;
    const bool drop_lab = node->faults[DP_LAB_VIEWER_LAB].tcp == DP_LAB_TCP_DROP;
    const int fd = dp_lab_socket(&node->address, SOCK_STREAM);
    if (fd < 0) {
        return -1;
    }
    *full = (drop_host || drop_lab) && !attach_drop(fd, drop_host, drop_lab);
    if (*full ? !listen_full(fd, &node->address) : listen(fd, LISTEN_BACKLOG) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool refuses(const struct dp_lab_node *node)
{
    return node->faults[DP_LAB_VIEWER_HOST].tcp == DP_LAB_TCP_REFUSE &&
           node->faults[DP_LAB_VIEWER_LAB].tcp == DP_LAB_TCP_REFUSE;
}

enum dp_err dp_lab_node_bind(struct dp_lab_node *node, uint16_t port)
{
    node->address.port = port;
    node->fds[0] = node->app ? -1 : dp_lab_socket(&node->address, SOCK_DGRAM);
    node->fds[1] =
        refuses(node) ? dp_lab_socket(&node->address, SOCK_STREAM) : listening(node, &node->tcp_full);
    if ((!node->app && node->fds[0] < 0) || node->fds[1] < 0) {
        dp_lab_node_unbind(node);
        return DP_ERR_SOCKET;
    }
    return DP_OK;
}

void dp_lab_node_unbind(struct dp_lab_node *node)
{
    for (size_t i = 0; i < 2; i++) {
        if (node->fds[i] >= 0) {
            close(node->fds[i]);
        }
        node->fds[i] = -1;
    }
}

static enum dp_err open_udp(struct dp_lab_node *node, uv_loop_t *uv)
{
    uv_udp_init(uv, &node->udp);
    node->udp.data = node;
    node->udp_open = true;
    dp_lab_handle_opened(node->lab);
    if (uv_udp_open(&node->udp, node->fds[0]) != 0) {
        return DP_ERR_SOCKET;
    }
    node->fds[0] = -1;
    return uv_udp_recv_start(&node->udp, node_alloc, node_received) == 0 ? DP_OK : DP_ERR_SOCKET;
}

static enum dp_err accept_on(struct dp_lab_node *node)
{
    return uv_listen((uv_stream_t *)&node->tcp, LISTEN_BACKLOG, node_connected) == 0 ? DP_OK : DP_ERR_SOCKET;
}

static enum dp_err open_tcp(struct dp_lab_node *node, uv_loop_t *uv)
{
    uv_tcp_init(uv, &node->tcp);
    node->tcp.data = node;
    node->tcp_open = true;
    dp_lab_handle_opened(node->lab);
    if (uv_tcp_open(&node->tcp, node->fds[1]) != 0) {
        return DP_ERR_SOCKET;
    }
    node->fds[1] = -1;
    return node->tcp_full ? DP_OK : accept_on(node);
}

enum dp_err dp_lab_node_open(struct dp_lab_node *node)
{
    uv_loop_t *uv = dp_loop_uv(node->lab->loop);
    enum dp_err err = node->app ? DP_OK : open_udp(node, uv);
    if (err == DP_OK && !refuses(node)) {
        err = open_tcp(node, uv);
    }
    dp_lab_node_unbind(
        node); /* refused: bound once to be sure that the port is free, then left without a listener */
    return err;
}

static void node_handle_closed(uv_handle_t *handle)
{
    struct dp_lab_node *node = handle->data;
    dp_lab_handle_closed(node->lab);
}

void dp_lab_node_close(struct dp_lab_node *node)
{
    dp_lab_node_unbind(node);
    if (node->udp_open) {
        node->udp_open = false;
        uv_close((uv_handle_t *)&node->udp, node_handle_closed);
    }
    if (node->tcp_open) {
        node->tcp_open = false;
        uv_close((uv_handle_t *)&node->tcp, node_handle_closed);
    }
}

/* ---- connections ---- */

static void conn_handle_closed(uv_handle_t *handle)
{
    struct dp_lab_conn *conn = handle->data;
    struct dp_lab *lab = conn->node->lab;
    if (--conn->open_handles == 0) {
        free(conn);
    }
    dp_lab_handle_closed(lab);
}

/* Ends a connection; requests that still wait for it lose it. */
static void conn_close(struct dp_lab_conn *conn, bool reset)
{
    struct dp_lab *lab = conn->node->lab;
    if (conn->closing) {
        return;
    }
    conn->closing = true;
    for (struct dp_lab_request *r = lab->requests, *next; r != NULL; r = next) {
        next = r->next;
        if (r->conn == conn) {
            r->conn = NULL;
            r->dead = true;
        }
    }
    if (conn->prev != NULL) {
        conn->prev->next = conn->next;
    } else {
        lab->conns = conn->next;
    }
    if (conn->next != NULL) {
        conn->next->prev = conn->prev;
    }
    uv_close((uv_handle_t *)&conn->idle, conn_handle_closed);
    if (!reset || uv_tcp_close_reset(&conn->tcp, conn_handle_closed) != 0) {
        uv_close((uv_handle_t *)&conn->tcp, conn_handle_closed);
    }
}

void dp_lab_conns_close(struct dp_lab *lab)
{
    while (lab->conns != NULL) {
        conn_close(lab->conns, false);
    }
}

static void conn_idle(uv_timer_t *timer)
{
    conn_close(timer->data, false);
}

static void conn_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buf)
{
    struct dp_lab_conn *conn = handle->data;
    (void)suggested;
    *buf = uv_buf_init((char *)conn->in + conn->have_bytes, (unsigned)(sizeof conn->in - conn->have_bytes));
}

/* Hands over every whole query in the buffer and keeps the rest; false when one is too long. */
static bool conn_take(struct dp_lab_conn *conn)
{
    size_t at = 0;
    while (!conn->closing && conn->have_bytes - at >= 2) {
        const size_t size = ((size_t)conn->in[at] << 8) | conn->in[at + 1];
        if (size + 2 > sizeof conn->in) {
            return false;
        }
        if (conn->have_bytes - at < size + 2) {
            break;
        }
        dp_lab_receive(conn->node, conn->in + at + 2, size, &conn->peer, conn);
        at += size + 2;
    }
    conn->have_bytes -= at;
    memmove(conn->in, conn->in + at, conn->have_bytes);
    return true;
}

/* A fatal handshake_failure (RFC 8446, sections 5.1 and 6.2), then the end. */
static void conn_alert(struct dp_lab_conn *conn)
{
    static char alert[] = {21, 3, 3, 0, 2, 2, 40};
    const uv_buf_t buf = uv_buf_init(alert, sizeof alert);
    (void)uv_try_write((uv_stream_t *)&conn->tcp, &buf, 1);
    conn_close(conn, false);
}

static void conn_read(uv_stream_t *stream, ssize_t size, const uv_buf_t *buf)
{
    struct dp_lab_conn *conn = stream->data;
    (void)buf;
    if (size == 0) {
        return;
    }
    if (size < 0) {
        conn_close(conn, false);
        return;
    }
    conn->have_bytes += (size_t)size;
    uv_timer_again(&conn->idle);
    const enum dp_lab_tcp mode = conn->faults->tcp;
    if (mode == DP_LAB_TCP_RESET || mode == DP_LAB_TCP_CLOSE) {
        conn_close(conn, mode == DP_LAB_TCP_RESET);
    } else if (mode == DP_LAB_TCP_ALERT) {
        conn_alert(conn);
    } else if (conn->node->app) {
        conn->have_bytes = 0; /* the client closes when it has seen enough */
    } else if (!conn_take(conn)) {
        conn_close(conn, false);
    }
}

static unsigned conn_count(const struct dp_lab *lab)
{
    unsigned n = 0;
    for (const struct dp_lab_conn *conn = lab->conns; conn != NULL; conn = conn->next) {
        n++;
    }
    return n;
}

/* A connection with its handles made, in the lab's list. NULL: out of memory. */
static struct dp_lab_conn *conn_new(struct dp_lab_node *node)
{
    struct dp_lab *lab = node->lab;
    struct dp_lab_conn *conn = calloc(1, sizeof *conn);
    if (conn == NULL) {
        return NULL;
    }
    conn->node = node;
    conn->open_handles = 2;
    uv_tcp_init(dp_loop_uv(lab->loop), &conn->tcp);
    uv_timer_init(dp_loop_uv(lab->loop), &conn->idle);
    conn->tcp.data = conn;
    conn->idle.data = conn;
    dp_lab_handle_opened(lab);
    dp_lab_handle_opened(lab);
    conn->next = lab->conns;
    if (conn->next != NULL) {
        conn->next->prev = conn;
    }
    lab->conns = conn;
    return conn;
}

static void node_connected(uv_stream_t *listener, int status)
{
    struct dp_lab_node *node = listener->data;
    struct sockaddr_storage ss;
    int len = sizeof ss;
    struct dp_lab_conn *conn = status == 0 ? conn_new(node) : NULL;
    if (conn == NULL) {
        return;
    }
    if (uv_accept(listener, (uv_stream_t *)&conn->tcp) != 0 ||
        uv_tcp_getpeername(&conn->tcp, (struct sockaddr *)&ss, &len) != 0) {
        conn_close(conn, false);
        return;
    }
    dp_addr_from_sockaddr(&conn->peer, (struct sockaddr *)&ss);
    const bool inside = dp_lab_is_inside(&conn->peer);
    conn->faults = &node->faults[inside ? DP_LAB_VIEWER_LAB : DP_LAB_VIEWER_HOST];
    if (conn->faults->tcp == DP_LAB_TCP_REFUSE || conn_count(node->lab) > CONNS_MAX) {
        conn_close(conn, true);
        return;
    }
    uv_timer_start(&conn->idle, conn_idle, CONN_IDLE_MS, CONN_IDLE_MS);
    uv_read_start((uv_stream_t *)&conn->tcp, conn_alloc, conn_read);
}

/* ---- changes while it runs ---- */

/* A connection that was accepted before lives no longer than the mode in which it was. */
static void close_conns_of(const struct dp_lab_node *node)
{
    for (struct dp_lab_conn *conn = node->lab->conns, *next; conn != NULL; conn = next) {
        next = conn->next;
        if (conn->node == node) {
            conn_close(conn, true);
        }
    }
}

static bool detach_drop(int fd)
{
    const int unused = 0;
    return setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, &unused, sizeof unused) == 0 || errno == ENOENT;
}

enum dp_err dp_lab_node_follow(struct dp_lab_node *node)
{
    const enum dp_lab_tcp host = node->faults[DP_LAB_VIEWER_HOST].tcp;
    const enum dp_lab_tcp own = node->faults[DP_LAB_VIEWER_LAB].tcp;
    uv_os_fd_t fd;
    if (host != DP_LAB_TCP_OPEN || own != DP_LAB_TCP_OPEN) {
        close_conns_of(node);
    }
    if (!node->tcp_open) { /* it was refused until now */
        node->fds[1] = listening(node, &node->tcp_full);
        return node->fds[1] < 0 ? DP_ERR_SOCKET : open_tcp(node, dp_loop_uv(node->lab->loop));
    }
    if (uv_fileno((const uv_handle_t *)&node->tcp, &fd) != 0) {
        return DP_ERR_SOCKET;
    }
    const bool drops = host == DP_LAB_TCP_DROP || own == DP_LAB_TCP_DROP;
    if (node->tcp_full) {
        node->tcp_full = drops;
        return drops ? DP_OK : accept_on(node);
    }
    return (drops ? attach_drop(fd, host == DP_LAB_TCP_DROP, own == DP_LAB_TCP_DROP) : detach_drop(fd))
               ? DP_OK
               : DP_ERR_SOCKET;
}

/* ---- sending ---- */

static void written(uv_write_t *req, int status)
{
    (void)status;
    free(req->data);
}

static void transmit_tcp(struct dp_lab_request *request)
{
    const size_t size = request->wire_size;
    struct write *write = malloc(sizeof *write + 2 + size);
    if (write == NULL) {
        return;
    }
    write->req.data = write;
    write->data[0] = (uint8_t)(size >> 8);
    write->data[1] = (uint8_t)size;
    memcpy(write->data + 2, request->wire, size);
    const uv_buf_t buf = uv_buf_init((char *)write->data, (unsigned)(size + 2));
    if (uv_write(&write->req, (uv_stream_t *)&request->conn->tcp, &buf, 1, written) != 0) {
        free(write);
    }
}

/* From another port of the same address: what a broken load balancer does. */
static void transmit_elsewhere(const struct dp_lab_node *node, const uv_buf_t *buf, const struct sockaddr *to)
{
    struct dp_addr address = node->address;
    address.port = 0;
    const int fd = dp_lab_socket(&address, SOCK_DGRAM);
    if (fd >= 0) {
        (void)sendto(fd, buf->base, buf->len, MSG_DONTWAIT, to, sizeof(struct sockaddr_in));
        close(fd);
    }
}

static void transmit_udp(const struct dp_lab_request *request)
{
    struct dp_lab_node *node = request->node;
    struct dp_rand *rand = &node->lab->rand;
    const struct dp_lab_faults *faults = request->faults;
    struct sockaddr_storage to;
    dp_addr_to_sockaddr(&request->client, &to);
    const uv_buf_t buf = uv_buf_init((char *)request->wire, (unsigned)request->wire_size);
    if (faults->wrong_source > 0 && dp_rand_unit(rand) < faults->wrong_source) {
        transmit_elsewhere(node, &buf, (struct sockaddr *)&to);
        return;
    }
    if (faults->wrong_id > 0 && dp_rand_unit(rand) < faults->wrong_id) {
        request->wire[0] ^= 0x55;
        uv_udp_try_send(&node->udp, &buf, 1, (struct sockaddr *)&to);
        request->wire[0] ^= 0x55;
    }
    uv_udp_try_send(&node->udp, &buf, 1, (struct sockaddr *)&to);
    if (faults->duplicate > 0 && dp_rand_unit(rand) < faults->duplicate) {
        uv_udp_try_send(&node->udp, &buf, 1, (struct sockaddr *)&to);
    }
}

void dp_lab_transmit(struct dp_lab_request *request)
{
    if (request->conn != NULL) {
        transmit_tcp(request);
    } else if (!request->dead && request->node->udp_open) {
        transmit_udp(request);
    }
}
