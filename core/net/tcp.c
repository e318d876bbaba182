/* SPDX-License-Identifier: MIT
 * DNS over TCP (RFC 7766): one connection per exchange, each message behind two octets of length.
 *
 *   connecting ──writable──▶ writing ──all written──▶ reading ──frame──▶ packet, reading again
 *        └────────── any error or early end: path_error, then silence ──────────┘
 *
 * The exchange's time begins with the clock before connect(2): the kernel stamps the octets of a stream as
 * they leave, but not the SYN, which leaves before any of them.
 *
 * A connection gets BYTES_PER_TURN at most before other sockets have their turn. How long a dripping peer is
 * waited for is the user's timer. */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/frame.h"
#include "net/link.h"

#define BYTES_PER_TURN  (256u * 1024u)
#define FRAMES_PER_TURN 64u
#define QUOTE_BYTES     64u

struct tcp_link {
    struct dp_socket_link socket;
    struct dp_addr server;
    uint64_t begun_real_us;
    int connect_errno; /* connect(2) failed at once: told by send */
    bool connected, ended;
    const uint8_t *query; /* borrowed */
    size_t query_bytes;
    size_t written; /* length octets included */
    uint8_t query_length[2];
    struct dp_frame frame;
};

static struct tcp_link *tcp_of(struct dp_link *link)
{
    return (struct tcp_link *)link;
}

/* ---- connecting ---- */

/* A failure to connect is about the server, not about our sockets: the link exists, and send reports it. */
static int tcp_open(struct dp_link *link, const struct dp_link_options *options)
{
    struct tcp_link *t = tcp_of(link);
    struct sockaddr_storage to;
    const socklen_t to_bytes = (socklen_t)dp_addr_to_sockaddr(&options->server, &to);
    const int one = 1;
    const int fd = dp_socket_new(options->server.family, SOCK_STREAM);
    if (fd < 0) {
        return fd;
    }
    t->socket.fd = fd;
    t->server = options->server;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    t->begun_real_us = dp_clock_real_us();
    if (connect(fd, (struct sockaddr *)&to, to_bytes) != 0 && errno != EINPROGRESS) {
        t->connect_errno = errno;
        t->ended = true;
    }
    link->local_port = dp_socket_local_port(fd);
    return 0;
}

static void tcp_fini(struct dp_link *link)
{
    struct tcp_link *t = tcp_of(link);
    dp_frame_fini(&t->frame);
}

/* The connection is over: `sys_errno` 0 for an orderly end. Nothing is read any more. */
static void fail(struct tcp_link *t, int sys_errno)
{
    struct dp_link *link = &t->socket.link;
    struct dp_path_error error = {.sys_errno = sys_errno};
    uint8_t quote[QUOTE_BYTES];
    if (sys_errno == 0 || !dp_socket_next_error(t->socket.fd, &error, quote, sizeof quote) ||
        error.icmp_from.family == 0) {
        error = (struct dp_path_error){.sys_errno = sys_errno};
    }
    error.to = t->server;
    error.data = NULL;
    error.size_bytes = 0;
    t->ended = true;
    dp_socket_link_watch(&t->socket, 0);
    link->net->events.path_error(link->net->user, link, &error);
}

/* False while the handshake is under way and after it failed. */
static bool check_connected(struct tcp_link *t)
{
    struct sockaddr_storage peer;
    socklen_t peer_bytes = sizeof peer;
    int status = 0;
    socklen_t status_bytes = sizeof status;
    if (getsockopt(t->socket.fd, SOL_SOCKET, SO_ERROR, &status, &status_bytes) == 0 && status != 0) {
        fail(t, status);
        return false;
    }
    if (getpeername(t->socket.fd, (struct sockaddr *)&peer, &peer_bytes) != 0) {
        return false;
    }
    t->connected = true;
    t->socket.link.connected_real_us = dp_clock_real_us();
    return true;
}

/* ---- writing ---- */

static void tcp_send(struct dp_link *link, struct dp_outgoing *items, size_t count)
{
    struct tcp_link *t = tcp_of(link);
    (void)count;
    t->query = items[0].data;
    t->query_bytes = items[0].size_bytes;
    t->query_length[0] = (uint8_t)(t->query_bytes >> 8);
    t->query_length[1] = (uint8_t)t->query_bytes;
    items[0].sent_real_us = t->begun_real_us;
    items[0].sys_errno = t->connect_errno;
}

static void write_query(struct tcp_link *t)
{
    while (t->written < t->query_bytes + 2) {
        const size_t head = t->written < 2 ? t->written : 2;
        const size_t body = t->written - head;
        struct iovec iov[2] = {
            {.iov_base = t->query_length + head, .iov_len = 2 - head},
            {.iov_base = (void *)(uintptr_t)(t->query + body), .iov_len = t->query_bytes - body}};
        const struct msghdr msg = {.msg_iov = iov, .msg_iovlen = 2};
        const ssize_t sent = sendmsg(t->socket.fd, &msg, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0) {
            if (errno != EAGAIN && errno != EINTR) {
                fail(t, errno);
            }
            return;
        }
        t->written += (size_t)sent;
    }
    dp_socket_link_watch(&t->socket, UV_READABLE);
}

/* ---- reading ---- */

/* Reads what the frame has room for; the stamps of `packet` are those of the last octet read. Returns what
 * recvmsg does. */
static ssize_t read_some(struct tcp_link *t, struct dp_packet *packet)
{
    union {
        struct cmsghdr align;
        uint8_t bytes[DP_CONTROL_BYTES];
    } control;
    uint8_t *at;
    size_t room;
    if (!dp_frame_space(&t->frame, &at, &room)) {
        errno = ENOMEM;
        return -1;
    }
    struct iovec iov = {.iov_base = at, .iov_len = room};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof control.bytes};
    const ssize_t got = recvmsg(t->socket.fd, &msg, MSG_DONTWAIT);
    if (got > 0) {
        dp_socket_stamps(&msg, packet);
        if (t->socket.link.first_byte_real_us == 0) {
            t->socket.link.first_byte_real_us = packet->real_us;
        }
        dp_frame_filled(&t->frame, (size_t)got);
    }
    return got;
}

static void read_frames(struct tcp_link *t)
{
    struct dp_link *link = &t->socket.link;
    struct dp_packet packet = {.from = t->server};
    size_t total = 0;
    for (unsigned frames = 0; frames < FRAMES_PER_TURN && total < BYTES_PER_TURN && !link->closed;) {
        const ssize_t got = read_some(t, &packet);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            return;
        }
        if (got <= 0) {
            fail(t, got == 0 ? 0 : errno);
            return;
        }
        total += (size_t)got;
        if (dp_frame_whole(&t->frame, &packet.size_bytes)) {
            packet.data = t->frame.data;
            frames++;
            link->net->events.packet(link->net->user, link, &packet);
            dp_frame_next(&t->frame);
        }
    }
}

static void tcp_ready(struct dp_link *link)
{
    struct tcp_link *t = tcp_of(link);
    if (t->ended || (!t->connected && !check_connected(t))) {
        return;
    }
    if (t->written < t->query_bytes + 2) {
        write_query(t);
    }
    if (!t->ended) {
        read_frames(t);
    }
}

const struct dp_transport_ops dp_transport_ops_TCP = {
    .link_bytes = sizeof(struct tcp_link),
    .open = tcp_open,
    .send = tcp_send,
    .ready = tcp_ready,
    .fini = tcp_fini,
};
