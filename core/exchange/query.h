/* SPDX-License-Identifier: MIT
 * The wire form of a query from its parts, and the policy of a resilient query, which is a chain of exact
 * exchanges: whether one more is due, and over what. Who asks starts them. */
#ifndef DP_EXCHANGE_QUERY_H
#define DP_EXCHANGE_QUERY_H

#include "exchange/exchange.h"

/* The parts of one query message. */
struct dp_query_spec {
    struct dp_name name;
    uint16_t type;
    uint16_t rrclass; /* as it is sent: 0 is RESERVED0 */
    uint8_t opcode;
    bool rd, cd, ad, z;
    bool no_question;
    struct dp_edns edns; /* present=false: no OPT. Options borrowed. */
};

/* Writes the message with id 0 into `out` (at least 512 + options octets). */
enum dp_err dp_query_build(const struct dp_query_spec *spec, uint8_t *out, size_t cap_bytes,
                           size_t *size_bytes);

/* Whether another attempt is due after `ex`, which is decided and was the n-th, and over what: *transport is
 * set where it is. `tries`: datagrams in all; `tcp_fallback`: TC set is reason to ask again over TCP. */
bool dp_query_wants_next(const struct dp_exchange *ex, unsigned n_attempts, unsigned tries, bool tcp_fallback,
                         enum dp_transport *transport);

#endif
