/* SPDX-License-Identifier: MIT
 * Datagrams over an unconnected UDP socket, in batches.
 *
 * Receiving: recvmmsg(2) takes up to BATCH packets per system call into buffers that all UDP links of a net
 * share: 64 KiB of address space each, of which only touched pages become memory. A link gets at most
 * BATCHES_PER_TURN batches before other sockets and timers have their turn, so that a flood at one socket
 * cannot starve the rest.
 *
 * Sending: a socket of one exchange has the kernel stamp its message as the device gets it, which leaves out
 * what this process may wait for between the clock and the call; the stamp is there when sendto(2) returns,
 * unless a queue holds the message, and then the clock before sendto(2) counts. In a batch the stamps of
 * first and last are taken around sendmmsg(2) and those between are interpolated: off by the jitter of one
 * send, some microseconds, and the exchange says that sending is stamped by this process. Stamps of the
 * kernel with an id each (SOF_TIMESTAMPING_OPT_ID) were measured: 0.44 us more for each message of a full
 * batch, a seventh of what a whole exchange costs here.
 *
 * Sending unwatched: a socket in an epoll set has a sleeper, whom the kernel tells of each message that has
 * left, in vain, as nobody asked for that. Out of the set during a large batch, an exchange costs 4 to 5 %
 * less; what arrives meanwhile waits in the socket and is reported when it is back.
 *
 * Pending errors: after an ICMP message the kernel returns its errno from the *next* call on the socket,
 * whatever that call is for. So a failed send is tried once more; only an error that stays is its own. */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "net/link.h"

#define BATCH              64u
#define BATCHES_PER_TURN   4u
#define ERRORS_PER_TURN    64u
#define SHARED_RCVBUF      (4 * 1024 * 1024)
#define QUOTE_BYTES        576u /* what an ICMP message quotes at most (RFC 1812, section 4.3.2.3) */
#define PENDING_ERRORS_MAX 16u
#define UNWATCHED_FROM     16u /* messages: their savings pay for two more system calls */

struct dp_udp_receiver {
    struct mmsghdr msgs[BATCH];
    struct iovec iov[BATCH];
    struct sockaddr_storage names[BATCH];
    union {
        struct cmsghdr align;
        uint8_t bytes[DP_CONTROL_BYTES];
    } controls[BATCH];
    uint8_t *buffers;
    unsigned n_used; /* msgs whose lengths the kernel has changed since they were set */
};

struct udp_link {
    struct dp_socket_link socket;
};

void dp_udp_receiver_free(struct dp_udp_receiver *receiver)
{
    if (receiver != NULL) {
        free(receiver->buffers);
        free(receiver);
    }
}

static struct dp_udp_receiver *receiver_new(void)
{
    struct dp_udp_receiver *r = calloc(1, sizeof *r);
    if (r == NULL) {
        return NULL;
    }
    r->buffers = malloc(BATCH * (size_t)DP_MESSAGE_MAX_BYTES);
    if (r->buffers == NULL) {
        free(r);
        return NULL;
    }
    for (unsigned i = 0; i < BATCH; i++) {
        r->iov[i] = (struct iovec){r->buffers + i * (size_t)DP_MESSAGE_MAX_BYTES, DP_MESSAGE_MAX_BYTES};
        r->msgs[i].msg_hdr = (struct msghdr){.msg_name = &r->names[i],
                                             .msg_iov = &r->iov[i],
                                             .msg_iovlen = 1,
                                             .msg_control = r->controls[i].bytes};
    }
    r->n_used = BATCH;
    return r;
}

/* ---- open ---- */

/* IPv6 has no such bit: there the choice is whether this host may fragment. */
static void set_df(int fd, uint8_t family, enum dp_df df)
{
    if (df == DP_DF_SYSTEM) {
        return;
    }
    if (family == 4) {
        const int how = df == DP_DF_SET ? IP_PMTUDISC_PROBE : IP_PMTUDISC_DONT;
        (void)setsockopt(fd, IPPROTO_IP, IP_MTU_DISCOVER, &how, sizeof how);
    } else {
        const int how = df == DP_DF_SET ? IPV6_PMTUDISC_PROBE : IPV6_PMTUDISC_DONT;
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, &how, sizeof how);
    }
}

static int udp_open(struct dp_link *link, const struct dp_link_options *options)
{
    struct dp_socket_link *sl = dp_socket_link(link);
    struct sockaddr_storage any;
    const struct dp_addr wildcard = {.family = options->server.family};
    if (link->net->receiver == NULL) {
        link->net->receiver = receiver_new();
        if (link->net->receiver == NULL) {
            return -ENOMEM;
        }
    }
    const int fd = dp_socket_new(options->server.family, SOCK_DGRAM);
    if (fd < 0) {
        return fd;
    }
    sl->fd = fd;
    if (options->shared) {
        const int size = SHARED_RCVBUF; /* the kernel gives what its limit allows */
        if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0) {
            (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
        }
    } else {
        dp_socket_stamp_sent(fd);
    }
    set_df(fd, options->server.family, options->df);
    /* Port 0: the kernel picks at random from its ephemeral range (RFC 6056). */
    if (bind(fd, (struct sockaddr *)&any, (socklen_t)dp_addr_to_sockaddr(&wildcard, &any)) != 0) {
        return -errno;
    }
    link->local_port = dp_socket_local_port(fd);
    return 0;
}

static void udp_fini(struct dp_link *link)
{
    (void)link;
}

/* ---- send ---- */

static void send_one(struct dp_link *link, struct dp_outgoing *item)
{
    const int fd = dp_socket_link(link)->fd;
    struct sockaddr_storage to;
    const socklen_t size = (socklen_t)dp_addr_to_sockaddr(&item->to, &to);
    item->sys_errno = 0;
    item->clock_kernel = false;
    for (unsigned tries = 0; tries < PENDING_ERRORS_MAX; tries++) {
        const int before = item->sys_errno;
        item->sent_real_us = dp_clock_real_us();
        if (sendto(fd, item->data, item->size_bytes, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&to,
                   size) >= 0) {
            const uint64_t stamp_us = link->shared ? 0 : dp_socket_sent_us(fd);
            item->sys_errno = 0;
            item->clock_kernel = stamp_us != 0;
            item->sent_real_us = stamp_us != 0 ? stamp_us : item->sent_real_us;
            return;
        }
        item->sys_errno = errno;
        if (item->sys_errno == before) {
            return;
        }
    }
}

/* Returns how many of the items left in one system call; 0 also on an error. */
static size_t send_many(int fd, struct dp_outgoing *items, size_t count)
{
    struct mmsghdr msgs[DP_SEND_BATCH];
    struct iovec iov[DP_SEND_BATCH];
    struct sockaddr_storage to[DP_SEND_BATCH];
    memset(msgs, 0, count * sizeof msgs[0]);
    for (size_t i = 0; i < count; i++) {
        iov[i] = (struct iovec){.iov_base = (void *)(uintptr_t)items[i].data, .iov_len = items[i].size_bytes};
        msgs[i].msg_hdr.msg_name = &to[i];
        msgs[i].msg_hdr.msg_namelen = (socklen_t)dp_addr_to_sockaddr(&items[i].to, &to[i]);
        msgs[i].msg_hdr.msg_iov = &iov[i];
        msgs[i].msg_hdr.msg_iovlen = 1;
    }
    const uint64_t begin_us = dp_clock_real_us();
    const int sent = sendmmsg(fd, msgs, (unsigned)count, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent <= 0) {
        return 0;
    }
    const uint64_t end_us = dp_clock_real_us();
    const uint64_t span_us = end_us > begin_us ? end_us - begin_us : 0;
    for (int i = 0; i < sent; i++) {
        items[i].sent_real_us = begin_us + span_us * (uint64_t)i / (uint64_t)sent;
        items[i].clock_kernel = false;
        items[i].sys_errno = 0;
    }
    return (size_t)sent;
}

static void udp_send(struct dp_link *link, struct dp_outgoing *items, size_t count)
{
    const int fd = dp_socket_link(link)->fd;
    size_t done = 0;
    if (count >= UNWATCHED_FROM) {
        dp_socket_link_pause(dp_socket_link(link));
    }
    while (done < count) {
        const size_t rest = count - done;
        const size_t sent =
            rest > 1 ? send_many(fd, items + done, rest < DP_SEND_BATCH ? rest : DP_SEND_BATCH) : 0;
        if (sent == 0) { /* alone, or the first of the batch fails: by itself, to learn why */
            send_one(link, &items[done]);
        }
        done += sent == 0 ? 1 : sent;
    }
}

/* ---- receive ---- */

static void take_errors(struct dp_link *link)
{
    uint8_t quote[QUOTE_BYTES];
    struct dp_path_error error;
    for (unsigned i = 0; i < ERRORS_PER_TURN && !link->closed; i++) {
        if (!dp_socket_next_error(dp_socket_link(link)->fd, &error, quote, sizeof quote)) {
            return;
        }
        link->net->events.path_error(link->net->user, link, &error);
    }
}

static void deliver(struct dp_link *link, struct mmsghdr *m, const uint8_t *data)
{
    struct dp_packet packet = {.data = data, .size_bytes = m->msg_len};
    dp_addr_from_sockaddr(&packet.from, m->msg_hdr.msg_name);
    dp_socket_stamps(&m->msg_hdr, &packet);
    link->net->events.packet(link->net->user, link, &packet);
}

static void take_packets(struct dp_link *link)
{
    struct dp_udp_receiver *r = link->net->receiver;
    const int fd = dp_socket_link(link)->fd;
    unsigned errors = 0;
    for (unsigned turn = 0; turn < BATCHES_PER_TURN && !link->closed; turn++) {
        for (unsigned i = 0; i < r->n_used; i++) {
            r->msgs[i].msg_hdr.msg_namelen = sizeof r->names[i];
            r->msgs[i].msg_hdr.msg_controllen = sizeof r->controls[i].bytes;
        }
        const int got = recvmmsg(fd, r->msgs, BATCH, MSG_DONTWAIT, NULL);
        r->n_used = got > 0 ? (unsigned)got : 0;
        if (got < 0) {
            if (errno == EAGAIN || errors++ >= PENDING_ERRORS_MAX) {
                return;
            }
            link->error_reported = true;
            continue;
        }
        for (int i = 0; i < got && !link->closed; i++) {
            deliver(link, &r->msgs[i], r->iov[i].iov_base);
        }
        if (got < (int)BATCH) {
            return;
        }
    }
}

/* Packets first: an answer that is there counts more than a report that it may not come. A filled error queue
 * is an event of its own, so it costs no system call where there is none. */
static void udp_ready(struct dp_link *link)
{
    take_packets(link);
    if (link->error_reported) {
        take_errors(link);
    }
}

const struct dp_transport_ops dp_transport_ops_UDP = {
    .link_bytes = sizeof(struct udp_link),
    .open = udp_open,
    .send = udp_send,
    .ready = udp_ready,
    .fini = udp_fini,
};
