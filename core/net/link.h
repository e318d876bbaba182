/* SPDX-License-Identifier: MIT
 * What the transports share behind transport.h: a link's socket under a uv_poll_t, socket options, kernel
 * stamps and the error queue. Included by net/ only. */
#ifndef DP_NET_LINK_H
#define DP_NET_LINK_H

#include <sys/socket.h>
#include <uv.h>

#include "net/transport.h"

#define DP_CONTROL_BYTES                                                                                     \
    192 /* room for two kinds of timestamps (32 and 64), TTL and fragment size (24 each) */

/* First member of every transport's link. */
struct dp_socket_link {
    struct dp_link link;
    uv_poll_t poll; /* .data is the link */
    int fd;
    int poll_events;
};

struct dp_udp_receiver;

struct dp_net {
    uv_loop_t *uv;
    struct dp_link_events events;
    void *user;
    struct dp_udp_receiver *receiver; /* receive buffers, made with the first datagram link */
    int stamps_fd;                    /* idle; see dp_net_new */
    bool receiving;                   /* inside a callback of a link */
    bool freed;
    unsigned open_links;
    unsigned handles; /* uv handles whose close callback has not run */
};

static inline struct dp_socket_link *dp_socket_link(struct dp_link *link)
{
    return (struct dp_socket_link *)link;
}

/* Has the loop watch the socket for these events (UV_READABLE, UV_WRITABLE; 0: none). */
void dp_socket_link_watch(struct dp_socket_link *sl, int poll_events);
/* Nobody watches the socket until the loop waits for events again; none is lost. */
void dp_socket_link_pause(struct dp_socket_link *sl);

/* Non-blocking socket with error queue, kernel receive stamps and TTL of what arrives; -errno on failure. */
int dp_socket_new(uint8_t family, int type);
/* Sets arrival time and TTL of `packet` from the control messages; takes the clock where the kernel did not
 * stamp. */
void dp_socket_stamps(struct msghdr *msg, struct dp_packet *packet);
/* Takes one entry of the error queue; false when it is empty. The quoted message goes to `quote`. */
bool dp_socket_next_error(int fd, struct dp_path_error *error, uint8_t *quote, size_t cap_bytes);
/* Asks for a stamp of each message as it leaves; without them a kernel still sends. */
void dp_socket_stamp_sent(int fd);
/* Unix time at which the message just sent was handed to the device;
 * 0 where the kernel does not say (yet). */
uint64_t dp_socket_sent_us(int fd);
uint16_t dp_socket_local_port(int fd);
/* What the kernel takes the MTU of the path of a connected socket to be; 0 where it does not say. */
uint32_t dp_socket_path_mtu(int fd, uint8_t family);

#define DP_TRANSPORT_ROW(symbol, name, port, stream)                                                         \
    extern const struct dp_transport_ops dp_transport_ops_##symbol;
#include "net/transports.def"
#undef DP_TRANSPORT_ROW

void dp_udp_receiver_free(struct dp_udp_receiver *receiver);

#endif
