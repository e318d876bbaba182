/* SPDX-License-Identifier: MIT
 * The application check: what a client does with the address that DNS gave it, up to the point where the
 * application would speak.
 *
 *   connecting ─▶ (TLS: handshake) ─▶ done
 *        └── error, timeout, cancel ──▶ done
 *
 * Failures that connect(2) reports at once come from this host (no route, no address of the family, a local
 * filter): LOCAL, never the server's fault. Those that come later are from the way or the other end. `done`
 * is always called from the loop. */
#include "net/connect.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <uv.h>

#include "base/clock.h"
#include "net/link.h"
#include "net/tls.h"

#define READ_BYTES     4096u
#define READS_PER_TURN 16u
#define QUOTE_BYTES    64u

struct dp_connect {
    struct dp_loop *loop;
    dp_connect_cb *done;
    void *user;
    struct dp_connect_result result;
    struct dp_tls *tls;     /* NULL: connecting is all */
    struct dp_timer *timer; /* time limit; at the start, the call of `done` after an early failure */
    uv_poll_t poll;
    bool polling; /* poll is initialised */
    int fd;
    bool connected;
    uint64_t begun_us, handshake_us; /* monotonic */
    uint8_t output[READ_BYTES];      /* not yet taken by the kernel */
    size_t output_size, output_sent;
};

static const char *const outcome_names[] = {
    [DP_CONNECT_OK] = "ok",
    [DP_CONNECT_TIMEOUT] = "timeout",
    [DP_CONNECT_REFUSED] = "refused",
    [DP_CONNECT_UNREACHABLE] = "unreachable",
    [DP_CONNECT_RESET] = "reset",
    [DP_CONNECT_CLOSED] = "closed",
    [DP_CONNECT_TLS_TIMEOUT] = "tls-timeout",
    [DP_CONNECT_TLS_ALERT] = "tls-alert",
    [DP_CONNECT_TLS_EXPIRED] = "tls-expired",
    [DP_CONNECT_TLS_NOT_YET_VALID] = "tls-not-yet-valid",
    [DP_CONNECT_TLS_NAME] = "tls-name",
    [DP_CONNECT_TLS_UNTRUSTED] = "tls-untrusted",
    [DP_CONNECT_LOCAL] = "local",
    [DP_CONNECT_CANCELED] = "canceled",
};

const char *dp_connect_outcome_name(enum dp_connect_outcome outcome)
{
    return (unsigned)outcome <= DP_CONNECT_CANCELED ? outcome_names[outcome] : "unknown";
}

/* ---- the end ---- */

static void poll_closed(uv_handle_t *handle)
{
    free(handle->data);
}

/* Gives everything back, then tells the caller; the memory goes with the poll handle. */
static void finish(struct dp_connect *c)
{
    if (c->handshake_us != 0) {
        c->result.tls_us = dp_clock_mono_us() - c->handshake_us;
    }
    if (c->timer != NULL) {
        dp_timer_cancel(c->timer);
    }
    dp_tls_free(c->tls);
    if (c->polling) {
        uv_close((uv_handle_t *)&c->poll, poll_closed);
    }
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->done(c->user, &c->result);
    if (!c->polling) {
        free(c);
    }
}

static void finish_early(void *user)
{
    struct dp_connect *c = user;
    c->timer = NULL;
    finish(c);
}

static void set_errno(struct dp_connect *c, int sys_errno)
{
    snprintf(c->result.reason, sizeof c->result.reason, "%s", strerror(sys_errno));
}

static void fail_local(struct dp_connect *c, int sys_errno)
{
    c->result.outcome = DP_CONNECT_LOCAL;
    set_errno(c, sys_errno);
}

/* A failure from the way or the other end; adds who said so where ICMP did. */
static void fail(struct dp_connect *c, int sys_errno)
{
    struct dp_path_error error;
    uint8_t quote[QUOTE_BYTES];
    char from[DP_ADDR_TEXT_BYTES];
    set_errno(c, sys_errno);
    switch (sys_errno) {
    case ECONNREFUSED:
        c->result.outcome = DP_CONNECT_REFUSED;
        break;
    case ECONNRESET:
    case ECONNABORTED:
    case EPIPE:
        c->result.outcome = DP_CONNECT_RESET;
        break;
    case ETIMEDOUT:
        c->result.outcome = c->connected ? DP_CONNECT_TLS_TIMEOUT : DP_CONNECT_TIMEOUT;
        break;
    default:
        c->result.outcome = DP_CONNECT_UNREACHABLE;
        break;
    }
    if (dp_socket_next_error(c->fd, &error, quote, sizeof quote) && error.icmp_from.family != 0) {
        const size_t used = strlen(c->result.reason);
        snprintf(c->result.reason + used, sizeof c->result.reason - used, " (ICMP type %u code %u from %s)",
                 error.icmp_type, error.icmp_code, dp_addr_text(&error.icmp_from, from));
    }
    finish(c);
}

static void time_out(void *user)
{
    struct dp_connect *c = user;
    c->timer = NULL;
    c->result.outcome = c->connected ? DP_CONNECT_TLS_TIMEOUT : DP_CONNECT_TIMEOUT;
    snprintf(c->result.reason, sizeof c->result.reason, "%s",
             c->connected ? "TLS handshake not completed in time" : "no connection in time");
    finish(c);
}

/* ---- TLS ---- */

static void poll_ready(uv_poll_t *poll, int status, int events);

/* Sends what the handshake has to say. False when the connection failed (and `c` is finished). */
static bool write_output(struct dp_connect *c, bool *blocked)
{
    *blocked = false;
    for (;;) {
        if (c->output_sent == c->output_size) {
            c->output_sent = 0;
            c->output_size = dp_tls_output(c->tls, c->output, sizeof c->output);
            if (c->output_size == 0) {
                return true;
            }
        }
        const ssize_t sent = send(c->fd, c->output + c->output_sent, c->output_size - c->output_sent,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
        if (sent < 0 && (errno == EAGAIN || errno == EINTR)) {
            *blocked = true;
            return true;
        }
        if (sent < 0) {
            fail(c, errno);
            return false;
        }
        c->output_sent += (size_t)sent;
    }
}

/* One step of the handshake with `data`; false when it is over (and `c` is finished). */
static bool handshake(struct dp_connect *c, const uint8_t *data, size_t size_bytes)
{
    bool blocked;
    const enum dp_tls_step step = dp_tls_advance(c->tls, data, size_bytes);
    if (!write_output(c, &blocked)) { /* also the alert that says why we give up */
        return false;
    }
    if (step == DP_TLS_MORE) {
        uv_poll_start(&c->poll, UV_READABLE | (blocked ? UV_WRITABLE : 0), poll_ready);
        return true;
    }
    dp_tls_describe(c->tls, &c->result);
    finish(c);
    return false;
}

static void read_handshake(struct dp_connect *c)
{
    uint8_t data[READ_BYTES];
    for (unsigned i = 0; i < READS_PER_TURN; i++) {
        const ssize_t got = recv(c->fd, data, sizeof data, MSG_DONTWAIT);
        if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
            (void)handshake(c, NULL, 0); /* rearms for what is still to be written */
            return;
        }
        if (got < 0) {
            fail(c, errno);
            return;
        }
        if (got == 0) {
            c->result.outcome = DP_CONNECT_CLOSED;
            snprintf(c->result.reason, sizeof c->result.reason, "closed during the TLS handshake");
            finish(c);
            return;
        }
        if (!handshake(c, data, (size_t)got)) {
            return;
        }
    }
}

/* ---- connecting ---- */

static void connected(struct dp_connect *c)
{
    c->connected = true;
    c->result.connect_us = dp_clock_mono_us() - c->begun_us;
    if (c->tls == NULL) {
        c->result.outcome = DP_CONNECT_OK;
        finish(c);
        return;
    }
    c->handshake_us = dp_clock_mono_us();
    (void)handshake(c, NULL, 0);
}

static void poll_ready(uv_poll_t *poll, int status, int events)
{
    struct dp_connect *c = poll->data;
    int error = 0;
    socklen_t error_bytes = sizeof error;
    (void)status; /* of the socket we ask ourselves */
    (void)events;
    if (c->connected) {
        read_handshake(c);
        return;
    }
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &error_bytes) != 0) {
        error = errno;
    }
    if (error != 0) {
        fail(c, error);
    } else {
        connected(c);
    }
}

/* Socket, connect(2), poll. True when under way; otherwise the result says why this host could not. */
static bool begin(struct dp_connect *c, const struct dp_addr *address)
{
    struct sockaddr_storage to;
    const socklen_t to_bytes = (socklen_t)dp_addr_to_sockaddr(address, &to);
    const int fd = dp_socket_new(address->family, SOCK_STREAM);
    if (fd < 0) {
        fail_local(c, -fd);
        return false;
    }
    c->fd = fd;
    c->begun_us = dp_clock_mono_us();
    if (connect(fd, (struct sockaddr *)&to, to_bytes) != 0 && errno != EINPROGRESS) {
        if (errno == ECONNREFUSED) { /* loopback answers before connect(2) returns */
            c->result.outcome = DP_CONNECT_REFUSED;
            set_errno(c, errno);
        } else {
            fail_local(c, errno);
        }
        return false;
    }
    if (uv_poll_init(dp_loop_uv(c->loop), &c->poll, fd) != 0) {
        fail_local(c, ENOMEM);
        return false;
    }
    c->poll.data = c;
    c->polling = true;
    uv_poll_start(&c->poll, UV_WRITABLE, poll_ready);
    return true;
}

enum dp_err dp_connect_start(struct dp_loop *loop, const struct dp_connect_params *params,
                             dp_connect_cb *done, void *user, struct dp_connect **handle)
{
    if ((params->address.family != 4 && params->address.family != 6) || params->address.port == 0) {
        return DP_ERR_ARG;
    }
    struct dp_connect *c = calloc(1, sizeof *c);
    if (c == NULL) {
        return DP_ERR_NOMEM;
    }
    *c = (struct dp_connect){.loop = loop, .done = done, .user = user, .fd = -1};
    enum dp_err err = params->tls ? dp_tls_new(loop, params->sni, &c->tls) : DP_OK;
    if (err == DP_OK) {
        const bool under_way = begin(c, &params->address);
        err = dp_timer_start(loop, under_way ? params->timeout_us : 0, under_way ? time_out : finish_early, c,
                             &c->timer);
    }
    if (err != DP_OK) {
        dp_tls_free(c->tls);
        if (c->fd >= 0) {
            close(c->fd);
        }
        if (c->polling) {
            uv_close((uv_handle_t *)&c->poll, poll_closed);
        } else {
            free(c);
        }
        return err;
    }
    if (handle != NULL) {
        *handle = c;
    }
    return DP_OK;
}

void dp_connect_cancel(struct dp_connect *handle)
{
    handle->result =
        (struct dp_connect_result){.outcome = DP_CONNECT_CANCELED, .connect_us = handle->result.connect_us};
    snprintf(handle->result.reason, sizeof handle->result.reason, "canceled");
    finish(handle);
}
