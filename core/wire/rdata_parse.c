/* SPDX-License-Identifier: MIT
 * Reading the plain kinds of RDATA fields from their text: one or more tokens in, octets out. */
#include "wire/rdata_kind.h"

#include <arpa/inet.h>
#include <string.h>

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

enum dp_err dp_rdata_parse_u8(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 1);
}

enum dp_err dp_rdata_parse_u16(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 2);
}

enum dp_err dp_rdata_parse_octal16(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint32_t value = 0;
    if (!dp_token_next(&text->tokens, &token) || token.size == 0) {
        return DP_ERR_SYNTAX;
    }
    for (size_t i = 0; i < token.size; i++) {
        if (token.text[i] < '0' || token.text[i] > '7' || value > UINT16_MAX / 8) {
            return DP_ERR_SYNTAX;
        }
        value = value * 8 + (uint32_t)(token.text[i] - '0');
    }
    dp_rdata_add_be(out, value, 2);
    return DP_OK;
}

enum dp_err dp_rdata_parse_u32(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 4);
}

enum dp_err dp_rdata_parse_u48(struct dp_rdata_text *text, struct dp_str *out)
{
    return dp_rdata_parse_number(text, out, 6);
}

enum dp_err dp_rdata_parse_ttl(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint32_t seconds = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_ttl(&token, &seconds)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, seconds, 4);
    return DP_OK;
}

enum dp_err dp_rdata_parse_top_bit(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, 1, &value)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, value << 7, 1);
    return DP_OK;
}

/* Completes the octet that dp_rdata_parse_top_bit began. */
enum dp_err dp_rdata_parse_low_bits(struct dp_rdata_text *text, struct dp_str *out)
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

enum dp_err dp_rdata_parse_names(struct dp_rdata_text *text, struct dp_str *out)
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

enum dp_err dp_rdata_parse_string(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_len8(text, out, dp_token_octets);
}

enum dp_err dp_rdata_parse_strings(struct dp_rdata_text *text, struct dp_str *out)
{
    enum dp_err err = DP_OK;
    do {
        err = dp_rdata_parse_string(text, out);
    } while (err == DP_OK && !dp_token_at_end(&text->tokens));
    return err;
}

enum dp_err dp_rdata_parse_text_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    return dp_token_next(&text->tokens, &token) ? dp_token_octets(out, token.text, token.size)
                                                : DP_ERR_SYNTAX;
}

enum dp_err dp_rdata_parse_hex_len8(struct dp_rdata_text *text, struct dp_str *out)
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

enum dp_err dp_rdata_parse_base32hex_len8(struct dp_rdata_text *text, struct dp_str *out)
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

enum dp_err dp_rdata_parse_hex_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_rest(text, out, dp_text_hex);
}

enum dp_err dp_rdata_parse_base64_rest(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_rest(text, out, dp_text_base64);
}

enum dp_err dp_rdata_parse_base64_whole(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_rdata_text look = *text;
    struct dp_token token;
    if (dp_token_next(&look.tokens, &token) && dp_token_is(&token, "-")) {
        *text = look;
        return DP_OK;
    }
    return dp_rdata_parse_base64_rest(text, out);
}

enum dp_err dp_rdata_parse_nsap(struct dp_rdata_text *text, struct dp_str *out)
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

enum dp_err dp_rdata_parse_base64_len16(struct dp_rdata_text *text, struct dp_str *out)
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
    const size_t chars = (size_t)(size + 2) / 3 * 4;
    struct dp_str digits; /* in as many words as they were split into */
    dp_str_init(&digits, chars);
    while (digits.len_bytes < chars && dp_str_ok(&digits) && dp_token_next(&text->tokens, &token)) {
        dp_str_add(&digits, token.text, token.size);
    }
    const enum dp_err err =
        dp_str_ok(&digits) ? dp_text_base64(out, dp_str_text(&digits), digits.len_bytes) : DP_ERR_SYNTAX;
    dp_str_fini(&digits);
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

enum dp_err dp_rdata_parse_eui48(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_grouped(text, out, 6);
}

enum dp_err dp_rdata_parse_eui64(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_grouped(text, out, 8);
}

enum dp_err dp_rdata_parse_ilnp64(struct dp_rdata_text *text, struct dp_str *out)
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
