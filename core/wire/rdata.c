/* SPDX-License-Identifier: MIT
 * RDATA as its row says: four walks over the fields of a type (read and check, print, visit, from text).
 * What a field is made of is known to rdata_kind.c alone; a type without fields is octets.
 *
 * Reading: one walk checks every field and copies the expanded form into a small buffer on the stack. Only
 * RDATA longer than that (many names, large keys) is walked or copied a second time. */
#include "wire/rdata.h"

#include <stdlib.h>
#include <string.h>

#include "wire/msg.h"
#include "wire/rdata_kind.h"
#include "wire/rdata_scan.h"

#define STACK_BYTES 1024u /* two names of 255 octets and all fixed fields: all types but HIP and long keys */
#define SPLIT_CHARS 56u   /* dig's +split default */
#define RDATA_MAX   65535u

/* The only format that depends on the class: not in rrtypes.def, as it is no type of its own. */
static const struct dp_rrtype ch_a = {
    "A", DP_TYPE_CH_A, "RFC 1035", 2, {{DP_RDATA_NAME_COMPRESSED, "domain"}, {DP_RDATA_OCTAL16, "address"}}};

static const struct dp_rrtype *row_of(uint16_t type)
{
    return type == DP_TYPE_CH_A ? &ch_a : dp_rrtype_by_number(type);
}

static void scan_fields(struct dp_rdata_scan *scan, const struct dp_rrtype *row)
{
    for (unsigned i = 0; i < row->n_fields && dp_cursor_ok(&scan->c) && !scan->opaque; i++) {
        const struct dp_rdata_kind_ops *ops = dp_rdata_kind_ops(row->fields[i].kind);
        if (ops->scan != NULL) {
            ops->scan(scan, row->fields[i].name);
        } else {
            dp_rdata_scan_copy(scan, ops->width, row->fields[i].name);
        }
    }
    if (dp_cursor_ok(&scan->c) && dp_cursor_left(&scan->c) > 0) {
        dp_cursor_fail(&scan->c, DP_ERR_RDLENGTH, "RDLENGTH");
    }
    if (scan->c.place.err == DP_ERR_TRUNCATED) { /* the message goes on, the RDATA does not */
        scan->c.place.err = DP_ERR_RDLENGTH;
    }
    if (dp_cursor_ok(&scan->c) && scan->len > RDATA_MAX) {
        dp_cursor_fail(&scan->c, DP_ERR_LIMIT, "RDATA");
    }
}

/* A scan of the RDATA from `start` to where the cursor stands. Member by member:
 * this runs for every record. */
static void scan_init(struct dp_rdata_scan *scan, const struct dp_cursor *c, size_t start, uint8_t *out,
                      size_t cap)
{
    scan->c.data = c->data;
    scan->c.size = c->offset;
    scan->c.offset = start;
    scan->c.place = c->place;
    scan->start = start;
    scan->out = out;
    scan->cap = cap;
    scan->len = 0;
    scan->expanded = scan->opaque = false;
}

const uint8_t *dp_rdata_scan_wire(struct dp_cursor *c, uint16_t type, uint16_t rdlength, bool borrow,
                                  struct dp_arena *a, uint16_t *size_bytes)
{
    const struct dp_rrtype *row = row_of(type);
    const size_t start = c->offset;
    uint8_t stack[STACK_BYTES];
    struct dp_rdata_scan scan;
    const uint8_t *wire = dp_cursor_bytes(c, rdlength, "RDLENGTH");
    if (wire == NULL) {
        return NULL;
    }
    scan_init(&scan, c, start, stack, sizeof stack);
    bool as_is = row == NULL || row->n_fields == 0;
    if (!as_is) {
        scan_fields(&scan, row);
        if (!dp_cursor_ok(&scan.c)) {
            c->place = scan.c.place;
            return NULL;
        }
        as_is = !scan.expanded;
    }
    *size_bytes = as_is ? rdlength : (uint16_t)scan.len;
    uint8_t *copy = as_is && borrow ? NULL : dp_arena_alloc(a, *size_bytes == 0 ? 1 : *size_bytes);
    if (as_is && borrow) {
        return wire;
    }
    if (copy == NULL) {
        dp_cursor_fail(c, a->limit_bytes != 0 ? DP_ERR_LIMIT : DP_ERR_NOMEM, "RDATA");
        return NULL;
    }
    if (as_is) {
        memcpy(copy, wire, rdlength);
    } else if (scan.len <= sizeof stack) {
        memcpy(copy, stack, scan.len);
    } else {
        struct dp_rdata_scan second;
        scan_init(&second, c, start, copy, scan.len);
        scan_fields(&second, row);
    }
    return copy;
}

enum { /* TYPE_symbol of every row */
#define DP_RRTYPE(symbol, mnemonic, number, ...)      TYPE_##symbol = (number),
#define DP_RRTYPE_BARE(symbol, mnemonic, number, rfc) TYPE_##symbol = (number),
#include "wire/rrtypes.def"
#undef DP_RRTYPE
#undef DP_RRTYPE_BARE
};

uint16_t dp_rdata_type(uint16_t type, uint16_t rrclass)
{
    if (rrclass == DP_CLASS_IN && type != DP_TYPE_CH_A) {
        return type;
    }
    switch (type) { /* those that BIND keeps below rdata/in_1 */
    case TYPE_A:
        if (rrclass == DP_CLASS_CH) {
            return DP_TYPE_CH_A;
        }
        return rrclass == DP_CLASS_HS ? type : TYPE_OPT; /* Hesiod's are the same */
    case TYPE_WKS:
    case TYPE_NSAP:
    case TYPE_NSAP_PTR:
    case TYPE_PX:
    case TYPE_AAAA:
    case TYPE_EID:
    case TYPE_NIMLOC:
    case TYPE_SRV:
    case TYPE_ATMA:
    case TYPE_KX:
    case TYPE_A6:
    case TYPE_APL:
    case TYPE_DHCID:
    case TYPE_SVCB:
    case TYPE_HTTPS:
    case DP_TYPE_CH_A:
        return TYPE_OPT;
    default:
        return type;
    }
}

void dp_rdata_read(struct dp_cursor *c, uint16_t type, uint16_t rdlength, struct dp_arena *a,
                   const uint8_t **rdata, uint16_t *size_bytes)
{
    uint16_t size = 0;
    const uint8_t *read = dp_rdata_scan_wire(c, type, rdlength, false, a, &size);
    if (read != NULL) {
        *rdata = read;
        *size_bytes = size;
    }
}

/* Checks RDATA; `readable` is whether its fields can be told apart. */
static enum dp_err check_fields(const struct dp_rrtype *row, const uint8_t *rdata, uint16_t size_bytes,
                                bool *readable)
{
    struct dp_rdata_scan scan = {.cap = 0};
    *readable = false;
    if (row == NULL || row->n_fields == 0) {
        return DP_OK;
    }
    dp_cursor_init(&scan.c, rdata, size_bytes);
    scan_fields(&scan, row);
    /* a pointer may also lead to a place inside the RDATA itself */
    const enum dp_err err = dp_cursor_ok(&scan.c) && scan.expanded ? DP_ERR_POINTER : scan.c.place.err;
    *readable = err == DP_OK && !scan.opaque;
    return err;
}

enum dp_err dp_rdata_check(uint16_t type, const uint8_t *rdata, uint16_t size_bytes)
{
    bool readable = false;
    return check_fields(row_of(type), rdata, size_bytes, &readable);
}

/* ---- printing ---- */

/* Puts a blank after every SPLIT_CHARS characters of the last word behind `start`. */
static void split_long(struct dp_str *s, size_t start)
{
    if (!dp_str_ok(s)) {
        return;
    }
    for (size_t at = s->len_bytes; at > start; at--) {
        if (s->data[at - 1] == ' ') { /* the size in front of it, or nothing is left */
            start = at;
        }
    }
    const size_t size = s->len_bytes - start;
    if (size <= SPLIT_CHARS) {
        return;
    }
    char *copy = malloc(size);
    if (copy == NULL) {
        s->failed = true;
        return;
    }
    memcpy(copy, s->data + start, size);
    s->len_bytes = start;
    for (size_t at = 0; at < size; at += SPLIT_CHARS) {
        if (at > 0) {
            dp_str_addc(s, ' ');
        }
        dp_str_add(s, copy + at, size - at < SPLIT_CHARS ? size - at : SPLIT_CHARS);
    }
    free(copy);
}

/* Takes back what stands behind `len`. */
static void cut(struct dp_str *s, size_t len)
{
    if (s->data != NULL && s->len_bytes > len) {
        s->len_bytes = len;
        s->data[len] = '\0';
    }
}

static void print_generic(struct dp_str *s, const uint8_t *rdata, uint16_t size_bytes)
{
    dp_str_addf(s, "\\# %u", size_bytes);
    if (size_bytes > 0) {
        dp_str_addc(s, ' ');
        const size_t start = s->len_bytes;
        dp_str_add_hex(s, rdata, size_bytes, true);
        split_long(s, start);
    }
}

void dp_rdata_print(struct dp_str *s, uint16_t type, const uint8_t *rdata, uint16_t size_bytes)
{
    const struct dp_rrtype *row = row_of(type);
    bool readable = false;
    check_fields(row, rdata, size_bytes, &readable);
    if (!readable) {
        print_generic(s, rdata, size_bytes);
        return;
    }
    struct dp_cursor c;
    dp_cursor_init(&c, rdata, size_bytes);
    for (unsigned i = 0; i < row->n_fields; i++) {
        const struct dp_rdata_kind_ops *ops = dp_rdata_kind_ops(row->fields[i].kind);
        const size_t before = s->len_bytes;
        if (i > 0) {
            dp_str_addc(s, ' ');
        }
        const size_t start = s->len_bytes;
        ops->print(s, &c);
        if (s->len_bytes == start) { /* an empty field leaves no blank */
            cut(s, before);
        } else if (ops->is_split) {
            split_long(s, start);
        }
    }
}

bool dp_rdata_visit(uint16_t type, const uint8_t *rdata, uint16_t size_bytes, dp_rdata_visitor *visit,
                    void *ctx)
{
    const struct dp_rrtype *row = row_of(type);
    bool readable = false;
    check_fields(row, rdata, size_bytes, &readable);
    if (!readable) {
        return false;
    }
    struct dp_cursor c;
    struct dp_str scratch;
    dp_cursor_init(&c, rdata, size_bytes);
    dp_str_init(&scratch, 0);
    for (unsigned i = 0; i < row->n_fields; i++) {
        const struct dp_rdata_kind_ops *ops = dp_rdata_kind_ops(row->fields[i].kind);
        struct dp_rdata_field field = {.name = row->fields[i].name, .is_number = ops->is_number};
        dp_str_clear(&scratch);
        ops->print(&scratch, &c);
        field.text = dp_str_text(&scratch);
        field.number = ops->is_number ? (uint32_t)strtoul(field.text, NULL, 10) : 0;
        visit(ctx, &field);
    }
    dp_str_fini(&scratch);
    return true;
}

/* ---- from text ---- */

/* "\# size hex..." (RFC 3597, section 5); the marker has been read. */
static enum dp_err parse_generic(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t size = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, RDATA_MAX, &size)) {
        return DP_ERR_SYNTAX;
    }
    const enum dp_err err = dp_rdata_kind_ops(DP_RDATA_HEX_REST)->parse(text, out);
    return err == DP_OK && out->len_bytes != size ? DP_ERR_SYNTAX : err;
}

static enum dp_err parse_fields(struct dp_rdata_text *text, const struct dp_rrtype *row, struct dp_str *out,
                                const char **field)
{
    enum dp_err err = DP_OK;
    for (unsigned i = 0; err == DP_OK && i < row->n_fields; i++) {
        *field = row->fields[i].name;
        err = dp_rdata_kind_ops(row->fields[i].kind)->parse(text, out);
    }
    if (err == DP_OK && !dp_token_at_end(&text->tokens)) {
        *field = "extra text at the end";
        err = DP_ERR_SYNTAX;
    }
    return err;
}

static enum dp_err parse_text(struct dp_rdata_text *text, uint16_t type, struct dp_str *out,
                              const char **field)
{
    const struct dp_rrtype *row = row_of(type);
    struct dp_rdata_text look = *text;
    struct dp_token token;
    if (dp_token_next(&look.tokens, &token) && !token.quoted && dp_token_is(&token, "\\#")) {
        *field = "RFC 3597 form";
        *text = look;
        return parse_generic(text, out);
    }
    if (row == NULL || row->n_fields == 0) {
        *field = "type without a text form";
        return DP_ERR_SYNTAX;
    }
    return parse_fields(text, row, out, field);
}

enum dp_err dp_rdata_from_text(uint16_t type, const char *text, size_t size_bytes,
                               const struct dp_name *origin, struct dp_arena *a, const uint8_t **rdata,
                               uint16_t *rdata_size_bytes, const char **field)
{
    struct dp_rdata_text in = {.tokens = {.text = text, .size = size_bytes}, .origin = origin};
    struct dp_str out;
    const char *at = "";
    dp_str_init(&out, RDATA_MAX);
    enum dp_err err = parse_text(&in, type, &out, &at);
    if (err == DP_OK && in.tokens.broken) {
        err = DP_ERR_SYNTAX;
    }
    if (err == DP_OK && !dp_str_ok(&out)) {
        err = DP_ERR_LIMIT;
    }
    const uint8_t *bytes = (const uint8_t *)dp_str_text(&out);
    if (err == DP_OK) {
        err = dp_rdata_check(type, bytes, (uint16_t)out.len_bytes);
    }
    if (err == DP_OK) {
        const uint8_t *copy = dp_arena_memdup(a, bytes, out.len_bytes);
        err = copy == NULL ? DP_ERR_NOMEM : DP_OK;
        if (copy != NULL) {
            *rdata = copy;
            *rdata_size_bytes = (uint16_t)out.len_bytes;
        }
    }
    if (err != DP_OK && field != NULL) {
        *field = at;
    }
    dp_str_fini(&out);
    return err;
}
