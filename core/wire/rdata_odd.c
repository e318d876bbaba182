/* SPDX-License-Identifier: MIT
 * Kinds whose layout depends on their own octets: the gateway of IPSECKEY and AMTRELAY, ATMA, HIP, APL, A6.
 * A form that is not known here (a gateway type, an address family) makes the RDATA opaque, not malformed. */
#include <arpa/inet.h>
#include <string.h>

#include "wire/rdata_kind.h"

/* Gateway (RFC 4025, section 2.5; RFC 8777, section 4.2.4): the low seven bits of the RDATA's second octet
 * say what follows. */
enum gateway { GATEWAY_NONE, GATEWAY_A, GATEWAY_AAAA, GATEWAY_NAME };

#define GATEWAY_TYPE_OFFSET 1
#define GATEWAY_TYPE_BITS   0x7fu

void dp_rdata_gateway_scan(struct dp_rdata_scan *scan, const char *field)
{
    switch (scan->c.data[scan->start + GATEWAY_TYPE_OFFSET] & GATEWAY_TYPE_BITS) {
    case GATEWAY_NONE:
        break;
    case GATEWAY_A:
        dp_rdata_scan_copy(scan, 4, field);
        break;
    case GATEWAY_AAAA:
        dp_rdata_scan_copy(scan, 16, field);
        break;
    case GATEWAY_NAME:
        dp_rdata_scan_name(scan, field);
        break;
    default: /* a value from the wire */
        dp_rdata_scan_opaque(scan, field);
    }
}

void dp_rdata_gateway_print(struct dp_str *s, struct dp_cursor *c)
{
    static void (*const print[])(struct dp_str *,
                                 struct dp_cursor *) = {[GATEWAY_A] = dp_rdata_print_a,
                                                        [GATEWAY_AAAA] = dp_rdata_print_aaaa,
                                                        [GATEWAY_NAME] = dp_rdata_print_name};
    const unsigned type = c->data[GATEWAY_TYPE_OFFSET] & GATEWAY_TYPE_BITS;
    if (type == GATEWAY_NONE) {
        dp_str_addc(s, '.');
    } else {
        print[type](s, c);
    }
}

enum dp_err dp_rdata_gateway_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    static enum dp_err (*const parse[])(struct dp_rdata_text *,
                                        struct dp_str *) = {[GATEWAY_A] = dp_rdata_parse_a,
                                                            [GATEWAY_AAAA] = dp_rdata_parse_aaaa,
                                                            [GATEWAY_NAME] = dp_rdata_parse_name};
    const unsigned type = dp_str_ok(out) ? (uint8_t)out->data[GATEWAY_TYPE_OFFSET] & GATEWAY_TYPE_BITS : 0;
    struct dp_token token;
    if (type > GATEWAY_NAME) {
        return DP_ERR_RANGE;
    }
    if (type != GATEWAY_NONE) {
        return parse[type](text, out);
    }
    return dp_token_next(&text->tokens, &token) && dp_token_is(&token, ".") ? DP_OK : DP_ERR_SYNTAX;
}

/* ATMA (ATM Name System 2.0): format octet, then an AESA in octets or an E.164 number in digits. */
enum atma { ATMA_AESA, ATMA_E164 };

void dp_rdata_atma_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const unsigned format = dp_cursor_u8(&look, field);
    if (dp_cursor_left(&look) == 0) {
        dp_cursor_fail(&scan->c, DP_ERR_RDLENGTH, field);
        return;
    }
    if (format > ATMA_E164) {
        dp_rdata_scan_opaque(scan, field);
        return;
    }
    while (format == ATMA_E164 && dp_cursor_left(&look) > 0) {
        const uint8_t digit = dp_cursor_u8(&look, field);
        if (digit < '0' || digit > '9') {
            dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
        }
    }
    dp_rdata_scan_rest(scan, field);
}

void dp_rdata_atma_print(struct dp_str *s, struct dp_cursor *c)
{
    const unsigned format = dp_cursor_u8(c, "");
    const size_t size = dp_cursor_left(c);
    const uint8_t *address = dp_cursor_bytes(c, size, "");
    if (format == ATMA_E164) {
        dp_str_addc(s, '+');
        dp_rdata_print_text(s, address, size);
    } else {
        dp_str_add_hex(s, address, size, false);
    }
}

enum dp_err dp_rdata_atma_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    if (!dp_token_next(&text->tokens, &token) || token.size == 0) {
        return DP_ERR_SYNTAX;
    }
    const bool number = token.text[0] == '+';
    dp_rdata_add_be(out, number ? ATMA_E164 : ATMA_AESA, 1);
    if (!number) {
        return dp_text_hex(out, token.text, token.size);
    }
    dp_str_add(out, token.text + 1, token.size - 1);
    return DP_OK;
}

/* HIP (RFC 8005, section 5): HIT length, algorithm, key length, HIT, key; text has algorithm, HIT, key. */
void dp_rdata_hip_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const size_t hit = dp_cursor_u8(&look, field);
    dp_cursor_u8(&look, field);
    const size_t key = dp_cursor_u16(&look, field);
    if (dp_cursor_ok(&look) && (hit == 0 || key == 0)) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, 4 + hit + key, field);
}

void dp_rdata_hip_print(struct dp_str *s, struct dp_cursor *c)
{
    const size_t hit = dp_cursor_u8(c, "");
    dp_str_addf(s, "%u ", dp_cursor_u8(c, ""));
    const size_t key = dp_cursor_u16(c, "");
    dp_str_add_hex(s, dp_cursor_bytes(c, hit, ""), hit, true);
    dp_str_addc(s, ' ');
    dp_str_add_base64(s, dp_cursor_bytes(c, key, ""), key);
}

enum dp_err dp_rdata_hip_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token algorithm;
    struct dp_token hit;
    struct dp_token key;
    struct dp_str bytes;
    uint64_t number = 0;
    enum dp_err err = DP_ERR_SYNTAX;
    dp_str_init(&bytes, 0);
    if (dp_token_next(&text->tokens, &algorithm) && dp_token_number(&algorithm, UINT8_MAX, &number) &&
        dp_token_next(&text->tokens, &hit) && dp_token_next(&text->tokens, &key)) {
        err = dp_text_hex(&bytes, hit.text, hit.size);
    }
    const size_t hit_size = bytes.len_bytes;
    if (err == DP_OK) {
        err = dp_text_base64(&bytes, key.text, key.size);
    }
    const size_t key_size = bytes.len_bytes - hit_size;
    if (err == DP_OK && (hit_size > UINT8_MAX || key_size > UINT16_MAX)) {
        err = DP_ERR_RANGE;
    }
    dp_rdata_add_be(out, hit_size, 1);
    dp_rdata_add_be(out, number, 1);
    dp_rdata_add_be(out, key_size, 2);
    dp_str_add(out, dp_str_text(&bytes), bytes.len_bytes);
    dp_str_fini(&bytes);
    return err;
}

/* APL (RFC 3123, section 4): family, prefix length, negation and length, address without trailing zeros. */
static size_t apl_address_bytes(unsigned family)
{
    return family == 1 ? 4 : family == 2 ? 16 : 0;
}

void dp_rdata_apl_scan(struct dp_rdata_scan *scan, const char *field)
{
    while (dp_cursor_left(&scan->c) > 0) {
        struct dp_cursor look = scan->c;
        const size_t most = apl_address_bytes(dp_cursor_u16(&look, field));
        const unsigned prefix = dp_cursor_u8(&look, field);
        const size_t size = dp_cursor_u8(&look, field) & 0x7fu;
        if (dp_cursor_ok(&look) && most == 0) { /* dig shows none of the items then */
            scan->opaque = true;
        } else if (dp_cursor_ok(&look) && (prefix > most * 8 || size > most)) {
            dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
        }
        const uint8_t *address = dp_cursor_bytes(&look, size, field);
        if (address != NULL && size > 0 && address[size - 1] == 0) {
            dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
        }
        dp_rdata_scan_copy(scan, 4 + size, field);
    }
}

void dp_rdata_apl_print(struct dp_str *s, struct dp_cursor *c)
{
    for (const char *gap = ""; dp_cursor_left(c) > 0; gap = " ") {
        uint8_t address[16] = {0};
        char text[INET6_ADDRSTRLEN];
        const unsigned family = dp_cursor_u16(c, "");
        const unsigned prefix = dp_cursor_u8(c, "");
        const unsigned length = dp_cursor_u8(c, "");
        const uint8_t *part = dp_cursor_bytes(c, length & 0x7fu, "");
        if (part != NULL) {
            memcpy(address, part, length & 0x7fu);
        }
        inet_ntop(family == 1 ? AF_INET : AF_INET6, address, text, sizeof text);
        dp_str_addf(s, "%s%s%u:%s/%u", gap, length >= 0x80 ? "!" : "", family, text, prefix);
    }
}

/* "[!]family:address/prefix" */
static enum dp_err apl_item(const struct dp_token *token, struct dp_str *out)
{
    char copy[64];
    uint8_t address[16] = {0};
    uint64_t prefix = 0;
    if (token->size >= sizeof copy) {
        return DP_ERR_SYNTAX;
    }
    memcpy(copy, token->text, token->size);
    copy[token->size] = '\0';
    const bool negated = copy[0] == '!';
    char *family = copy + negated;
    char *slash = strchr(copy, '/');
    const unsigned number = strncmp(family, "1:", 2) == 0 ? 1 : strncmp(family, "2:", 2) == 0 ? 2 : 0;
    if (slash == NULL || number == 0) {
        return DP_ERR_SYNTAX;
    }
    *slash = '\0';
    const struct dp_token digits = {.text = slash + 1, .size = strlen(slash + 1)};
    size_t size = apl_address_bytes(number);
    if (!dp_token_number(&digits, size * 8, &prefix) ||
        inet_pton(number == 1 ? AF_INET : AF_INET6, family + 2, address) != 1) {
        return DP_ERR_SYNTAX;
    }
    while (size > 0 && address[size - 1] == 0) {
        size--;
    }
    dp_rdata_add_be(out, number, 2);
    dp_rdata_add_be(out, prefix, 1);
    dp_rdata_add_be(out, size | (negated ? 0x80u : 0u), 1);
    dp_str_add(out, address, size);
    return DP_OK;
}

enum dp_err dp_rdata_apl_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    enum dp_err err = DP_OK;
    while (err == DP_OK && dp_token_next(&text->tokens, &token)) {
        err = apl_item(&token, out);
    }
    return err;
}

/* A6 (RFC 2874, section 3.1): prefix length, the address bits behind the prefix, and the prefix's name unless
 * the prefix is empty. */
static size_t a6_suffix_bytes(unsigned prefix)
{
    return prefix <= 128 ? 16 - prefix / 8 : 0;
}

void dp_rdata_a6_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const unsigned prefix = dp_cursor_u8(&look, field);
    if (dp_cursor_ok(&look) && prefix > 128) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
    const uint8_t *suffix = dp_cursor_bytes(&look, a6_suffix_bytes(prefix), field);
    const bool cut = prefix < 128 && prefix % 8 != 0; /* an octet is shared with the prefix */
    if (suffix != NULL && cut && suffix[0] >> (8 - prefix % 8) != 0) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, 1 + a6_suffix_bytes(prefix), field);
    if (prefix > 0) {
        dp_rdata_scan_name(scan, field);
    }
}

void dp_rdata_a6_print(struct dp_str *s, struct dp_cursor *c)
{
    uint8_t address[16] = {0};
    char text[INET6_ADDRSTRLEN] = "";
    const unsigned prefix = dp_cursor_u8(c, "");
    const size_t size = a6_suffix_bytes(prefix);
    const uint8_t *suffix = dp_cursor_bytes(c, size, "");
    if (suffix != NULL && size > 0) {
        memcpy(address + 16 - size, suffix, size);
        address[16 - size] = (uint8_t)(address[16 - size] & 0xffu >> prefix % 8);
        inet_ntop(AF_INET6, address, text, sizeof text);
    }
    dp_str_addf(s, "%u %s", prefix, text);
    if (prefix > 0) {
        dp_str_addc(s, ' ');
        dp_rdata_print_name(s, c);
    }
}

enum dp_err dp_rdata_a6_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    enum dp_err err = dp_rdata_parse_number(text, out, 1);
    if (err != DP_OK || !dp_str_ok(out)) {
        return DP_ERR_SYNTAX;
    }
    const unsigned prefix = (uint8_t)out->data[out->len_bytes - 1];
    const size_t size = a6_suffix_bytes(prefix);
    struct dp_str address;
    dp_str_init(&address, 0);
    if (prefix < 128) {
        err = dp_rdata_parse_aaaa(text, &address);
    }
    if (err == DP_OK && size > 0 && dp_str_ok(&address)) {
        dp_str_add(out, address.data + 16 - size, size);
    }
    dp_str_fini(&address);
    return err == DP_OK && prefix > 0 ? dp_rdata_parse_name(text, out) : err;
}
