/* SPDX-License-Identifier: MIT
 * Sets of numbers as bits, most significant bit first: the windows of 256 types in NSEC, NSEC3 and CSYNC
 * (RFC 4034, section 4.1.2), the single map of NXT (RFC 2535), and the ports of WKS (RFC 1035). */
#include "wire/rdata_kind.h"

#define WINDOW_BYTES 32u
#define TYPE_SPACE   65536u
#define NXT_BYTES    16u

void dp_rdata_bitmap_scan(struct dp_rdata_scan *scan, const char *field)
{
    int last = -1;
    while (dp_cursor_left(&scan->c) > 0) {
        struct dp_cursor look = scan->c;
        const int window = dp_cursor_u8(&look, field);
        const size_t size = dp_cursor_u8(&look, field);
        const uint8_t *bits = dp_cursor_bytes(&look, size, field);
        if (bits != NULL && (window <= last || size == 0 || size > WINDOW_BYTES ||
                             bits[size - 1] == 0)) { /* as short as can be */
            dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
            return;
        }
        last = window;
        dp_rdata_scan_copy(scan, size + 2, field);
    }
}

void dp_rdata_types_some_scan(struct dp_rdata_scan *scan, const char *field)
{
    if (dp_cursor_ok(&scan->c) && dp_cursor_left(&scan->c) == 0) {
        dp_cursor_fail(&scan->c, DP_ERR_RDLENGTH, field);
    }
    dp_rdata_bitmap_scan(scan, field);
}

/* One map of at most 128 types, as short as can be; its first bit would say that it is in another form. */
void dp_rdata_nxt_scan(struct dp_rdata_scan *scan, const char *field)
{
    const size_t size = dp_cursor_left(&scan->c);
    struct dp_cursor look = scan->c;
    const uint8_t *bits = dp_cursor_bytes(&look, size, field);
    if (bits != NULL && size > 0 && (size > NXT_BYTES || bits[size - 1] == 0 || bits[0] >= 0x80)) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_rest(scan, field);
}

static void print_bits(struct dp_str *s, const uint8_t *bits, size_t size_bytes, unsigned base,
                       const char **gap, void (*print)(struct dp_str *, uint16_t))
{
    for (unsigned i = 0; i < size_bytes * 8; i++) {
        if ((bits[i / 8] & 0x80u >> i % 8) != 0) {
            dp_str_adds(s, *gap);
            print(s, (uint16_t)(base + i));
            *gap = " ";
        }
    }
}

void dp_rdata_bitmap_print(struct dp_str *s, struct dp_cursor *c)
{
    const char *gap = "";
    while (dp_cursor_left(c) > 0) {
        const unsigned window = dp_cursor_u8(c, "");
        const size_t size = dp_cursor_u8(c, "");
        print_bits(s, dp_cursor_bytes(c, size, ""), size, window * 256, &gap, dp_rrtype_print);
    }
}

static enum dp_err read_type(const struct dp_token *token, uint16_t *type)
{
    return dp_rrtype_from_text(token->text, token->size, type);
}

/* Sets a bit per type named by the tokens to the end. */
static enum dp_err read_types(struct dp_rdata_text *text, uint8_t *bits,
                              enum dp_err (*read)(const struct dp_token *, uint16_t *))
{
    struct dp_token token;
    while (dp_token_next(&text->tokens, &token)) {
        uint16_t type = 0;
        const enum dp_err err = read(&token, &type);
        if (err != DP_OK) {
            return err;
        }
        bits[type / 8] = (uint8_t)(bits[type / 8] | 0x80u >> type % 8);
    }
    return DP_OK;
}

/* Octets of `bits` up to the last one that is not zero. */
static size_t used_bytes(const uint8_t *bits, size_t size_bytes)
{
    while (size_bytes > 0 && bits[size_bytes - 1] == 0) {
        size_bytes--;
    }
    return size_bytes;
}

enum dp_err dp_rdata_bitmap_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    uint8_t bits[TYPE_SPACE / 8] = {0};
    const enum dp_err err = read_types(text, bits, read_type);
    for (unsigned window = 0; err == DP_OK && window < TYPE_SPACE / 256; window++) {
        const uint8_t *p = bits + window * WINDOW_BYTES;
        const size_t used = used_bytes(p, WINDOW_BYTES);
        if (used > 0) {
            dp_rdata_add_be(out, window, 1);
            dp_rdata_add_be(out, used, 1);
            dp_str_add(out, p, used);
        }
    }
    return err;
}

void dp_rdata_nxt_print(struct dp_str *s, struct dp_cursor *c)
{
    const char *gap = "";
    const size_t size = dp_cursor_left(c);
    print_bits(s, dp_cursor_bytes(c, size, ""), size, 0, &gap, dp_rdata_add_old_type);
}

enum dp_err dp_rdata_nxt_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    uint8_t bits[TYPE_SPACE / 8] = {0};
    const enum dp_err err = read_types(text, bits, dp_rdata_read_old_type);
    const size_t used = used_bytes(bits, sizeof bits);
    if (err == DP_OK && used > NXT_BYTES) { /* the format ends at type 127 */
        return DP_ERR_RANGE;
    }
    dp_str_add(out, bits, used);
    return err;
}

void dp_rdata_wks_scan(struct dp_rdata_scan *scan, const char *field)
{
    dp_rdata_scan_copy(scan, 1, field);
    const size_t size = dp_cursor_left(&scan->c);
    struct dp_cursor look = scan->c;
    const uint8_t *bits = dp_cursor_bytes(&look, size, field);
    if (bits != NULL && size > 0 && (size > TYPE_SPACE / 8 || bits[size - 1] == 0)) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_rest(scan, field);
}

static void print_port(struct dp_str *s, uint16_t port)
{
    dp_str_addf(s, "%u", port);
}

void dp_rdata_wks_print(struct dp_str *s, struct dp_cursor *c)
{
    const char *gap = " ";
    dp_str_addf(s, "%u", dp_cursor_u8(c, ""));
    const size_t size = dp_cursor_left(c);
    print_bits(s, dp_cursor_bytes(c, size, ""), size, 0, &gap, print_port);
}

enum dp_err dp_rdata_wks_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    uint8_t bits[TYPE_SPACE / 8] = {0};
    struct dp_token token;
    enum dp_err err = dp_rdata_parse_number(text, out, 1);
    while (err == DP_OK && dp_token_next(&text->tokens, &token)) {
        uint64_t port = 0;
        if (!dp_token_number(&token, UINT16_MAX, &port)) {
            err = DP_ERR_SYNTAX;
        }
        bits[port / 8] = (uint8_t)(bits[port / 8] | 0x80u >> port % 8);
    }
    dp_str_add(out, bits, used_bytes(bits, sizeof bits));
    return err;
}
