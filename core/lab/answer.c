/* SPDX-License-Identifier: MIT
 * Building answers: records go into the request's arena, the wire room does the rest. */
#include "lab/answer.h"

#include <string.h>

void dp_lab_answer_init(struct dp_lab_answer *answer, const struct dp_msg *query, struct dp_arena *arena)
{
    memset(answer, 0, sizeof *answer);
    answer->arena = arena;
    answer->msg.id = query->id;
    answer->msg.opcode = query->opcode;
    answer->msg.flags = (uint16_t)(DP_FLAG_QR | (query->flags & (DP_FLAG_RD | DP_FLAG_CD)));
    answer->msg.questions = query->questions;
    answer->msg.n_questions = query->n_questions;
    answer->msg.edns.present = query->edns.present;
    answer->msg.edns.udp_size = DP_LAB_UDP_BYTES;
    answer->msg.edns.flags = query->edns.flags & DP_EDNS_DO;
    answer->msg.edns.options = answer->options;
}

static bool has(const struct dp_rrs *rrs, const struct dp_rr *rr)
{
    for (size_t i = 0; i < rrs->count; i++) {
        const struct dp_rr *other = &rrs->items[i];
        if (other->type == rr->type && other->rdata_size == rr->rdata_size &&
            memcmp(other->rdata, rr->rdata, rr->rdata_size) == 0 && dp_name_equal(other->owner, rr->owner)) {
            return true;
        }
    }
    return false;
}

/* Room for one record more; false: out of memory. */
static bool grow(struct dp_lab_answer *answer, enum dp_section section)
{
    struct dp_rrs *rrs = &answer->msg.sections[section];
    if (rrs->count < answer->capacity[section]) {
        return true;
    }
    const size_t capacity = rrs->count == 0 ? 16 : rrs->count * 2;
    struct dp_rr *items = dp_arena_calloc(answer->arena, capacity, sizeof *items);
    if (items == NULL) {
        return false;
    }
    if (rrs->count != 0) {
        memcpy(items, rrs->items, rrs->count * sizeof *items);
    }
    rrs->items = items;
    answer->capacity[section] = capacity;
    return true;
}

void dp_lab_answer_add(struct dp_lab_answer *answer, enum dp_section section, const struct dp_name *owner,
                       uint16_t type, uint32_t ttl_s, const uint8_t *rdata, uint16_t rdata_size)
{
    struct dp_rrs *rrs = &answer->msg.sections[section];
    struct dp_rr rr = {.owner = owner,
                       .type = type,
                       .rrclass = DP_CLASS_IN,
                       .ttl_s = ttl_s,
                       .rdata_size = rdata_size,
                       .rdata = rdata};
    if (has(rrs, &rr) || !grow(answer, section)) {
        return;
    }
    rr.owner = rrs->count != 0 && dp_name_identical(rrs->items[rrs->count - 1].owner, owner)
                   ? rrs->items[rrs->count - 1].owner
                   : dp_arena_memdup(answer->arena, owner, sizeof *owner);
    rr.rdata = dp_arena_memdup(answer->arena, rdata, rdata_size);
    if (rr.owner != NULL && rr.rdata != NULL) {
        rrs->items[rrs->count++] = rr;
    }
}

void dp_lab_answer_option(struct dp_lab_answer *answer, uint16_t code, const uint8_t *data, size_t size_bytes)
{
    struct dp_edns *edns = &answer->msg.edns;
    if (!edns->present || edns->n_options == DP_LAB_ANSWER_OPTIONS || size_bytes > UINT16_MAX) {
        return;
    }
    edns->options[edns->n_options++] =
        (struct dp_edns_option){.code = code, .size = (uint16_t)size_bytes, .data = data};
}

void dp_lab_answer_ede(struct dp_lab_answer *answer, uint16_t info_code, const char *text)
{
    const size_t len = strlen(text);
    uint8_t *data = dp_arena_alloc(answer->arena, len + 2);
    if (data != NULL) {
        data[0] = (uint8_t)(info_code >> 8);
        data[1] = (uint8_t)info_code;
        memcpy(data + 2, text, len);
        dp_lab_answer_option(answer, DP_EDNS_EDE, data, len + 2);
    }
}

void dp_lab_answer_clear(struct dp_lab_answer *answer)
{
    for (unsigned i = 0; i < DP_SECTIONS; i++) {
        answer->msg.sections[i].count = 0;
    }
}

enum dp_err dp_lab_answer_build(struct dp_lab_answer *answer, uint8_t *out, size_t limit_bytes,
                                size_t *size_bytes)
{
    struct dp_msg *msg = &answer->msg;
    enum dp_err err = dp_msg_build(msg, false, out, limit_bytes, size_bytes);
    const bool referral = msg->sections[DP_SECTION_ANSWER].count == 0; /* its additional records are glue */
    if (err == DP_ERR_NOSPACE && !referral) {
        msg->sections[DP_SECTION_ADDITIONAL].count = 0;
        err = dp_msg_build(msg, false, out, limit_bytes, size_bytes);
        if (err == DP_ERR_NOSPACE) { /* a partial set helps nobody: TC and nothing else */
            dp_lab_answer_clear(answer);
            msg->flags |= DP_FLAG_TC;
            err = dp_msg_build(msg, false, out, limit_bytes, size_bytes);
        }
    } else if (err == DP_ERR_NOSPACE) {
        err = dp_msg_build(msg, true, out, limit_bytes, size_bytes);
    }
    return err;
}
