/* SPDX-License-Identifier: MIT
 * Parsing a message. Records borrow their RDATA from the message unless names in it had to be expanded; where
 * the octets may go away, the message is copied into the arena first. Owner names are nearly always a
 * pointer to a name that was read before, so the last few are remembered by offset and shared.
 *
 *   header 12 | questions: name type class | records: name type class ttl rdlength rdata
 *
 * What a hostile message can cost: an item takes at least 5 (question) or 11 octets (record), so arrays are
 * bounded by the message's size whatever the counts say; a name costs at most one walk of 255 octets. */
#include "wire/msg.h"

#include <string.h>

#include "wire/rdata_scan.h"

#define QUESTION_MIN_BYTES 5
#define RR_MIN_BYTES       11
#define OWNERS_KEPT        8
#define OPCODE_UPDATE      5

struct parser {
    struct dp_msg *msg;
    struct dp_cursor c;
    struct dp_arena *arena;
    struct {
        size_t offset;
        const struct dp_name *name;
    } owners[OWNERS_KEPT];
    unsigned n_owners; /* kept */
    unsigned next_owner;
};

/* The fixed part of a record. */
struct rr_head {
    const struct dp_name *owner;
    size_t offset;
    uint16_t type;
    uint16_t rrclass;
    uint32_t ttl_s;
    uint16_t rdlength;
};

static void note(struct dp_msg *msg, enum dp_err err, size_t offset, const char *field)
{
    if (msg->place.err == DP_OK) {
        msg->place = (struct dp_place){.err = err, .offset = offset, .field = field};
    }
}

static enum dp_err alloc_error(const struct dp_arena *a)
{
    return a->limit_bytes != 0 ? DP_ERR_LIMIT : DP_ERR_NOMEM;
}

static void remember_owner(struct parser *p, size_t offset, const struct dp_name *name)
{
    p->owners[p->next_owner].offset = offset;
    p->owners[p->next_owner].name = name;
    p->next_owner = (p->next_owner + 1) % OWNERS_KEPT;
    p->n_owners += p->n_owners < OWNERS_KEPT ? 1 : 0;
}

/* The remembered name that a pointer at the cursor leads to; NULL, and nothing consumed, if there is none. */
static const struct dp_name *shared_owner(struct parser *p)
{
    const uint8_t *at = p->c.data + p->c.offset;
    if (dp_cursor_left(&p->c) < 2 || at[0] < 0xc0u) {
        return NULL;
    }
    const size_t offset = (size_t)(at[0] & 0x3fu) << 8 | at[1];
    for (size_t i = 0; i < p->n_owners; i++) {
        if (p->owners[i].offset == offset) {
            p->c.offset += 2;
            return p->owners[i].name;
        }
    }
    return NULL;
}

static const struct dp_name *read_owner(struct parser *p)
{
    const size_t at = p->c.offset;
    const struct dp_name *shared = shared_owner(p);
    if (shared != NULL) {
        return shared;
    }
    struct dp_name *name = dp_arena_alloc(p->arena, sizeof *name);
    if (name == NULL) {
        dp_cursor_fail(&p->c, alloc_error(p->arena), "NAME");
        return NULL;
    }
    dp_name_read(&p->c, name, "NAME");
    if (!dp_cursor_ok(&p->c)) {
        return NULL;
    }
    const uint8_t first = p->c.data[at];
    remember_owner(p, first < 0xc0 ? at : (size_t)(first & 0x3f) << 8 | p->c.data[at + 1], name);
    return name;
}

static void read_header(struct parser *p)
{
    struct dp_msg *msg = p->msg;
    msg->id = dp_cursor_u16(&p->c, "ID");
    msg->flags = dp_cursor_u16(&p->c, "flags");
    msg->rcode = msg->flags & 15u;
    msg->opcode = msg->flags >> 11 & 15u;
    msg->counts[0] = dp_cursor_u16(&p->c, "QDCOUNT");
    msg->counts[1] = dp_cursor_u16(&p->c, "ANCOUNT");
    msg->counts[2] = dp_cursor_u16(&p->c, "NSCOUNT");
    msg->counts[3] = dp_cursor_u16(&p->c, "ARCOUNT");
}

/* Room for `count` items of which each takes at least `min_bytes` of what is left. */
static void *alloc_items(struct parser *p, size_t count, size_t min_bytes, size_t item_bytes,
                         const char *field)
{
    const size_t most = dp_cursor_left(&p->c) / min_bytes;
    const size_t n = count < most ? count : most;
    if (n == 0) {
        return NULL;
    }
    void *items = dp_arena_alloc(p->arena, n * item_bytes);
    if (items == NULL) {
        dp_cursor_fail(&p->c, alloc_error(p->arena), field);
    }
    return items;
}

/* An item is due: fails when the message has ended, which means that the count was wrong. */
static bool more(struct parser *p, size_t min_bytes, const char *count_field, const char *field)
{
    const size_t left = dp_cursor_left(&p->c);
    if (!dp_cursor_ok(&p->c)) {
        return false;
    }
    if (left < min_bytes) {
        dp_cursor_fail(&p->c, left == 0 ? DP_ERR_COUNT : DP_ERR_TRUNCATED, left == 0 ? count_field : field);
        return false;
    }
    return true;
}

static void read_questions(struct parser *p)
{
    struct dp_msg *msg = p->msg;
    const size_t count = msg->counts[0];
    msg->questions = alloc_items(p, count, QUESTION_MIN_BYTES, sizeof *msg->questions, "QDCOUNT");
    for (size_t i = 0; i < count && more(p, QUESTION_MIN_BYTES, "QDCOUNT", "QNAME"); i++) {
        struct dp_question *q = &msg->questions[i];
        const size_t at = p->c.offset;
        dp_name_read(&p->c, &q->name, "QNAME");
        q->type = dp_cursor_u16(&p->c, "QTYPE");
        q->rrclass = dp_cursor_u16(&p->c, "QCLASS");
        if (!dp_cursor_ok(&p->c)) {
            return;
        }
        if (i == 0) {
            remember_owner(p, at, &q->name);
        }
        msg->n_questions++;
    }
}

/* Options stay in order; what is cut off by RDLENGTH ends the list and is noted. */
static void read_options(struct parser *p, const struct rr_head *head, struct dp_cursor *c)
{
    struct dp_edns *edns = &p->msg->edns;
    const size_t most = head->rdlength / 4u;
    edns->options = most > 0 ? dp_arena_alloc(p->arena, most * sizeof *edns->options) : NULL;
    if (most > 0 && edns->options == NULL) {
        dp_cursor_fail(&p->c, alloc_error(p->arena), "OPT");
        return;
    }
    while (dp_cursor_left(c) > 0) {
        struct dp_edns_option option;
        option.code = dp_cursor_u16(c, "OPTION-CODE");
        option.size = dp_cursor_u16(c, "OPTION-LENGTH");
        option.data = dp_cursor_bytes(c, option.size, "OPTION-DATA");
        if (dp_cursor_ok(c)) {
            edns->options[edns->n_options++] = option;
        }
    }
    if (!dp_cursor_ok(c)) {
        note(p->msg, DP_ERR_OPT, c->place.offset, c->place.field);
    }
}

/* OPT (RFC 6891, section 6.1): faults are noted, and reading goes on behind it. */
static void read_opt(struct parser *p, const struct rr_head *head)
{
    struct dp_msg *msg = p->msg;
    struct dp_cursor c = dp_cursor_sub(&p->c, head->rdlength, "RDLENGTH");
    if (!dp_cursor_ok(&p->c)) {
        return;
    }
    msg->n_opts++;
    if (head->owner->len != 1) {
        note(msg, DP_ERR_OPT, head->offset, "owner of OPT is not the root");
    }
    if (msg->n_opts > 1) {
        note(msg, DP_ERR_OPT, head->offset, "more than one OPT");
        return;
    }
    msg->edns.present = true;
    msg->edns.udp_size = head->rrclass;
    msg->edns.ext_rcode = (uint8_t)(head->ttl_s >> 24);
    msg->edns.version = (uint8_t)(head->ttl_s >> 16);
    msg->edns.flags = (uint16_t)head->ttl_s;
    msg->rcode = (uint16_t)((unsigned)msg->edns.ext_rcode << 4 | (msg->flags & 15u));
    read_options(p, head, &c);
}

/* As which type a record's RDATA is read. Only an update has records without: to ask for, or to delete, all
 * of a name or a type (RFC 2136, sections 2.4 and 2.5). What it deletes with class NONE has the RDATA of the
 * zone's class. */
static uint16_t read_as(struct parser *p, enum dp_section section, const struct rr_head *head)
{
    const struct dp_msg *msg = p->msg;
    const bool none = head->rrclass == DP_CLASS_NONE;
    if (msg->opcode != OPCODE_UPDATE || section == DP_SECTION_ADDITIONAL ||
        (!none && head->rrclass != DP_CLASS_ANY)) {
        return dp_rdata_type(head->type, head->rrclass);
    }
    if (none && section == DP_SECTION_AUTHORITY) {
        return dp_rdata_type(head->type, msg->n_questions > 0 ? msg->questions[0].rrclass : head->rrclass);
    }
    if (head->rdlength > 0) {
        dp_cursor_fail(&p->c, DP_ERR_RDLENGTH, "RDLENGTH");
    }
    return DP_TYPE_OPT;
}

static void read_rr(struct parser *p, enum dp_section section, const struct rr_head *head)
{
    struct dp_rrs *rrs = &p->msg->sections[section];
    struct dp_rr *rr = &rrs->items[rrs->count];
    const uint16_t as_type = read_as(p, section, head);
    *rr = (struct dp_rr){.owner = head->owner,
                         .type = head->type,
                         .rrclass = head->rrclass,
                         .ttl_s = head->ttl_s,
                         .offset = head->offset};
    rr->rdata = dp_rdata_scan_wire(&p->c, as_type, head->rdlength, true, p->arena, &rr->rdata_size);
    if (dp_cursor_ok(&p->c)) {
        rrs->count++;
    }
}

static void read_section(struct parser *p, enum dp_section section)
{
    static const char *const count_fields[DP_SECTIONS] = {"ANCOUNT", "NSCOUNT", "ARCOUNT"};
    const char *count_field = count_fields[section];
    const size_t count = p->msg->counts[section + 1];
    struct dp_rrs *rrs = &p->msg->sections[section];
    rrs->items = alloc_items(p, count, RR_MIN_BYTES, sizeof *rrs->items, count_field);
    for (size_t i = 0; i < count && more(p, RR_MIN_BYTES, count_field, "record"); i++) {
        struct rr_head head = {.offset = p->c.offset};
        head.owner = read_owner(p);
        head.type = dp_cursor_u16(&p->c, "TYPE");
        head.rrclass = dp_cursor_u16(&p->c, "CLASS");
        head.ttl_s = dp_cursor_u32(&p->c, "TTL");
        head.rdlength = dp_cursor_u16(&p->c, "RDLENGTH");
        if (!dp_cursor_ok(&p->c)) {
            return;
        }
        if (head.type == 0) { /* never a record's (RFC 6895, section 3.1) */
            dp_cursor_fail(&p->c, DP_ERR_RDATA, "TYPE");
            return;
        }
        if (head.type == DP_TYPE_OPT && section == DP_SECTION_ADDITIONAL) {
            read_opt(p, &head);
            continue;
        }
        if (head.type == DP_TYPE_OPT) {
            note(p->msg, DP_ERR_OPT, head.offset, "OPT outside the additional section");
        }
        read_rr(p, section, &head);
    }
}

enum dp_err dp_msg_parse_borrowed(struct dp_msg *msg, const uint8_t *wire, size_t size_bytes,
                                  struct dp_arena *a)
{
    struct parser p; /* its owners are filled in as they are kept: zeroing them all cost more than a record */
    p.msg = msg;
    p.arena = a;
    p.n_owners = p.next_owner = 0;
    memset(msg, 0, sizeof *msg);
    msg->size_bytes = size_bytes;
    dp_cursor_init(&p.c, wire, size_bytes);
    read_header(&p);
    read_questions(&p);
    for (int section = 0; section < DP_SECTIONS && dp_cursor_ok(&p.c); section++) {
        read_section(&p, (enum dp_section)section);
    }
    msg->trailing_bytes = dp_cursor_left(&p.c);
    if (!dp_cursor_ok(&p.c)) {
        note(msg, p.c.place.err, p.c.place.offset, p.c.place.field);
    } else if (msg->trailing_bytes > 0) {
        note(msg, DP_ERR_TRAILING, p.c.offset, "message");
    }
    return msg->place.err;
}

enum dp_err dp_msg_parse(struct dp_msg *msg, const uint8_t *wire, size_t size_bytes, struct dp_arena *a)
{
    const uint8_t *copy = dp_arena_memdup(a, wire, size_bytes);
    if (copy != NULL) {
        return dp_msg_parse_borrowed(msg, copy, size_bytes, a);
    }
    memset(msg, 0, sizeof *msg);
    msg->size_bytes = size_bytes;
    note(msg, alloc_error(a), 0, "message");
    return msg->place.err;
}
