/* SPDX-License-Identifier: MIT
 * TLS handshakes in memory: octets in, octets out, a verdict on the certificate. The TLS library is loaded
 * when the first handshake is made. */
#ifndef DP_NET_TLS_H
#define DP_NET_TLS_H

#include "net/connect.h"

struct dp_tls;
enum dp_tls_step { DP_TLS_MORE, DP_TLS_DONE, DP_TLS_FAILED };

/* `name` (borrowed during the call, may be NULL) is sent as SNI and must be in the certificate; an address is
 * matched against the certificate's addresses and not sent (RFC 6066, section 3). UNSUPPORTED without a TLS
 * library. */
enum dp_err dp_tls_new(struct dp_loop *loop, const char *name, struct dp_tls **tls);
void dp_tls_free(struct dp_tls *tls);

/* Goes on with what the peer has sent (`size_bytes` may be 0). */
enum dp_tls_step dp_tls_advance(struct dp_tls *tls, const uint8_t *data, size_t size_bytes);
/* What is to be sent to the peer, as much as fits; 0: nothing. */
size_t dp_tls_output(struct dp_tls *tls, uint8_t *out, size_t cap_bytes);

/* After DONE or FAILED: outcome, reason, version and certificate of `result`. */
void dp_tls_describe(struct dp_tls *tls, struct dp_connect_result *result);

#endif
