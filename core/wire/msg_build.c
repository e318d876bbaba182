/* SPDX-License-Identifier: MIT
 * Building a message. Names that may be compressed (owners, and RDATA of the RFC 1035 types: RFC 3597,
 * section 4) are looked up suffix by suffix in a small hash table of offsets into the output itself. Octets
 * are compared as they are, so that the case of every name survives (0x20 checks rely on it). */
#include <string.h>

#include "wire/msg.h"
#include "wire/rdata_kind.h"

#define HEADER_BYTES   12
#define MESSAGE_MAX    65535u
#define OPT_HEAD_BYTES 11
#define POINTER_MAX    0x3fffu
#define SLOTS          1024u /* more suffixes than fit are written out in full */
#define PROBES         8u
#define LABELS_MAX     127

struct builder {
    uint8_t *out;
    size_t cap;
    size_t len;
    bool full;
    bool lone;             /* one name at most will be written: nothing is looked up, slots are not used */
    uint16_t slots[SLOTS]; /* offsets of names in out; 0: free */
};

static void put(struct builder *b, const void *data, size_t size_bytes)
{
    if (b->full || size_bytes > b->cap - b->len) {
        b->full = true;
        return;
    }
    if (size_bytes > 0) {
        memcpy(b->out + b->len, data, size_bytes);
    }
    b->len += size_bytes;
}

static void put_u16(struct builder *b, unsigned value)
{
    const uint8_t octets[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(b, octets, 2);
}

static void put_u32(struct builder *b, uint32_t value)
{
    put_u16(b, value >> 16);
    put_u16(b, value & 0xffffu);
}

/* Whether the name in the output at `at` (compressed by us: pointers are good) is `wire`. */
static bool same_name(const struct builder *b, size_t at, const uint8_t *wire)
{
    for (;;) {
        while (b->out[at] >= 0xc0) {
            at = (size_t)(b->out[at] & 0x3f) << 8 | b->out[at + 1];
        }
        const size_t n = (size_t)b->out[at] + 1;
        if (memcmp(b->out + at, wire, n) != 0) {
            return false;
        }
        if (n == 1) {
            return true;
        }
        at += n;
        wire += n;
    }
}

/* Finds `wire` among the names written before `start`, where the present name begins; else notes that it will
 * stand at the end of the output. */
static size_t find_or_note(struct builder *b, const uint8_t *wire, uint32_t hash, size_t start)
{
    for (uint32_t i = 0; i < PROBES; i++) {
        uint16_t *slot = &b->slots[(hash + i) % SLOTS];
        if (*slot == 0) {
            if (b->len <= POINTER_MAX) {
                *slot = (uint16_t)b->len;
            }
            return 0;
        }
        if (*slot < start && same_name(b, *slot, wire)) {
            return *slot;
        }
    }
    return 0;
}

static void put_name(struct builder *b, const uint8_t *wire)
{
    uint8_t starts[LABELS_MAX];
    uint32_t hashes[LABELS_MAX];
    const size_t start = b->len;
    unsigned n = 0;
    size_t size = 0;
    for (; wire[size] != 0 && n < LABELS_MAX; size += (size_t)wire[size] + 1) {
        starts[n++] = (uint8_t)size;
    }
    if (b->lone) {
        put(b, wire, size);
        put(b, "", 1);
        return;
    }
    uint32_t hash = 2166136261u; /* FNV-1a over the labels, last first: a hash for every suffix */
    for (unsigned i = n; i > 0; i--) {
        for (size_t k = 0; k <= wire[starts[i - 1]]; k++) {
            hash = (hash ^ wire[starts[i - 1] + k]) * 16777619u;
        }
        hashes[i - 1] = hash;
    }
    for (unsigned i = 0; i < n; i++) {
        const uint8_t *label = wire + starts[i];
        const size_t known = b->full ? 0 : find_or_note(b, label, hashes[i] ^ hashes[i] >> 16, start);
        if (known != 0) {
            put_u16(b, 0xc000u | (unsigned)known);
            return;
        }
        put(b, label, (size_t)label[0] + 1);
    }
    put(b, "", 1);
}

static bool row_compresses(const struct dp_rrtype *row)
{
    for (unsigned i = 0; row != NULL && i < row->n_fields; i++) {
        if (row->fields[i].kind == DP_RDATA_NAME_COMPRESSED) {
            return true;
        }
    }
    return false;
}

/* RDATA of a row that compresses: names, and fields of fixed width between them. */
static void put_compressed_rdata(struct builder *b, const struct dp_rrtype *row, const struct dp_rr *rr)
{
    size_t at = 0;
    for (unsigned i = 0; i < row->n_fields; i++) {
        if (row->fields[i].kind == DP_RDATA_NAME_COMPRESSED) {
            put_name(b, rr->rdata + at);
            while (rr->rdata[at] != 0) {
                at += (size_t)rr->rdata[at] + 1;
            }
            at++;
        } else {
            const size_t width = dp_rdata_kind_ops(row->fields[i].kind)->width;
            put(b, rr->rdata + at, width);
            at += width;
        }
    }
}

static void put_rr(struct builder *b, const struct dp_rr *rr)
{
    const struct dp_rrtype *row = dp_rrtype_by_number(rr->type);
    put_name(b, rr->owner->wire);
    put_u16(b, rr->type);
    put_u16(b, rr->rrclass);
    put_u32(b, rr->ttl_s);
    const size_t at = b->len;
    put_u16(b, rr->rdata_size);
    /* what is not valid RDATA is sent as it is: the lab and probes may want exactly that */
    if (!row_compresses(row) || dp_rdata_check(rr->type, rr->rdata, rr->rdata_size) != DP_OK) {
        put(b, rr->rdata, rr->rdata_size);
    } else {
        put_compressed_rdata(b, row, rr);
    }
    if (!b->full) {
        const size_t size = b->len - at - 2;
        b->out[at] = (uint8_t)(size >> 8);
        b->out[at + 1] = (uint8_t)size;
    }
}

static size_t opt_size(const struct dp_edns *edns)
{
    size_t size = OPT_HEAD_BYTES;
    for (size_t i = 0; i < edns->n_options; i++) {
        size += 4u + edns->options[i].size;
    }
    return edns->present ? size : 0;
}

static void put_opt(struct builder *b, const struct dp_msg *msg)
{
    const struct dp_edns *edns = &msg->edns;
    const size_t size = opt_size(edns) - OPT_HEAD_BYTES;
    put(b, "", 1);
    put_u16(b, DP_TYPE_OPT);
    put_u16(b, edns->udp_size);
    put_u16(b, (unsigned)(msg->rcode >> 4 & 0xffu) << 8 | edns->version);
    put_u16(b, edns->flags);
    put_u16(b, (unsigned)size);
    for (size_t i = 0; i < edns->n_options; i++) {
        put_u16(b, edns->options[i].code);
        put_u16(b, edns->options[i].size);
        put(b, edns->options[i].data, edns->options[i].size);
    }
}

/* Whole records while they fit; false when one did not, which leaves the output before it. The slots may
 * still name suffixes of that record: nothing but OPT, which has no name, is written behind it. */
static bool put_sections(struct builder *b, const struct dp_msg *msg, unsigned counts[DP_SECTIONS])
{
    for (int section = 0; section < DP_SECTIONS; section++) {
        const struct dp_rrs *rrs = &msg->sections[section];
        for (size_t i = 0; i < rrs->count; i++) {
            const size_t before = b->len;
            put_rr(b, &rrs->items[i]);
            if (b->full) {
                b->len = before;
                b->full = false;
                return false;
            }
            counts[section]++;
        }
    }
    return true;
}

static void put_header(struct builder *b, const struct dp_msg *msg, bool cut,
                       const unsigned counts[DP_SECTIONS])
{
    const size_t end = b->len;
    const unsigned bits = msg->flags & ~(0xfu << 11 | 0xfu);
    b->len = 0;
    put_u16(b, msg->id);
    put_u16(b, bits | (msg->opcode & 15u) << 11 | (msg->rcode & 15u) | (cut ? DP_FLAG_TC : 0u));
    put_u16(b, (unsigned)msg->n_questions);
    put_u16(b, counts[DP_SECTION_ANSWER]);
    put_u16(b, counts[DP_SECTION_AUTHORITY]);
    put_u16(b, counts[DP_SECTION_ADDITIONAL] + (msg->edns.present ? 1u : 0u));
    b->len = end;
}

enum dp_err dp_msg_build(const struct dp_msg *msg, bool truncate, uint8_t *out, size_t cap_bytes,
                         size_t *size_bytes)
{
    struct builder b;
    const size_t reserved = opt_size(&msg->edns);
    unsigned counts[DP_SECTIONS] = {0};
    size_t records = 0;
    for (int section = 0; section < DP_SECTIONS; section++) {
        records += msg->sections[section].count;
    }
    b.out = out;
    b.cap = cap_bytes < MESSAGE_MAX ? cap_bytes : MESSAGE_MAX;
    b.full = false;
    b.lone =
        records == 0 && msg->n_questions <= 1; /* a query, of which the slots would be most of the work */
    if (!b.lone) {
        memset(b.slots, 0, sizeof b.slots);
    }
    if (b.cap < HEADER_BYTES + reserved) {
        return DP_ERR_NOSPACE;
    }
    b.cap -= reserved;
    b.len = HEADER_BYTES;
    for (size_t i = 0; i < msg->n_questions; i++) {
        put_name(&b, msg->questions[i].name.wire);
        put_u16(&b, msg->questions[i].type);
        put_u16(&b, msg->questions[i].rrclass);
    }
    if (b.full) {
        return DP_ERR_NOSPACE;
    }
    const bool whole = put_sections(&b, msg, counts);
    if (!whole && !truncate) {
        return DP_ERR_NOSPACE;
    }
    b.cap += reserved;
    if (msg->edns.present) {
        put_opt(&b, msg);
    }
    put_header(&b, msg, !whole, counts);
    *size_bytes = b.len;
    return DP_OK;
}
