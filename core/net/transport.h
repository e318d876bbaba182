/* SPDX-License-Identifier: MIT
 * What a transport is: a table of functions that moves whole messages, and tells what happened to them. The
 * user (exchange/) knows links, messages and path errors, never file descriptors; a transport knows sockets
 * and nothing of DNS but the length prefix of streams (RFC 1035, section 4.2.2).
 *
 * A link is one socket. Datagram links carry messages to any server; a stream link is connected to the server
 * that it was opened for and carries what is sent over it once, after connecting. */
#ifndef DP_NET_TRANSPORT_H
#define DP_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"
#include "net/loop.h"

enum dp_transport {
#define DP_TRANSPORT_ROW(symbol, name, port, stream) DP_TRANSPORT_##symbol,
#include "net/transports.def"
#undef DP_TRANSPORT_ROW
    DP_TRANSPORT_COUNT_
};

#define DP_MESSAGE_MAX_BYTES 65535u

/* A message that came. All of it is borrowed during the callback. */
struct dp_packet {
    const uint8_t *data;
    size_t size_bytes;
    struct dp_addr from;
    uint64_t real_us;  /* arrival, Unix time: of the last octet for a stream */
    bool clock_kernel; /* stamped by the kernel */
    uint8_t ttl;       /* TTL or hop limit; 0: unknown */
    uint16_t
        fragment_bytes; /* it came in fragments, the largest of them so long with its IP header; 0: whole */
};

/* The path or the peer failed. */
struct dp_path_error {
    int sys_errno; /* 0: a stream ended in order, but early */
    uint8_t icmp_type, icmp_code;
    struct dp_addr icmp_from; /* family 0: not from ICMP */
    uint32_t mtu_bytes;       /* what the link ahead takes, where the message was too long for it; else 0 */
    struct dp_addr to;        /* server that the failed message went to; family 0: unknown */
    const uint8_t *data;      /* beginning of that message as ICMP quotes it, may be NULL; borrowed */
    size_t size_bytes;
};

struct dp_link;

/* What a link tells its user. Each may close the link, open others and send. */
struct dp_link_events {
    void (*packet)(void *user, struct dp_link *link, const struct dp_packet *packet);
    void (*path_error)(void *user, struct dp_link *link, const struct dp_path_error *error);
};

/* One message to send; data is borrowed until the link is closed. */
struct dp_outgoing {
    struct dp_addr to;
    const uint8_t *data;
    size_t size_bytes;
    uint64_t sent_real_us; /* out: Unix time at which it left (streams: at which connecting began) */
    bool clock_kernel;     /* out: stamped by the kernel, as the device got it */
    int sys_errno;         /* out: 0, or why it could not be sent */
};
#define DP_SEND_BATCH 64u

/* The don't-fragment bit of datagrams. Linux sets it on its own for IPv4 while it looks
 * for the path's MTU. */
enum dp_df { DP_DF_SYSTEM, DP_DF_SET, DP_DF_CLEAR };

struct dp_link_options {
    enum dp_transport transport;
    struct dp_addr server; /* gives the family; streams connect to it */
    enum dp_df df;
    bool shared; /* for many messages: large receive buffer */
};

/* The public face of a link; the transport's own state is behind it. */
struct dp_link {
    const struct dp_transport_ops *ops;
    struct dp_net *net;
    void *user;     /* the user's, not touched here */
    unsigned users; /* the user's count of exchanges that listen on it */
    bool shared;
    bool stream;
    bool closed;
    uint8_t family;
    uint16_t local_port;
    uint64_t connected_real_us, first_byte_real_us; /* streams; 0: not reached */
    bool error_reported; /* the kernel said so, or nobody asked it: the error queue is worth a look */
    uint64_t drained_us; /* argument of the last dp_link_drain */
};

/* The links of one user on one loop. */
struct dp_net;
enum dp_err dp_net_new(struct dp_loop *loop, const struct dp_link_events *events, void *user,
                       struct dp_net **net);
/* Every link must have been closed; the memory goes with the last of them in a later turn of the loop. */
void dp_net_free(struct dp_net *net);
unsigned dp_net_open_links(const struct dp_net *net);

/* A failure is SOCKET with the reason in *sys_errno, or NOMEM. */
enum dp_err dp_link_open(struct dp_net *net, const struct dp_link_options *options, struct dp_link **link,
                         int *sys_errno);
/* No event comes after it. The struct stays readable until the present callback has returned. */
void dp_link_close(struct dp_link *link);
/* Sends up to DP_SEND_BATCH messages; outcomes are in the items. Streams: one item, once. */
void dp_link_send(struct dp_link *link, struct dp_outgoing *items, size_t count);
/* Delivers what has arrived and is still unread, before a timeout is believed. No-op inside an event and when
 * it was done for the same `now_us` already. */
void dp_link_drain(struct dp_link *link, uint64_t now_us);

/* What this host's kernel takes the MTU of the path to `server` to be now: of the link at first, less once a
 * router has said so. 0 where it does not say. Sends nothing. */
uint32_t dp_link_path_mtu(struct dp_link *link, const struct dp_addr *server);

const char *dp_transport_name(enum dp_transport transport);
enum dp_err dp_transport_from_text(const char *text, enum dp_transport *transport);
uint16_t dp_transport_default_port(enum dp_transport transport);
bool dp_transport_is_stream(enum dp_transport transport);

/* ---- for transports only ---- */

struct dp_transport_ops {
    size_t link_bytes; /* of the struct that begins with struct dp_socket_link (net/link.h) */
    /* Makes fd and, for streams, begins to connect. Negative: -errno. */
    int (*open)(struct dp_link *link, const struct dp_link_options *options);
    void (*send)(struct dp_link *link, struct dp_outgoing *items, size_t count);
    void (*ready)(struct dp_link *link); /* the socket is readable, writable or has an error */
    void (*fini)(struct dp_link *link);  /* frees what open and ready allocated, except the fd */
};

#endif
