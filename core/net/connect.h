/* SPDX-License-Identifier: MIT
 * Application check: TCP connect and, where asked, a TLS handshake with verification, each phase timed and
 * each failure with its reason. */
#ifndef DP_NET_CONNECT_H
#define DP_NET_CONNECT_H

#include "net/addr.h"
#include "net/loop.h"

enum dp_connect_outcome {
    DP_CONNECT_OK,
    DP_CONNECT_TIMEOUT, /* no TCP connection in time */
    DP_CONNECT_REFUSED,
    DP_CONNECT_UNREACHABLE, /* host or network: ICMP or no route */
    DP_CONNECT_RESET,
    DP_CONNECT_CLOSED,      /* closed during the handshake */
    DP_CONNECT_TLS_TIMEOUT, /* TCP connected, handshake did not end in time */
    DP_CONNECT_TLS_ALERT,   /* protocol failure, `reason` says which */
    DP_CONNECT_TLS_EXPIRED,
    DP_CONNECT_TLS_NOT_YET_VALID,
    DP_CONNECT_TLS_NAME,      /* certificate is for another name */
    DP_CONNECT_TLS_UNTRUSTED, /* chain does not end in the trust store */
    DP_CONNECT_LOCAL,         /* this host could not try: no route, no family, no socket */
    DP_CONNECT_CANCELED
};

struct dp_connect_params {
    struct dp_addr address;
    bool tls;
    const char
        *sni; /* borrowed during the call; also the name that the certificate must have; NULL: none checked */
    uint64_t timeout_us; /* for the whole */
};

struct dp_connect_result {
    enum dp_connect_outcome outcome;
    uint64_t connect_us; /* from SYN to connected; 0 if not reached */
    uint64_t tls_us;     /* from first handshake byte to done or failed */
    char reason[160];    /* system or TLS text, escaped; "" when OK */
    char tls_version[16];
    char subject[128], issuer[128]; /* of the leaf, escaped, "" without TLS */
    int64_t not_after_s;            /* Unix time; 0 without certificate */
};

struct dp_connect;
typedef void dp_connect_cb(void *user,
                           const struct dp_connect_result *result); /* result borrowed during the call */

/* Starts; `done` fires exactly once, possibly before this returns. Trust: the system store, or SSL_CERT_FILE
 * and SSL_CERT_DIR. *handle (may be NULL) is valid until `done`. */
enum dp_err dp_connect_start(struct dp_loop *loop, const struct dp_connect_params *params,
                             dp_connect_cb *done, void *user, struct dp_connect **handle);
void dp_connect_cancel(struct dp_connect *handle); /* `done` fires with CANCELED */
const char *
dp_connect_outcome_name(enum dp_connect_outcome outcome); /* "ok", "timeout", "refused", "tls-expired"... */

#endif
