/* SPDX-License-Identifier: MIT
 * Links: the part of every transport that is the same: memory, the poll handle, and the rows of
 * transports.def.
 *
 * Life: dp_link_open → events → dp_link_close, which closes the socket at once and leaves the struct to libuv
 * until the poll handle's close callback. A link closed from inside one of its own events therefore stays
 * readable for the code that is still on the stack; `closed` tells that code to stop. Poll handles are
 * unreferenced: an idle socket does not keep the loop alive, the user's timers do. */
#include "net/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
    const char *name;
    bool stream;
    const struct dp_transport_ops *ops;
} transports[] = {
#define DP_TRANSPORT_ROW(symbol, name, stream) {name, stream, &dp_transport_ops_##symbol},
#include "net/transports.def"
#undef DP_TRANSPORT_ROW
};

const char *dp_transport_name(enum dp_transport transport)
{
    return (unsigned)transport < DP_TRANSPORT_COUNT_ ? transports[transport].name : "unknown";
}

enum dp_err dp_transport_from_text(const char *text, enum dp_transport *transport)
{
    for (unsigned i = 0; i < DP_TRANSPORT_COUNT_; i++) {
        if (strcmp(text, transports[i].name) == 0) {
            *transport = (enum dp_transport)i;
            return DP_OK;
        }
    }
    return DP_ERR_NOTFOUND;
}

bool dp_transport_is_stream(enum dp_transport transport)
{
    return transports[transport].stream;
}

/* ---- net ---- */

enum dp_err dp_net_new(struct dp_loop *loop, const struct dp_link_events *events, void *user,
                       struct dp_net **net)
{
    struct dp_net *n = calloc(1, sizeof *n);
    if (n == NULL) {
        return DP_ERR_NOMEM;
    }
    *n = (struct dp_net){.uv = dp_loop_uv(loop), .events = *events, .user = user};
    /* The kernel stamps packets only while some socket wants it, and begins a moment after that: without this
     * one, which asks for stamps as long as we live, the first answers would go unstamped. */
    n->stamps_fd = dp_socket_new(4, SOCK_DGRAM);
    *net = n;
    return DP_OK;
}

static void net_release(struct dp_net *net)
{
    if (net->freed && net->handles == 0) {
        dp_udp_receiver_free(net->receiver);
        if (net->stamps_fd >= 0) {
            close(net->stamps_fd);
        }
        free(net);
    }
}

void dp_net_free(struct dp_net *net)
{
    net->freed = true;
    net_release(net);
}

unsigned dp_net_open_links(const struct dp_net *net)
{
    return net->open_links;
}

/* ---- links ---- */

/* libuv reports an error on the socket (EPOLLERR: also a filled error queue) as a failure and stops watching:
 * whatever the status, look at the socket, then watch again. */
static void poll_ready(uv_poll_t *poll, int status, int events)
{
    struct dp_link *link = poll->data;
    struct dp_net *net = link->net;
    (void)events;
    net->receiving = true;
    link->error_reported = status < 0;
    link->ops->ready(link);
    net->receiving = false;
    if (status < 0 && !link->closed) {
        const int wanted = dp_socket_link(link)->poll_events;
        dp_socket_link(link)->poll_events = 0;
        dp_socket_link_watch(dp_socket_link(link), wanted);
    }
}

static void poll_closed(uv_handle_t *handle)
{
    struct dp_link *link = handle->data;
    struct dp_net *net = link->net;
    free(link);
    net->handles--;
    net_release(net);
}

void dp_socket_link_watch(struct dp_socket_link *sl, int poll_events)
{
    if (sl->poll_events == poll_events) {
        return;
    }
    sl->poll_events = poll_events;
    if (poll_events == 0) {
        uv_poll_stop(&sl->poll);
    } else {
        uv_poll_start(&sl->poll, poll_events, poll_ready);
    }
}

/* uv_poll_start takes the socket out of the set at once and puts it in again when the loop next waits. */
void dp_socket_link_pause(struct dp_socket_link *sl)
{
    if (sl->poll_events != 0) {
        uv_poll_start(&sl->poll, sl->poll_events, poll_ready);
    }
}

enum dp_err dp_link_open(struct dp_net *net, const struct dp_link_options *options, struct dp_link **link,
                         int *sys_errno)
{
    const struct dp_transport_ops *ops = transports[options->transport].ops;
    struct dp_socket_link *sl = calloc(1, ops->link_bytes);
    if (sl == NULL) {
        return DP_ERR_NOMEM;
    }
    sl->link = (struct dp_link){.ops = ops,
                                .net = net,
                                .shared = options->shared,
                                .stream = transports[options->transport].stream,
                                .family = options->server.family};
    sl->fd = -1;
    int status = ops->open(&sl->link, options);
    if (status == 0) {
        status = uv_poll_init(net->uv, &sl->poll, sl->fd);
        if (status != 0) {
            ops->fini(&sl->link);
        }
    }
    if (status != 0) {
        if (sl->fd >= 0) {
            close(sl->fd);
        }
        free(sl);
        *sys_errno = -status;
        return DP_ERR_SOCKET;
    }
    sl->poll.data = sl;
    uv_unref((uv_handle_t *)&sl->poll);
    net->handles++;
    net->open_links++;
    dp_socket_link_watch(sl, transports[options->transport].stream ? UV_WRITABLE : UV_READABLE);
    *link = &sl->link;
    return DP_OK;
}

void dp_link_close(struct dp_link *link)
{
    struct dp_socket_link *sl = dp_socket_link(link);
    if (link->closed) {
        return;
    }
    link->closed = true;
    link->net->open_links--;
    link->ops->fini(link);
    uv_close((uv_handle_t *)&sl->poll, poll_closed);
    close(sl->fd);
    sl->fd = -1;
}

void dp_link_send(struct dp_link *link, struct dp_outgoing *items, size_t count)
{
    link->ops->send(link, items, count);
}

void dp_link_drain(struct dp_link *link, uint64_t now_us)
{
    struct dp_net *net = link->net;
    if (link->closed || net->receiving || link->drained_us == now_us) {
        return;
    }
    link->drained_us = now_us;
    net->receiving = true;
    link->error_reported = true;
    link->ops->ready(link);
    net->receiving = false;
}

/* Datagram sockets are not connected, and only connected ones are told: another one asks. */
uint32_t dp_link_path_mtu(struct dp_link *link, const struct dp_addr *server)
{
    struct sockaddr_storage to;
    uint32_t mtu_bytes = 0;
    const socklen_t to_bytes = (socklen_t)dp_addr_to_sockaddr(server, &to);
    if (link->closed) {
        return 0;
    }
    if (link->stream) {
        return dp_socket_path_mtu(dp_socket_link(link)->fd, link->family);
    }
    const int fd = dp_socket_new(link->family, SOCK_DGRAM);
    if (fd >= 0 && connect(fd, (struct sockaddr *)&to, to_bytes) == 0) {
        mtu_bytes = dp_socket_path_mtu(fd, link->family);
    }
    if (fd >= 0) {
        close(fd);
    }
    return mtu_bytes;
}
