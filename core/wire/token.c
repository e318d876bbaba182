/* SPDX-License-Identifier: MIT
 * A tokenizer that never copies: fields are pieces of the text lent by the caller. The three RFC 4648
 * decoders share one bit accumulator. */
#include "wire/token.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct dp_tokens *t)
{
    while (t->at < t->size && is_blank(t->text[t->at])) {
        t->at++;
    }
}

bool dp_token_at_end(const struct dp_tokens *t)
{
    struct dp_tokens look = *t;
    skip_blanks(&look);
    return look.at >= look.size;
}

bool dp_token_next(struct dp_tokens *t, struct dp_token *token)
{
    skip_blanks(t);
    if (t->at >= t->size) {
        return false;
    }
    const bool quoted = t->text[t->at] == '"';
    const size_t start = quoted ? ++t->at : t->at;
    bool inside = quoted;
    while (t->at < t->size && (inside || !is_blank(t->text[t->at]))) {
        if (t->text[t->at] == '\\') {
            t->at++;
        } else if (t->text[t->at] == '"') {
            if (quoted) {
                break;
            }
            inside = !inside;
        }
        t->at++;
    }
    t->at = t->at > t->size ? t->size : t->at; /* a backslash was the last character */
    *token = (struct dp_token){.text = t->text + start, .size = t->at - start, .quoted = quoted};
    if (inside && t->at >= t->size) {
        t->broken = true;
    } else if (quoted) {
        t->at++;
    }
    return true;
}

bool dp_token_is(const struct dp_token *token, const char *word)
{
    return strlen(word) == token->size && strncasecmp(token->text, word, token->size) == 0;
}

bool dp_token_number(const struct dp_token *token, uint64_t max, uint64_t *value)
{
    uint64_t sum = 0;
    if (token->size == 0 || token->quoted) {
        return false;
    }
    for (size_t i = 0; i < token->size; i++) {
        if (!isdigit((unsigned char)token->text[i])) {
            return false;
        }
        const uint64_t digit = (uint64_t)(token->text[i] - '0');
        if (digit > max || sum > (max - digit) / 10) {
            return false;
        }
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

static uint64_t unit_seconds(char unit)
{
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}, {'w', 604800}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (units[i].unit == tolower((unsigned char)unit)) {
            return units[i].seconds;
        }
    }
    return 0;
}

bool dp_token_ttl(const struct dp_token *token, uint32_t *seconds)
{
    uint64_t value = 0;
    uint64_t sum = 0;
    if (dp_token_number(token, UINT32_MAX, &value)) {
        *seconds = (uint32_t)value;
        return true;
    }
    size_t i = 0;
    while (i < token->size) {
        const size_t start = i;
        while (i < token->size && isdigit((unsigned char)token->text[i])) {
            i++;
        }
        const struct dp_token digits = {
            .text = token->text + start, .size = i - start, .quoted = token->quoted};
        const uint64_t unit = i < token->size ? unit_seconds(token->text[i]) : 0;
        if (unit == 0 || !dp_token_number(&digits, UINT32_MAX, &value)) {
            return false;
        }
        sum += value * unit;
        if (sum > UINT32_MAX) {
            return false;
        }
        i++;
    }
    *seconds = (uint32_t)sum;
    return token->size > 0;
}

/* The octet of an escape at text[i] (behind the backslash); *used characters. -1: malformed. */
static int escaped_octet(const char *text, size_t left, size_t *used)
{
    if (left == 0) {
        return -1;
    }
    if (!isdigit((unsigned char)text[0])) {
        *used = 1;
        return (uint8_t)text[0];
    }
    if (left < 3 || !isdigit((unsigned char)text[1]) || !isdigit((unsigned char)text[2])) {
        return -1;
    }
    const int value = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
    *used = 3;
    return value <= 255 ? value : -1;
}

enum dp_err dp_token_octets(struct dp_str *out, const char *text, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        char octet = text[i];
        if (octet == '\\') {
            size_t used = 0;
            const int value = escaped_octet(text + i + 1, size_bytes - i - 1, &used);
            if (value < 0) {
                return DP_ERR_SYNTAX;
            }
            octet = (char)value;
            i += used;
        }
        dp_str_addc(out, octet);
    }
    return DP_OK;
}

/* Value of a character, -1 outside the alphabet. */
static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *p = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return p == NULL ? -1 : (int)(p - digits);
}

static int base32hex_digit(char c)
{
    const char *digits = "0123456789abcdefghijklmnopqrstuv";
    const char *p = c == '\0' ? NULL : strchr(digits, tolower((unsigned char)c));
    return p == NULL ? -1 : (int)(p - digits);
}

static int base64_digit(char c)
{
    const char *digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *p = c == '\0' ? NULL : strchr(digits, c);
    return p == NULL ? -1 : (int)(p - digits);
}

/* Every character carries `bits` bits; a whole number of octets must come out, the bits that pad the last
 * character being zero. */
static enum dp_err decode(struct dp_str *out, const char *text, size_t size, unsigned bits,
                          int (*digit)(char))
{
    uint32_t hold = 0;
    unsigned held = 0;
    for (size_t i = 0; i < size; i++) {
        const int value = digit(text[i]);
        if (value < 0) {
            return DP_ERR_SYNTAX;
        }
        hold = (hold << bits | (uint32_t)value) & 0xffffu;
        held += bits;
        if (held >= 8) {
            held -= 8;
            dp_str_addc(out, (char)(uint8_t)(hold >> held));
        }
    }
    return held < bits && (hold & ((1u << held) - 1)) == 0 ? DP_OK : DP_ERR_SYNTAX;
}

enum dp_err dp_text_hex(struct dp_str *out, const char *text, size_t size_bytes)
{
    return decode(out, text, size_bytes, 4, hex_digit);
}

enum dp_err dp_text_base32hex(struct dp_str *out, const char *text, size_t size_bytes)
{
    return decode(out, text, size_bytes, 5, base32hex_digit);
}

enum dp_err dp_text_base64(struct dp_str *out, const char *text, size_t size_bytes)
{
    size_t pads = 0;
    if (size_bytes % 4 != 0) {
        return DP_ERR_SYNTAX;
    }
    while (pads < 2 && pads < size_bytes && text[size_bytes - pads - 1] == '=') {
        pads++;
    }
    return decode(out, text, size_bytes - pads, 6, base64_digit);
}
