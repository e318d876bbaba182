/* SPDX-License-Identifier: MIT
 * The resilient query on top of exact exchanges: tries, and TCP when an answer is truncated. Every attempt is
 * kept; the last one is the result. Also builds the wire form of a query from its parts. */
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

struct dp_query_params {
    struct dp_exchange_params first; /* the first attempt */
    unsigned tries;                  /* UDP attempts in all; 0 counts as 1 */
    bool tcp_fallback;               /* TC set: ask again over TCP */
};

#define DP_QUERY_ATTEMPTS_MAX 17
struct dp_query_result {
    unsigned n_attempts;
    struct dp_exchange *attempts[DP_QUERY_ATTEMPTS_MAX]; /* references held by the result */
};
typedef void dp_query_cb(void *user, const struct dp_query_result *result); /* borrowed during the call */

/* The policy alone: whether another attempt is due after `ex`, which was the n-th, and over what. *transport
 * is set where it is. */
bool dp_query_wants_next(const struct dp_exchange *ex, unsigned n_attempts, unsigned tries, bool tcp_fallback,
                         enum dp_transport *transport);

/* `done` fires exactly once when the last attempt is decided, possibly before this returns. */
enum dp_err dp_query_start(struct dp_engine *engine, const struct dp_query_params *params, dp_query_cb *done,
                           void *user);

#endif
