/* SPDX-License-Identifier: MIT
 * Whether two messages say the same: header, questions, records and OPT, octet by octet. Counts, offsets and
 * sizes are left out, as they belong to one encoding. */
#ifndef DP_TESTS_MSGEQUAL_H
#define DP_TESTS_MSGEQUAL_H

#include <string.h>

#include "wire/msg.h"

static inline bool same_octets(const uint8_t *a, size_t a_bytes, const uint8_t *b, size_t b_bytes)
{
    return a_bytes == b_bytes && (a_bytes == 0 || memcmp(a, b, a_bytes) == 0);
}

static inline bool rr_equal(const struct dp_rr *a, const struct dp_rr *b)
{
    return dp_name_identical(a->owner, b->owner) && a->type == b->type && a->rrclass == b->rrclass &&
           a->ttl_s == b->ttl_s && same_octets(a->rdata, a->rdata_size, b->rdata, b->rdata_size);
}

static inline bool edns_equal(const struct dp_edns *a, const struct dp_edns *b)
{
    bool same = a->present == b->present && a->udp_size == b->udp_size && a->version == b->version &&
                a->flags == b->flags && a->n_options == b->n_options;
    for (size_t i = 0; same && i < a->n_options; i++) {
        same = a->options[i].code == b->options[i].code &&
               same_octets(a->options[i].data, a->options[i].size, b->options[i].data, b->options[i].size);
    }
    return same;
}

static inline bool msg_equal(const struct dp_msg *a, const struct dp_msg *b)
{
    bool same = a->id == b->id && a->flags == b->flags && a->rcode == b->rcode && a->opcode == b->opcode &&
                a->n_questions == b->n_questions && edns_equal(&a->edns, &b->edns);
    for (size_t i = 0; same && i < a->n_questions; i++) {
        const struct dp_question *x = &a->questions[i];
        const struct dp_question *y = &b->questions[i];
        same = dp_name_identical(&x->name, &y->name) && x->type == y->type && x->rrclass == y->rrclass;
    }
    for (int section = 0; same && section < DP_SECTIONS; section++) {
        const struct dp_rrs *x = &a->sections[section];
        const struct dp_rrs *y = &b->sections[section];
        same = x->count == y->count;
        for (size_t i = 0; same && i < x->count; i++) {
            same = rr_equal(&x->items[i], &y->items[i]);
        }
    }
    return same;
}

#endif
