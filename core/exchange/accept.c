/* SPDX-License-Identifier: MIT
 * The decision which of the packets that arrive is the answer (RFC 5452, section 9.1; RFC 1035, section 7.3).
 *
 * What a resolver throws away is evidence here, so each packet gets a verdict with its reason. The rules, in
 * this order; the first that fails decides:
 *
 *  1. Source. Address and port are those that the query was sent to, or it is stray `source`. (That the
 *     destination is our socket, the kernel has seen to.)
 *  2. Shape. Without the four octets of id and flags there is nothing to go by: stray `malformed`. With QR
 *     clear it is a query: stray `not-a-response`.
 *  3. Id. Ours, or stray `id`.
 *     From here on the packet is about this query: an off-path sender has had to guess port and id.
 *  4. Header. Shorter than twelve octets: MALFORMED.
 *  5. Question.
 *     a. QDCOUNT 0 with an error RCODE: a server that could not read the question need not repeat it
 *        (header-only FORMERR, NOTIMP): goes on. QDCOUNT 0 with NOERROR: stray `question`, unless the query
 *        had none either (RFC 7873, section 5.4).
 *     b. Otherwise the question section begins with the octets of ours, letters compared without regard to
 *        case (RFC 4343), type and class exactly: or stray `question`. A name is never compressed there, as
 *        nothing stands before it, so the comparison needs no parser. Other case in the answer is noted, not
 *        judged: some servers normalise names.
 *     c. A packet that breaks off inside the question, equal so far: MALFORMED.
 *     d. A query whose own question cannot be read (sent on purpose), and ignore_question: no rule 5.
 *  6. The message parses, or MALFORMED with what was read. Octets behind a whole message do not count against
 *     it: clients accept that, and `trailing_bytes` tells.
 *
 * Comparing a duplicate with the answer costs sorting one hash per record; the parser's limits bound it. */
#include "exchange/accept.h"

#include <stdlib.h>
#include <string.h>

#define HEADER_BYTES 12u
#define FNV_OFFSET   UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME    UINT64_C(0x100000001b3)
#define HEADER_RCODE 0x000fu

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

static uint16_t get16(const uint8_t *at)
{
    return (uint16_t)((unsigned)at[0] << 8 | at[1]);
}

struct dp_accept_query dp_accept_query(const struct dp_addr *server, const uint8_t *wire, size_t size_bytes,
                                       bool ignore_question)
{
    struct dp_accept_query query = {
        .server = *server, .wire = wire, .size_bytes = size_bytes, .ignore_question = ignore_question};
    struct dp_cursor c;
    struct dp_name name;
    dp_cursor_init(&c, wire, size_bytes);
    dp_cursor_bytes(&c, HEADER_BYTES, "header");
    for (unsigned n = get16(wire + 4); n > 0 && dp_cursor_ok(&c); n--) {
        dp_name_read_plain(&c, &name, "question");
        dp_cursor_bytes(&c, 4, "question");
    }
    if (dp_cursor_ok(&c)) {
        query.question_bytes = c.offset - HEADER_BYTES;
        query.name_bytes = get16(wire + 4) == 1 ? query.question_bytes - 4 : 0;
    } else {
        query.ignore_question = true;
    }
    return query;
}

/* Rule 5; the header is whole. */
static struct dp_accept_result check_question(const struct dp_accept_query *query, const uint8_t *data,
                                              size_t size_bytes)
{
    const struct dp_accept_result stray = {.verdict = DP_ACCEPT_STRAY, .reason = DP_STRAY_QUESTION};
    struct dp_accept_result result = {.verdict = DP_ACCEPT_ANSWER};
    const uint16_t count = get16(data + 4);
    if (query->ignore_question) {
        return result;
    }
    if (count == 0) {
        const bool fits = (get16(data + 2) & HEADER_RCODE) != 0 || query->question_bytes == 0;
        return fits ? result : stray;
    }
    if (query->question_bytes == 0) {
        return stray;
    }
    const uint8_t *ours = query->wire + HEADER_BYTES, *theirs = data + HEADER_BYTES;
    const size_t have = size_bytes - HEADER_BYTES;
    if (have >= query->question_bytes && memcmp(ours, theirs, query->question_bytes) == 0) {
        return result; /* as nearly always */
    }
    for (size_t i = 0; i < query->question_bytes && i < have; i++) {
        if (ours[i] != theirs[i]) { /* length octets are below 'A': folding leaves them alone */
            if (i >= query->name_bytes || lower(ours[i]) != lower(theirs[i])) {
                return stray;
            }
            result.case_differs = true;
        }
    }
    if (have < query->question_bytes) {
        result.verdict = DP_ACCEPT_MALFORMED;
    }
    return result;
}

struct dp_accept_result dp_accept_check(const struct dp_accept_query *query, const struct dp_addr *from,
                                        const uint8_t *data, size_t size_bytes)
{
    struct dp_accept_result result = {.verdict = DP_ACCEPT_STRAY};
    if (!dp_addr_equal(from, &query->server)) { /* rule 1 */
        result.reason = DP_STRAY_SOURCE;
    } else if (size_bytes < 4) { /* rule 2 */
        result.reason = DP_STRAY_MALFORMED;
    } else if ((get16(data + 2) & DP_FLAG_QR) == 0) {
        result.reason = DP_STRAY_NOT_A_RESPONSE;
    } else if (get16(data) != get16(query->wire)) { /* rule 3 */
        result.reason = DP_STRAY_ID;
    } else if (size_bytes < HEADER_BYTES) { /* rule 4 */
        result.verdict = DP_ACCEPT_MALFORMED;
    } else {
        return check_question(query, data, size_bytes);
    }
    return result;
}

enum dp_accept_verdict dp_accept_parse(struct dp_msg *msg, const uint8_t *data, size_t size_bytes,
                                       struct dp_arena *a)
{
    const enum dp_err err = dp_msg_parse_borrowed(msg, data, size_bytes, a);
    return err == DP_OK || err == DP_ERR_TRAILING ? DP_ACCEPT_ANSWER : DP_ACCEPT_MALFORMED;
}

/* ---- comparing two messages ---- */

struct hasher {
    uint64_t hash;
    const struct dp_rrtype *row;
    unsigned field;
};

static uint64_t hash_bytes(uint64_t hash, const uint8_t *data, size_t size_bytes, bool fold)
{
    for (size_t i = 0; i < size_bytes; i++) {
        hash = (hash ^ (fold ? lower(data[i]) : data[i])) * FNV_PRIME;
    }
    return hash;
}

static void hash_field(void *ctx, const struct dp_rdata_field *field)
{
    struct hasher *h = ctx;
    const enum dp_rdata_kind kind = h->row->fields[h->field].kind;
    const bool name = kind == DP_RDATA_NAME || kind == DP_RDATA_NAME_COMPRESSED;
    if (field->is_number) {
        h->hash = (h->hash ^ field->number) * FNV_PRIME;
    } else {
        h->hash = hash_bytes(h->hash, (const uint8_t *)field->text, strlen(field->text) + 1, name);
    }
    if (h->field + 1 < h->row->n_fields) {
        h->field++;
    }
}

static uint64_t hash_rr(const struct dp_rr *rr)
{
    struct hasher h = {.hash = FNV_OFFSET, .row = dp_rrtype_by_number(rr->type)};
    h.hash = hash_bytes(h.hash, rr->owner->wire, rr->owner->len, true);
    h.hash = (h.hash ^ ((uint64_t)rr->type << 16 | rr->rrclass)) * FNV_PRIME;
    if (h.row == NULL || h.row->n_fields == 0 ||
        !dp_rdata_visit(rr->type, rr->rdata, rr->rdata_size, hash_field, &h)) {
        h.hash = hash_bytes(h.hash, rr->rdata, rr->rdata_size, false);
    }
    return h.hash;
}

static int compare_hashes(const void *a, const void *b)
{
    uint64_t x, y;
    memcpy(&x, a, sizeof x);
    memcpy(&y, b, sizeof y);
    return x < y ? -1 : x > y;
}

/* Hashes of the section's distinct records, sorted; NULL without memory. */
static uint64_t *section_hashes(const struct dp_rrs *rrs, struct dp_arena *a, size_t *count)
{
    uint64_t *hashes = dp_arena_alloc(a, (rrs->count + 1) * sizeof *hashes);
    size_t n = 0;
    if (hashes == NULL) {
        return NULL;
    }
    for (size_t i = 0; i < rrs->count; i++) {
        hashes[i] = hash_rr(&rrs->items[i]);
    }
    qsort(hashes, rrs->count, sizeof *hashes, compare_hashes);
    for (size_t i = 0; i < rrs->count; i++) {
        if (i == 0 || hashes[i] != hashes[n - 1]) {
            hashes[n++] = hashes[i];
        }
    }
    *count = n;
    return hashes;
}

bool dp_accept_differs(const struct dp_msg *x, const struct dp_msg *y, struct dp_arena *a)
{
    if (x->rcode != y->rcode) {
        return true;
    }
    for (unsigned section = 0; section < DP_SECTIONS; section++) {
        size_t n_x, n_y;
        const uint64_t *hashes_x = section_hashes(&x->sections[section], a, &n_x);
        const uint64_t *hashes_y = section_hashes(&y->sections[section], a, &n_y);
        if (hashes_x == NULL || hashes_y == NULL || n_x != n_y ||
            memcmp(hashes_x, hashes_y, n_x * sizeof *hashes_x) != 0) {
            return true;
        }
    }
    return false;
}
