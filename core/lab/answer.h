/* SPDX-License-Identifier: MIT
 * An answer of the lab while it is put together. */
#ifndef DP_LAB_ANSWER_H
#define DP_LAB_ANSWER_H

#include "wire/msg.h"

#define DP_LAB_ANSWER_OPTIONS 6
#define DP_LAB_UDP_BYTES      1232 /* what servers of the lab send and advertise (DNS flag day 2020) */

struct dp_lab_answer {
    struct dp_msg msg;
    struct dp_arena *arena; /* borrowed: holds the records */
    size_t capacity[DP_SECTIONS];
    struct dp_edns_option options[DP_LAB_ANSWER_OPTIONS];
};

/* Begins the answer to `query`: id, opcode, question, RD and CD are copied; OPT when the query had one. */
void dp_lab_answer_init(struct dp_lab_answer *answer, const struct dp_msg *query, struct dp_arena *arena);
/* Adds a record; one that is there already is left out. owner and rdata are copied. */
void dp_lab_answer_add(struct dp_lab_answer *answer, enum dp_section section, const struct dp_name *owner,
                       uint16_t type, uint32_t ttl_s, const uint8_t *rdata, uint16_t rdata_size);
/* Adds an EDNS option if the answer has OPT. data is borrowed until the answer is built. */
void dp_lab_answer_option(struct dp_lab_answer *answer, uint16_t code, const uint8_t *data,
                          size_t size_bytes);
/* Adds an extended error (RFC 8914) if the answer has OPT. */
void dp_lab_answer_ede(struct dp_lab_answer *answer, uint16_t info_code, const char *text);
/* Drops all records, keeps header and options. */
void dp_lab_answer_clear(struct dp_lab_answer *answer);
/* Wire form in at most `limit_bytes`. What does not fit: additional records go silently, except glue, then
 * records with TC (RFC 2181, section 9). */
enum dp_err dp_lab_answer_build(struct dp_lab_answer *answer, uint8_t *out, size_t limit_bytes,
                                size_t *size_bytes);

#endif
