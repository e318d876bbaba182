/* SPDX-License-Identifier: MIT
 * Growable byte string with a sticky error, and the RFC 4648 encoders that append to it. */
#include "base/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void dp_str_init(struct dp_str *s, size_t limit_bytes)
{
    *s = (struct dp_str){.limit_bytes = limit_bytes};
}

void dp_str_fini(struct dp_str *s)
{
    free(s->data);
    dp_str_init(s, s->limit_bytes);
}

void dp_str_clear(struct dp_str *s)
{
    s->len_bytes = 0;
    s->failed = false;
    if (s->data != NULL) {
        s->data[0] = '\0';
    }
}

bool dp_str_ok(const struct dp_str *s)
{
    return !s->failed;
}

const char *dp_str_text(const struct dp_str *s)
{
    return s->data != NULL ? s->data : "";
}

/* Makes room for `more` bytes and the NUL; false, and failed set, when that cannot be had. */
static bool reserve(struct dp_str *s, size_t more)
{
    if (s->failed || more > SIZE_MAX / 4 || s->len_bytes > SIZE_MAX / 4 ||
        (s->limit_bytes != 0 && s->len_bytes + more > s->limit_bytes)) {
        s->failed = true;
        return false;
    }
    if (s->data != NULL && s->len_bytes + more < s->cap_bytes) {
        return true;
    }
    size_t cap = s->cap_bytes < 64 ? 64 : s->cap_bytes;
    while (cap <= s->len_bytes + more) {
        cap *= 2;
    }
    char *data = realloc(s->data, cap);
    if (data == NULL) {
        s->failed = true;
        return false;
    }
    s->data = data;
    s->cap_bytes = cap;
    return true;
}

void dp_str_add(struct dp_str *s, const void *data, size_t size_bytes)
{
    if (!reserve(s, size_bytes)) {
        return;
    }
    if (size_bytes > 0) {
        memcpy(s->data + s->len_bytes, data, size_bytes);
    }
    s->len_bytes += size_bytes;
    s->data[s->len_bytes] = '\0';
}

void dp_str_adds(struct dp_str *s, const char *text)
{
    dp_str_add(s, text, strlen(text));
}

void dp_str_addc(struct dp_str *s, char c)
{
    dp_str_add(s, &c, 1);
}

void dp_str_addf(struct dp_str *s, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int need = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (need < 0) {
        s->failed = true;
    } else if (reserve(s, (size_t)need)) {
        vsnprintf(s->data + s->len_bytes, (size_t)need + 1, format, again);
        s->len_bytes += (size_t)need;
    }
    va_end(again);
}

void dp_str_add_hex(struct dp_str *s, const uint8_t *data, size_t size_bytes, bool upper)
{
    const char *digits = upper ? "0123456789ABCDEF" : "0123456789abcdef";
    for (size_t i = 0; i < size_bytes; i++) {
        dp_str_addc(s, digits[data[i] >> 4]);
        dp_str_addc(s, digits[data[i] & 15]);
    }
}

/* Appends `size_bytes` in groups of `bits` per character, most significant bit first; returns
 * the number of characters. */
static size_t add_grouped(struct dp_str *s, const uint8_t *data, size_t size_bytes, unsigned bits,
                          const char *alphabet)
{
    uint32_t hold = 0;
    unsigned held = 0;
    size_t count = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        hold = (hold << 8 | data[i]) & 0xffffu;
        held += 8;
        while (held >= bits) {
            held -= bits;
            dp_str_addc(s, alphabet[hold >> held & ((1u << bits) - 1)]);
            count++;
        }
    }
    if (held > 0) {
        dp_str_addc(s, alphabet[hold << (bits - held) & ((1u << bits) - 1)]);
        count++;
    }
    return count;
}

void dp_str_add_base64(struct dp_str *s, const uint8_t *data, size_t size_bytes)
{
    size_t count = add_grouped(s, data, size_bytes, 6,
                               "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
    while (count++ % 4 != 0) {
        dp_str_addc(s, '=');
    }
}

void dp_str_add_base32hex(struct dp_str *s, const uint8_t *data, size_t size_bytes)
{
    add_grouped(s, data, size_bytes, 5, "0123456789ABCDEFGHIJKLMNOPQRSTUV");
}

char *dp_str_ipv4(const uint8_t ip[4], char out[DP_IPV4_TEXT_BYTES])
{
    char *at = out;
    for (unsigned i = 0; i < 4; i++) {
        if (ip[i] >= 100) {
            *at++ = (char)('0' + ip[i] / 100);
        }
        if (ip[i] >= 10) {
            *at++ = (char)('0' + ip[i] / 10 % 10);
        }
        *at++ = (char)('0' + ip[i] % 10);
        *at++ = '.';
    }
    at[-1] = '\0';
    return out;
}
