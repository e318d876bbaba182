/* SPDX-License-Identifier: MIT
 * Is this packet the answer to that query? A pure function of the two. */
#ifndef DP_EXCHANGE_ACCEPT_H
#define DP_EXCHANGE_ACCEPT_H

#include "exchange/exchange.h"

/* What is known of a query that was sent; borrows its wire form. */
struct dp_accept_query {
    struct dp_addr server;
    const uint8_t *wire;
    size_t size_bytes;
    size_t question_bytes; /* of the question section; 0: none, or not readable */
    size_t name_bytes;     /* of these, the name of the only question: letters of either case */
    bool ignore_question;
};

enum dp_accept_verdict { DP_ACCEPT_ANSWER, DP_ACCEPT_MALFORMED, DP_ACCEPT_STRAY };

struct dp_accept_result {
    enum dp_accept_verdict verdict;
    enum dp_stray_reason reason; /* of a STRAY */
    bool case_differs;           /* the question came back in other letters (0x20) */
};

/* `server` is where the query goes, `wire` its message of at least 12 octets, id included. */
struct dp_accept_query dp_accept_query(const struct dp_addr *server, const uint8_t *wire, size_t size_bytes,
                                       bool ignore_question);
/* The rules of accept.c without the parsing: ANSWER means that it remains to be parsed. */
struct dp_accept_result dp_accept_check(const struct dp_accept_query *query, const struct dp_addr *from,
                                        const uint8_t *data, size_t size_bytes);
/* The last rule: parses into `a`. ANSWER or MALFORMED; *msg holds what could be read in either case, and
 * borrows from `data`. */
enum dp_accept_verdict dp_accept_parse(struct dp_msg *msg, const uint8_t *data, size_t size_bytes,
                                       struct dp_arena *a);
/* Whether two messages say different things: RCODE, and each section taken as a set of records (owner and
 * names in RDATA without regard to case, TTL ignored). Needs memory in `a`; without it the answer is true. */
bool dp_accept_differs(const struct dp_msg *x, const struct dp_msg *y, struct dp_arena *a);

#endif
