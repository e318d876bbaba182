/* SPDX-License-Identifier: MIT
 * The table of field kinds, and the plain ones: numbers, addresses, names, strings, and the encodings that
 * run to the end of RDATA. Kinds with a grammar of their own (type bitmaps, SVCB parameters, LOC, ...) are in
 * rdata_bitmap.c, rdata_svcb.c, rdata_loc.c and rdata_odd.c. */
#include "wire/rdata_kind.h"

#include <arpa/inet.h>
#include <string.h>

/* Scanning ----------------------------------------------------------------------------------- */

static void scan_emit(struct dp_rdata_scan *scan, const uint8_t *data, size_t size_bytes)
{
    if (scan->len < scan->cap && size_bytes <= scan->cap - scan->len && size_bytes > 0) {
        memcpy(scan->out + scan->len, data, size_bytes);
    }
    scan->len += size_bytes;
}

void dp_rdata_scan_copy(struct dp_rdata_scan *scan, size_t size_bytes, const char *field)
{
    const uint8_t *p = dp_cursor_bytes(&scan->c, size_bytes, field);
    if (p != NULL) {
        scan_emit(scan, p, size_bytes);
    }
}

void dp_rdata_scan_name(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_name name;
    const size_t at = scan->c.offset;
    dp_name_read(&scan->c, &name, field);
    if (dp_cursor_ok(&scan->c)) {
        /* a pointer takes two octets, what it stands for one (the root) or at least three */
        scan->expanded = scan->expanded || scan->c.offset - at != name.len;
        scan_emit(scan, name.wire, name.len);
    }
}

void dp_rdata_scan_rest(struct dp_rdata_scan *scan, const char *field)
{
    dp_rdata_scan_copy(scan, dp_cursor_left(&scan->c), field);
}

/* One length octet and as many octets. */
static void scan_len8(struct dp_rdata_scan *scan, const char *field)
{
    const size_t size = dp_cursor_left(&scan->c) > 0 ? scan->c.data[scan->c.offset] : 0u;
    dp_rdata_scan_copy(scan, size + 1, field);
}

static void scan_strings(struct dp_rdata_scan *scan, const char *field)
{
    do {
        scan_len8(scan, field);
    } while (dp_cursor_left(&scan->c) > 0);
}

static void scan_len16(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const size_t size = dp_cursor_u16(&look, field);
    dp_rdata_scan_copy(scan, size + 2, field);
}

static void scan_names(struct dp_rdata_scan *scan, const char *field)
{
    while (dp_cursor_left(&scan->c) > 0) {
        dp_rdata_scan_name(scan, field);
    }
}

/* The tag of CAA: 1 to 255 letters and digits (RFC 8659, section 4.1.1). */
static void scan_tag(struct dp_rdata_scan *scan, const char *field)
{
    const size_t at = scan->c.offset;
    scan_len8(scan, field);
    if (!dp_cursor_ok(&scan->c)) {
        return;
    }
    bool good = scan->c.data[at] > 0;
    for (size_t i = at + 1; i < scan->c.offset; i++) {
        const uint8_t c = scan->c.data[i];
        good = good && ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'));
    }
    if (!good) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
}

/* The octet is left for the LOW_BITS field, which copies it. */
static void scan_top_bit(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    if (dp_cursor_bytes(&look, 1, field) == NULL) {
        scan->c.place = look.place;
    }
}

/* Printing ------------------------------------------------------------------------------------ */

static void print_u8(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u8(c, ""));
}

static void print_u16(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u16(c, ""));
}

static void print_u32(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", (unsigned)dp_cursor_u32(c, ""));
}

static void print_u48(struct dp_str *s, struct dp_cursor *c)
{
    const uint64_t high = dp_cursor_u16(c, "");
    dp_str_addf(s, "%llu", (unsigned long long)(high << 32 | dp_cursor_u32(c, "")));
}

static void print_top_bit(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addc(s, (c->data[c->offset] & 0x80) != 0 ? '1' : '0');
}

static void print_low_bits(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u8(c, "") & 0x7fu);
}

void dp_rdata_print_a(struct dp_str *s, struct dp_cursor *c)
{
    char text[INET_ADDRSTRLEN];
    const uint8_t *p = dp_cursor_bytes(c, 4, "");
    if (p != NULL) {
        dp_str_adds(s, inet_ntop(AF_INET, p, text, sizeof text));
    }
}

void dp_rdata_print_aaaa(struct dp_str *s, struct dp_cursor *c)
{
    char text[INET6_ADDRSTRLEN];
    const uint8_t *p = dp_cursor_bytes(c, 16, "");
    if (p != NULL) {
        dp_str_adds(s, inet_ntop(AF_INET6, p, text, sizeof text));
    }
}

void dp_rdata_print_name(struct dp_str *s, struct dp_cursor *c)
{
    struct dp_name name;
    dp_name_read_plain(c, &name, "");
    dp_name_print(s, &name);
}

static void print_names(struct dp_str *s, struct dp_cursor *c)
{
    for (const char *gap = ""; dp_cursor_left(c) > 0; gap = " ") {
        dp_str_adds(s, gap);
        dp_rdata_print_name(s, c);
    }
}

void dp_rdata_print_text(struct dp_str *s, const uint8_t *data, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        if (data[i] < 0x20 || data[i] >= 0x7f) {
            dp_str_addf(s, "\\%03u", data[i]);
            continue;
        }
        if (data[i] == '"' || data[i] == '\\') {
            dp_str_addc(s, '\\');
        }
        dp_str_addc(s, (char)data[i]);
    }
}

static void print_string(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_str_addc(s, '"');
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
    dp_str_addc(s, '"');
}

static void print_strings(struct dp_str *s, struct dp_cursor *c)
{
    for (const char *gap = ""; dp_cursor_left(c) > 0; gap = " ") {
        dp_str_adds(s, gap);
        print_string(s, c);
    }
}

static void print_text_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_addc(s, '"');
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
    dp_str_addc(s, '"');
}

static void print_tag(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
}

static void print_hex_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, true);
}

static void print_nsap(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_adds(s, "0x");
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, false);
}

static void print_base64_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_add_base64(s, dp_cursor_bytes(c, size, ""), size);
}

static void print_hex_len8(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    if (size == 0) {
        dp_str_addc(s, '-');
    }
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, true);
}

static void print_base32hex_len8(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_str_add_base32hex(s, dp_cursor_bytes(c, size, ""), size);
}

static void print_base64_len16(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u16(c, "");
    dp_str_addf(s, "%zu", size);
    if (size > 0) {
        dp_str_addc(s, ' ');
        dp_str_add_base64(s, dp_cursor_bytes(c, size, ""), size);
    }
}

/* `size_bytes` octets as hex pairs or quads with a separator. */
static void print_grouped(struct dp_str *s, struct dp_cursor *c, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        dp_str_addf(s, i == 0 ? "%02x" : "-%02x", dp_cursor_u8(c, ""));
    }
}

static void print_eui48(struct dp_str *s, struct dp_cursor *c)
{
    print_grouped(s, c, 6);
}

static void print_eui64(struct dp_str *s, struct dp_cursor *c)
{
    print_grouped(s, c, 8);
}

static void print_ilnp64(struct dp_str *s, struct dp_cursor *c)
{
    for (size_t i = 0; i < 4; i++) {
        dp_str_addf(s, i == 0 ? "%x" : ":%x", dp_cursor_u16(c, ""));
    }
}

/* Parsing ------------------------------------------------------------------------------------- */

void dp_rdata_add_be(struct dp_str *out, uint64_t value, unsigned width)
{
    for (unsigned i = width; i > 0; i--) {
        dp_str_addc(out, (char)(uint8_t)(value >> (8 * (i - 1))));
    }
}

enum dp_err dp_rdata_parse_number(struct dp_rdata_text *text, struct dp_str *out, unsigned width)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) ||
        !dp_token_number(&token, (1ull << (8 * width)) - 1, &value)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, value, width);
    return DP_OK;
}

static enum dp_err parse_u8(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 1);
}

static enum dp_err parse_u16(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 2);
}

static enum dp_err parse_u32(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 4);
}

static enum dp_err parse_u48(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 6);
}

static enum dp_err parse_ttl(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint32_t seconds = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_ttl(&token, &seconds)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, seconds, 4);
    return DP_OK;
}

static enum dp_err parse_top_bit(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, 1, &value)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, value << 7, 1);
    return DP_OK;
}

/* Completes the octet that parse_top_bit began. */
static enum dp_err parse_low_bits(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, 0x7f, &value) || !dp_str_ok(out)) {
        return DP_ERR_SYNTAX;
    }
    out->data[out->len_bytes - 1] = (char)((uint8_t)out->data[out->len_bytes - 1] | (uint8_t)value);
    return DP_OK;
}

static enum dp_err parse_address(struct dp_rdata_text *text, struct dp_str *out, int family,
                                 size_t size_bytes)
{
    struct dp_token token;
    char copy[INET6_ADDRSTRLEN];
    uint8_t address[16];
    if (!dp_token_next(&text->tokens, &token) || token.size >= sizeof copy || token.quoted) {
        return DP_ERR_SYNTAX;
    }
    memcpy(copy, token.text, token.size);
    copy[token.size] = '\0';
    if (inet_pton(family, copy, address) != 1) {
        return DP_ERR_SYNTAX;
    }
    dp_str_add(out, address, size_bytes);
    return DP_OK;
}

enum dp_err dp_rdata_parse_a(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_address(text, out, AF_INET, 4);
}

enum dp_err dp_rdata_parse_aaaa(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_address(text, out, AF_INET6, 16);
}

enum dp_err dp_rdata_parse_name(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    struct dp_name name;
    if (!dp_token_next(&text->tokens, &token) || token.quoted) {
        return DP_ERR_SYNTAX;
    }
    const enum dp_err err = dp_name_from_text(&name, token.text, token.size, text->origin);
    if (err == DP_OK) {
        dp_str_add(out, name.wire, name.len);
    }
    return err;
}

static enum dp_err parse_names(struct dp_rdata_text *text, struct dp_str *out)
{
    enum dp_err err = DP_OK;
    while (err == DP_OK && !dp_token_at_end(&text->tokens)) {
        err = dp_rdata_parse_name(text, out);
    }
    return err;
}

/* Appends a length octet and what `decode` makes of the token. */
static enum dp_err parse_len8(struct dp_rdata_text *text, struct dp_str *out,
                              enum dp_err (*decode)(struct dp_str *, const char *, size_t))
{
    struct dp_token token;
    if (!dp_token_next(&text->tokens, &token)) {
        return DP_ERR_SYNTAX;
    }
    const size_t at = out->len_bytes;
    dp_str_addc(out, 0);
    const enum dp_err err = decode(out, token.text, token.size);
    const size_t size = out->len_bytes - at - 1;
    if (err != DP_OK || !dp_str_ok(out)) {
        return err != DP_OK ? err : DP_ERR_LIMIT;
    }
    if (size > UINT8_MAX) {
        return DP_ERR_RANGE;
    }
    out->data[at] = (char)(uint8_t)size;
    return DP_OK;
}

static enum dp_err parse_string(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_len8(text, out, dp_token_octets);
}

static enum dp_err parse_strings(struct dp_rdata_text *text, struct dp_str *out)
{
    enum dp_err err = DP_OK;
    do {
        err = parse_string(text, out);
    } while (err == DP_OK && !dp_token_at_end(&text->tokens));
    return err;
}

static enum dp_err parse_text_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    return dp_token_next(&text->tokens, &token) ? dp_token_octets(out, token.text, token.size)
                                                : DP_ERR_SYNTAX;
}

static enum dp_err parse_hex_len8(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_rdata_text look = *text;
    struct dp_token token;
    if (dp_token_next(&look.tokens, &token) && dp_token_is(&token, "-")) {
        *text = look;
        dp_str_addc(out, 0);
        return DP_OK;
    }
    return parse_len8(text, out, dp_text_hex);
}

static enum dp_err parse_base32hex_len8(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_len8(text, out, dp_text_base32hex);
}

/* All tokens to the end, joined, then decoded: encodings may be split anywhere. */
static enum dp_err parse_rest(struct dp_rdata_text *text, struct dp_str *out,
                              enum dp_err (*decode)(struct dp_str *, const char *, size_t))
{
    struct dp_token token;
    struct dp_str joined;
    dp_str_init(&joined, 0);
    while (dp_token_next(&text->tokens, &token)) {
        dp_str_add(&joined, token.text, token.size);
    }
    const enum dp_err err =
        dp_str_ok(&joined) ? decode(out, dp_str_text(&joined), joined.len_bytes) : DP_ERR_NOMEM;
    dp_str_fini(&joined);
    return err;
}

static enum dp_err parse_hex_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_rest(text, out, dp_text_hex);
}

enum dp_err dp_rdata_parse_base64_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_rest(text, out, dp_text_base64);
}

static enum dp_err parse_nsap(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    struct dp_str digits;
    if (!dp_token_next(&text->tokens, &token) || token.size < 2 || strncmp(token.text, "0x", 2) != 0) {
        return DP_ERR_SYNTAX;
    }
    dp_str_init(&digits, 0);
    for (size_t i = 2; i < token.size; i++) { /* dots between the digits are for the eye (RFC 1706) */
        if (token.text[i] != '.') {
            dp_str_addc(&digits, token.text[i]);
        }
    }
    const enum dp_err err = dp_text_hex(out, dp_str_text(&digits), digits.len_bytes);
    dp_str_fini(&digits);
    return err;
}

static enum dp_err parse_base64_len16(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t size = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, UINT16_MAX, &size)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, size, 2);
    if (size == 0) {
        return DP_OK;
    }
    const size_t at = out->len_bytes;
    if (!dp_token_next(&text->tokens, &token)) {
        return DP_ERR_SYNTAX;
    }
    const enum dp_err err = dp_text_base64(out, token.text, token.size);
    return err == DP_OK && out->len_bytes - at != size ? DP_ERR_SYNTAX : err;
}

/* Pairs of hex digits with dashes. */
static enum dp_err parse_grouped(struct dp_rdata_text *text, struct dp_str *out, size_t size_bytes)
{
    struct dp_token token;
    if (!dp_token_next(&text->tokens, &token) || token.size != size_bytes * 3 - 1) {
        return DP_ERR_SYNTAX;
    }
    enum dp_err err = DP_OK;
    for (size_t i = 0; err == DP_OK && i < size_bytes; i++) {
        err = dp_text_hex(out, token.text + i * 3, 2);
        if (i > 0 && token.text[i * 3 - 1] != '-') {
            err = DP_ERR_SYNTAX;
        }
    }
    return err;
}

static enum dp_err parse_eui48(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_grouped(text, out, 6);
}

static enum dp_err parse_eui64(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_grouped(text, out, 8);
}

static enum dp_err parse_ilnp64(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    if (!dp_token_next(&text->tokens, &token)) {
        return DP_ERR_SYNTAX;
    }
    size_t at = 0;
    for (size_t group = 0; group < 4; group++) {
        char padded[4] = {'0', '0', '0', '0'};
        size_t n = 0;
        while (at + n < token.size && token.text[at + n] != ':') {
            n++;
        }
        if (n == 0 || n > 4 || (at + n == token.size) != (group == 3)) {
            return DP_ERR_SYNTAX;
        }
        memcpy(padded + 4 - n, token.text + at, n);
        if (dp_text_hex(out, padded, 4) != DP_OK) {
            return DP_ERR_SYNTAX;
        }
        at += n + 1;
    }
    return DP_OK;
}

/* The table ------------------------------------------------------------------------------------ */

#define NUMBER(octets, printer, parser)                                                                      \
    {                                                                                                        \
        .width = (octets), .is_number = true, .print = (printer), .parse = (parser)                          \
    }
#define FIXED(octets, printer, parser)                                                                       \
    {                                                                                                        \
        .width = (octets), .print = (printer), .parse = (parser)                                             \
    }
#define FREE(scanner, printer, parser)                                                                       \
    {                                                                                                        \
        .scan = (scanner), .print = (printer), .parse = (parser)                                             \
    }
#define SPLIT(printer, parser)                                                                               \
    {                                                                                                        \
        .scan = dp_rdata_scan_rest, .print = (printer), .parse = (parser), .is_split = true                  \
    }

static const struct dp_rdata_kind_ops kinds[DP_RDATA_KIND_COUNT_] = {
    [DP_RDATA_U8] = NUMBER(1, print_u8, parse_u8),
    [DP_RDATA_U16] = NUMBER(2, print_u16, parse_u16),
    [DP_RDATA_U32] = NUMBER(4, print_u32, parse_u32),
    [DP_RDATA_TTL] = NUMBER(4, print_u32, parse_ttl),
    [DP_RDATA_TIME] = FIXED(4, dp_rdata_time_print, dp_rdata_time_parse),
    [DP_RDATA_TYPE] = FIXED(2, dp_rdata_type_print, dp_rdata_type_parse),
    [DP_RDATA_ALGORITHM] = NUMBER(1, print_u8, dp_rdata_algorithm_parse),
    [DP_RDATA_A] = FIXED(4, dp_rdata_print_a, dp_rdata_parse_a),
    [DP_RDATA_AAAA] = FIXED(16, dp_rdata_print_aaaa, dp_rdata_parse_aaaa),
    [DP_RDATA_NAME_COMPRESSED] = FREE(dp_rdata_scan_name, dp_rdata_print_name, dp_rdata_parse_name),
    [DP_RDATA_NAME] = FREE(dp_rdata_scan_name, dp_rdata_print_name, dp_rdata_parse_name),
    [DP_RDATA_STRING] = FREE(scan_len8, print_string, parse_string),
    [DP_RDATA_STRINGS] = FREE(scan_strings, print_strings, parse_strings),
    [DP_RDATA_TEXT_REST] = FREE(dp_rdata_scan_rest, print_text_rest, parse_text_rest),
    [DP_RDATA_TAG] = FREE(scan_tag, print_tag, parse_string),
    [DP_RDATA_HEX_REST] = SPLIT(print_hex_rest, parse_hex_rest),
    [DP_RDATA_BASE64_REST] = SPLIT(print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_HEX_LEN8] = FREE(scan_len8, print_hex_len8, parse_hex_len8),
    [DP_RDATA_BASE32HEX_LEN8] = FREE(scan_len8, print_base32hex_len8, parse_base32hex_len8),
    [DP_RDATA_TYPE_BITMAP] = FREE(dp_rdata_bitmap_scan, dp_rdata_bitmap_print, dp_rdata_bitmap_parse),
    [DP_RDATA_SVC_PARAMS] = FREE(dp_rdata_svcb_scan, dp_rdata_svcb_print, dp_rdata_svcb_parse),
    [DP_RDATA_LOC] = FREE(dp_rdata_loc_scan, dp_rdata_loc_print, dp_rdata_loc_parse),
    [DP_RDATA_NAMES] = FREE(scan_names, print_names, parse_names),
    [DP_RDATA_U48] = FIXED(6, print_u48, parse_u48),
    [DP_RDATA_EUI48] = FIXED(6, print_eui48, parse_eui48),
    [DP_RDATA_EUI64] = FIXED(8, print_eui64, parse_eui64),
    [DP_RDATA_ILNP64] = FIXED(8, print_ilnp64, parse_ilnp64),
    [DP_RDATA_NSAP] = FREE(dp_rdata_scan_rest, print_nsap, parse_nsap),
    [DP_RDATA_BASE64_WHOLE] = FREE(dp_rdata_scan_rest, print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_BASE64_LEN16] = FREE(scan_len16, print_base64_len16, parse_base64_len16),
    [DP_RDATA_CERT_TYPE] = FIXED(2, dp_rdata_cert_type_print, dp_rdata_cert_type_parse),
    [DP_RDATA_SEC_ALGORITHM] = FIXED(1, dp_rdata_algorithm_print, dp_rdata_algorithm_parse),
    [DP_RDATA_RCODE] = FIXED(2, dp_rdata_rcode_print, dp_rdata_rcode_parse),
    [DP_RDATA_DSYNC_SCHEME] = FIXED(1, dp_rdata_dsync_print, dp_rdata_dsync_parse),
    [DP_RDATA_TOP_BIT] = {.is_number = true,
                          .scan = scan_top_bit,
                          .print = print_top_bit,
                          .parse = parse_top_bit},
    [DP_RDATA_LOW_BITS] = NUMBER(1, print_low_bits, parse_low_bits),
    [DP_RDATA_GATEWAY] = FREE(dp_rdata_gateway_scan, dp_rdata_gateway_print, dp_rdata_gateway_parse),
    [DP_RDATA_HIP] = FREE(dp_rdata_hip_scan, dp_rdata_hip_print, dp_rdata_hip_parse),
    [DP_RDATA_APL] = FREE(dp_rdata_apl_scan, dp_rdata_apl_print, dp_rdata_apl_parse),
    [DP_RDATA_A6] = FREE(dp_rdata_a6_scan, dp_rdata_a6_print, dp_rdata_a6_parse),
    [DP_RDATA_NXT_BITMAP] = FREE(dp_rdata_scan_rest, dp_rdata_nxt_print, dp_rdata_nxt_parse),
    [DP_RDATA_WKS] = FREE(dp_rdata_wks_scan, dp_rdata_wks_print, dp_rdata_wks_parse),
};

const struct dp_rdata_kind_ops *dp_rdata_kind_ops(enum dp_rdata_kind kind)
{
    return &kinds[kind];
}
