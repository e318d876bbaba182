/* SPDX-License-Identifier: MIT
 * LOC (RFC 1876): version 0, three sizes as digit and power of ten in centimetres, latitude and longitude in
 * thousandths of an arc second around 2^31, altitude in centimetres above -100 km. */
#include <string.h>

#include "wire/rdata_kind.h"

#define EQUATOR       0x80000000u
#define DEGREE_MS     3600000u
#define ALTITUDE_ZERO 10000000u /* 100 000 m in cm */
#define SIZE_DEFAULT  0x12      /* 1 m */
#define HORIZ_DEFAULT 0x16      /* 10 000 m */
#define VERT_DEFAULT  0x13      /* 10 m */

static bool size_is_good(uint8_t size)
{
    return size >> 4 <= 9 && (size & 15) <= 9 && (size >> 4 > 0 || size == 0); /* 0 has one form */
}

/* Distance from the equator or the meridian. */
static uint32_t arc(uint32_t value)
{
    return value >= EQUATOR ? value - EQUATOR : EQUATOR - value;
}

void dp_rdata_loc_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor c = scan->c;
    if (dp_cursor_left(&c) > 0 && c.data[c.offset] != 0) { /* only version 0 has been laid down */
        dp_rdata_scan_opaque(scan, field);
        return;
    }
    dp_rdata_scan_copy(scan, 16, field);
    if (!dp_cursor_ok(&scan->c)) {
        return;
    }
    bool good = dp_cursor_u8(&c, field) == 0;
    for (int i = 0; i < 3; i++) {
        good = size_is_good(dp_cursor_u8(&c, field)) && good;
    }
    good = arc(dp_cursor_u32(&c, field)) <= 90 * DEGREE_MS && good;
    good = arc(dp_cursor_u32(&c, field)) <= 180 * DEGREE_MS && good;
    if (!good) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
}

static void print_size(struct dp_str *s, uint8_t size)
{
    unsigned long value = size >> 4;
    for (unsigned i = size & 15u; i > 0; i--) {
        value *= 10;
    }
    if ((size & 15u) >= 2) {
        dp_str_addf(s, " %lum", value / 100);
    } else {
        dp_str_addf(s, " 0.%02lum", value);
    }
}

static void print_arc(struct dp_str *s, uint32_t value, const char *positive, const char *negative)
{
    const uint32_t ms = arc(value);
    dp_str_addf(s, "%u %u %u.%03u %s ", (unsigned)(ms / DEGREE_MS), (unsigned)(ms / 60000 % 60),
                (unsigned)(ms / 1000 % 60), (unsigned)(ms % 1000), value >= EQUATOR ? positive : negative);
}

void dp_rdata_loc_print(struct dp_str *s, struct dp_cursor *c)
{
    const uint8_t *head = dp_cursor_bytes(c, 4, "");
    print_arc(s, dp_cursor_u32(c, ""), "N", "S");
    print_arc(s, dp_cursor_u32(c, ""), "E", "W");
    const uint32_t altitude = dp_cursor_u32(c, "");
    const uint32_t cm = altitude >= ALTITUDE_ZERO ? altitude - ALTITUDE_ZERO : ALTITUDE_ZERO - altitude;
    dp_str_addf(s, "%s%u.%02um", altitude < ALTITUDE_ZERO ? "-" : "", (unsigned)(cm / 100),
                (unsigned)(cm % 100));
    for (int i = 1; head != NULL && i < 4; i++) {
        print_size(s, head[i]);
    }
}

/* A decimal number with at most `decimals` places, scaled to an integer: "12.5" with 3 is 12500. */
static bool read_decimal(const char *text, size_t size, unsigned decimals, uint64_t *value)
{
    const char *dot = memchr(text, '.', size);
    const size_t whole = dot == NULL ? size : (size_t)(dot - text);
    const size_t places = dot == NULL ? 0 : size - whole - 1;
    const struct dp_token left = {.text = text, .size = whole};
    const struct dp_token right = {.text = text + whole + 1, .size = places};
    uint64_t fraction = 0;
    if (places > decimals || (dot != NULL && places == 0) || !dp_token_number(&left, UINT32_MAX, value) ||
        (places > 0 && !dp_token_number(&right, UINT32_MAX, &fraction))) {
        return false;
    }
    for (unsigned i = 0; i < decimals; i++) {
        *value *= 10;
        fraction *= i < places ? 1 : 10;
    }
    *value += fraction;
    return true;
}

/* "d [m [s]] N": degrees, minutes, seconds, direction. */
static bool read_arc(struct dp_rdata_text *text, const char *positive, const char *negative, unsigned most,
                     uint32_t *value)
{
    static const uint32_t unit_ms[] = {DEGREE_MS, 60000, 1};
    struct dp_token token;
    uint64_t ms = 0;
    for (unsigned i = 0; i <= 3 && dp_token_next(&text->tokens, &token); i++) {
        const bool forward = dp_token_is(&token, positive);
        if (i > 0 && (forward || dp_token_is(&token, negative))) {
            *value = forward ? EQUATOR + (uint32_t)ms : EQUATOR - (uint32_t)ms;
            return ms <= (uint64_t)most * DEGREE_MS;
        }
        uint64_t n = 0;
        const uint64_t limit = i == 0 ? most : i == 1 ? 59 : 59999;
        if (i > 2 || !read_decimal(token.text, token.size, i == 2 ? 3 : 0, &n) || n > limit) {
            return false;
        }
        ms += n * unit_ms[i];
    }
    return false;
}

/* Metres with an optional "m", in centimetres. */
static bool read_metres(const struct dp_token *token, uint64_t *cm)
{
    size_t size = token->size;
    if (size > 0 && (token->text[size - 1] == 'm' || token->text[size - 1] == 'M')) {
        size--;
    }
    return size > 0 && read_decimal(token->text, size, 2, cm);
}

static bool read_altitude(struct dp_rdata_text *text, uint32_t *altitude)
{
    struct dp_token token;
    uint64_t cm = 0;
    if (!dp_token_next(&text->tokens, &token)) {
        return false;
    }
    const bool below = token.size > 0 && token.text[0] == '-';
    token.text += below;
    token.size -= below;
    if (!read_metres(&token, &cm) || cm > (below ? ALTITUDE_ZERO : UINT32_MAX - ALTITUDE_ZERO)) {
        return false;
    }
    *altitude = (uint32_t)(below ? ALTITUDE_ZERO - cm : ALTITUDE_ZERO + cm);
    return true;
}

/* One digit and a power of ten; further digits are dropped. */
static bool read_size(struct dp_rdata_text *text, uint8_t *size)
{
    struct dp_token token;
    uint64_t cm = 0;
    unsigned power = 0;
    if (!dp_token_next(&text->tokens, &token)) {
        return true; /* left out: the default stays */
    }
    if (!read_metres(&token, &cm)) {
        return false;
    }
    for (; cm > 9; cm /= 10) {
        power++;
    }
    *size = (uint8_t)(cm << 4 | power);
    return power <= 9;
}

enum dp_err dp_rdata_loc_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    uint8_t sizes[4] = {0, SIZE_DEFAULT, HORIZ_DEFAULT, VERT_DEFAULT};
    uint32_t latitude = 0;
    uint32_t longitude = 0;
    uint32_t altitude = 0;
    if (!read_arc(text, "N", "S", 90, &latitude) || !read_arc(text, "E", "W", 180, &longitude) ||
        !read_altitude(text, &altitude) || !read_size(text, &sizes[1]) || !read_size(text, &sizes[2]) ||
        !read_size(text, &sizes[3])) {
        return DP_ERR_SYNTAX;
    }
    dp_str_add(out, sizes, sizeof sizes);
    dp_rdata_add_be(out, latitude, 4);
    dp_rdata_add_be(out, longitude, 4);
    dp_rdata_add_be(out, altitude, 4);
    return DP_OK;
}
