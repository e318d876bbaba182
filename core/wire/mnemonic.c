/* SPDX-License-Identifier: MIT
 * Small registries (rcodes.def) as tables, the public names of response codes and opcodes, and the RDATA
 * kinds that print such a name. Times are here too: YYYYMMDDHHmmSS is a mnemonic for a number. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "wire/msg.h"
#include "wire/rdata_kind.h"

struct mnemonic {
    uint16_t number;
    const char *name; /* NULL ends the table */
};

#define ROW(number, name, rfc) {number, name},

static const struct mnemonic rcodes[] = {
#define DP_RCODE ROW
#include "wire/rcodes.def"
#undef DP_RCODE
    {0, NULL}};
static const struct mnemonic opcodes[] = {
#define DP_OPCODE ROW
#include "wire/rcodes.def"
#undef DP_OPCODE
    {0, NULL}};
static const struct mnemonic algorithms[] = {
#define DP_ALGORITHM ROW
#include "wire/rcodes.def"
#undef DP_ALGORITHM
    {0, NULL}};
static const struct mnemonic cert_types[] = {
#define DP_CERT_TYPE ROW
#include "wire/rcodes.def"
#undef DP_CERT_TYPE
    {0, NULL}};
static const struct mnemonic dsync_schemes[] = {{1, "NOTIFY"}, {0, NULL}};

/* 16 is BADVERS in OPT and BADSIG in TSIG and TKEY (RFC 8945, section 3). */
#define BADSIG   16
#define NOTZONE  10
#define BADTRUNC 22
static const struct mnemonic tsig_rcodes[] = {{BADSIG, "BADSIG"}, {0, NULL}};

#define NAME_BUFFER_BYTES 16

static const char *find(const struct mnemonic *table, unsigned number)
{
    for (; table->name != NULL; table++) {
        if (table->number == number) {
            return table->name;
        }
    }
    return NULL;
}

const char *dp_rcode_name(uint16_t rcode, char *buf)
{
    const char *name = find(rcodes, rcode);
    if (name == NULL) {
        snprintf(buf, NAME_BUFFER_BYTES, rcode < 16 ? "RESERVED%u" : "RCODE%u", (unsigned)rcode);
        return buf;
    }
    return name;
}

const char *dp_opcode_name(uint8_t opcode, char *buf)
{
    const char *name = find(opcodes, opcode);
    if (name == NULL) {
        snprintf(buf, NAME_BUFFER_BYTES, "RESERVED%u", (unsigned)opcode);
        return buf;
    }
    return name;
}

/* The number a token stands for: a name of the table, or decimal digits. */
static bool read_mnemonic(const struct mnemonic *table, const struct dp_token *token, uint64_t max,
                          uint64_t *value)
{
    for (; table->name != NULL; table++) {
        if (dp_token_is(token, table->name)) {
            *value = table->number;
            return true;
        }
    }
    return dp_token_number(token, max, value);
}

/* "RESERVED12": a response code without a name. */
static bool read_reserved(const struct dp_token *token, uint64_t *value)
{
    static const char prefix[] = "RESERVED";
    const size_t skip = sizeof prefix - 1;
    const struct dp_token head = {.text = token->text, .size = skip < token->size ? skip : 0};
    const struct dp_token digits = {.text = token->text + head.size, .size = token->size - head.size};
    return dp_token_is(&head, prefix) && dp_token_number(&digits, BADSIG - 1, value);
}

enum dp_err dp_rcode_from_text(const char *text, uint16_t *rcode)
{
    static const char *const prefixes[] = {"RCODE", "RESERVED"};
    const struct dp_token token = {.text = text, .size = strlen(text)};
    uint64_t value = 0;
    bool known = read_mnemonic(rcodes, &token, 4095, &value);
    for (size_t i = 0; !known && i < sizeof prefixes / sizeof prefixes[0]; i++) {
        const size_t skip = strlen(prefixes[i]);
        const struct dp_token head = {.text = text, .size = skip < token.size ? skip : 0};
        const struct dp_token digits = {.text = text + head.size, .size = token.size - head.size};
        known = dp_token_is(&head, prefixes[i]) && dp_token_number(&digits, 4095, &value);
    }
    if (!known) {
        return DP_ERR_SYNTAX;
    }
    *rcode = (uint16_t)value;
    return DP_OK;
}

/* ---- RDATA kinds ---- */

static void print_mnemonic(struct dp_str *s, const struct mnemonic *table, unsigned number)
{
    const char *name = find(table, number);
    if (name != NULL) {
        dp_str_adds(s, name);
    } else {
        dp_str_addf(s, "%u", number);
    }
}

static enum dp_err parse_mnemonic(struct dp_rdata_text *text, struct dp_str *out,
                                  const struct mnemonic *table, unsigned width)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) ||
        !read_mnemonic(table, &token, (1u << (8 * width)) - 1, &value)) {
        return DP_ERR_SYNTAX;
    }
    dp_rdata_add_be(out, value, width);
    return DP_OK;
}

void dp_rdata_cert_type_print(struct dp_str *s, struct dp_cursor *c)
{
    print_mnemonic(s, cert_types, dp_cursor_u16(c, ""));
}

enum dp_err dp_rdata_cert_type_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_mnemonic(text, out, cert_types, 2);
}

void dp_rdata_algorithm_print(struct dp_str *s, struct dp_cursor *c)
{
    print_mnemonic(s, algorithms, dp_cursor_u8(c, ""));
}

enum dp_err dp_rdata_algorithm_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_mnemonic(text, out, algorithms, 1);
}

void dp_rdata_rcode_print(struct dp_str *s, struct dp_cursor *c)
{
    const uint16_t rcode = dp_cursor_u16(c, "");
    if (rcode > NOTZONE && rcode < BADSIG) { /* dig has the names of later headers for the header alone */
        dp_str_addf(s, "RESERVED%u", rcode);
    } else {
        print_mnemonic(s, rcode == BADSIG || rcode > BADTRUNC ? tsig_rcodes : rcodes, rcode);
    }
}

enum dp_err dp_rdata_rcode_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_rdata_text look = *text;
    struct dp_token token;
    uint64_t value = 0;
    const bool read = dp_token_next(&look.tokens, &token);
    if (read && read_reserved(&token, &value)) {
        *text = look;
        dp_rdata_add_be(out, value, 2);
        return DP_OK;
    }
    const bool badsig = read && dp_token_is(&token, tsig_rcodes[0].name);
    return parse_mnemonic(text, out, badsig ? tsig_rcodes : rcodes, 2);
}

void dp_rdata_dsync_print(struct dp_str *s, struct dp_cursor *c)
{
    print_mnemonic(s, dsync_schemes, dp_cursor_u8(c, ""));
}

enum dp_err dp_rdata_dsync_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    return parse_mnemonic(text, out, dsync_schemes, 1);
}

void dp_rdata_type_print(struct dp_str *s, struct dp_cursor *c)
{
    dp_rrtype_print(s, dp_cursor_u16(c, ""));
}

enum dp_err dp_rdata_type_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint16_t type = 0;
    if (!dp_token_next(&text->tokens, &token)) {
        return DP_ERR_SYNTAX;
    }
    const enum dp_err err = dp_rrtype_from_text(token.text, token.size, &type);
    if (err == DP_OK) {
        dp_rdata_add_be(out, type, 2);
    }
    return err;
}

void dp_rdata_add_old_type(struct dp_str *s, uint16_t type)
{
    if (dp_rrtype_by_number(type) != NULL) {
        dp_rrtype_print(s, type);
    } else {
        dp_str_addf(s, "%u", type);
    }
}

enum dp_err dp_rdata_read_old_type(const struct dp_token *token, uint16_t *type)
{
    uint64_t number = 0;
    if (dp_token_number(token, UINT16_MAX, &number)) {
        *type = (uint16_t)number;
        return DP_OK;
    }
    return dp_rrtype_from_text(token->text, token->size, type);
}

void dp_rdata_old_type_print(struct dp_str *s, struct dp_cursor *c)
{
    dp_rdata_add_old_type(s, dp_cursor_u16(c, ""));
}

enum dp_err dp_rdata_old_type_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint16_t type = 0;
    const enum dp_err err =
        dp_token_next(&text->tokens, &token) ? dp_rdata_read_old_type(&token, &type) : DP_ERR_SYNTAX;
    if (err == DP_OK) {
        dp_rdata_add_be(out, type, 2);
    }
    return err;
}

/* Seconds on a circle of 2^32 (RFC 4034, section 3.1.5): read as the moment within 68 years of the reference.
 * dig's reference is its clock; this room has none, so it is fixed, and both agree but for the ends of those
 * 136 years. */
#define TIME_REFERENCE_S INT64_C(1790000000) /* September 2026 */

void dp_rdata_time_print(struct dp_str *s, struct dp_cursor *c)
{
    const uint32_t circle = dp_cursor_u32(c, "");
    const time_t seconds = (time_t)(TIME_REFERENCE_S + (int32_t)(circle - (uint32_t)TIME_REFERENCE_S));
    struct tm tm;
    gmtime_r(&seconds, &tm);
    dp_str_addf(s, "%04d%02d%02d%02d%02d%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
                tm.tm_min, tm.tm_sec);
}

/* Fourteen digits of a date, else seconds since the epoch (RFC 4034, section 3.2). */
enum dp_err dp_rdata_time_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct dp_token token;
    uint64_t value = 0;
    if (!dp_token_next(&text->tokens, &token) || !dp_token_number(&token, UINT64_MAX, &value)) {
        return DP_ERR_SYNTAX;
    }
    if (token.size == 14) {
        const unsigned clock = (unsigned)(value % 1000000u);
        const unsigned date = (unsigned)(value / 1000000u);
        struct tm tm = {.tm_year = (int)(date / 10000) - 1900,
                        .tm_mon = (int)(date / 100 % 100) - 1,
                        .tm_mday = (int)(date % 100),
                        .tm_hour = (int)(clock / 10000),
                        .tm_min = (int)(clock / 100 % 100),
                        .tm_sec = (int)(clock % 100)};
        const struct tm asked = tm;
        const time_t seconds = timegm(&tm); /* normalises: a 31 April comes back as 1 May */
        if (tm.tm_mday != asked.tm_mday || tm.tm_mon != asked.tm_mon || tm.tm_hour != asked.tm_hour ||
            tm.tm_min != asked.tm_min || seconds < TIME_REFERENCE_S + INT32_MIN || seconds > UINT32_MAX) {
            return DP_ERR_SYNTAX;
        }
        value = (uint32_t)seconds;
    }
    if (value > UINT32_MAX) {
        return DP_ERR_RANGE;
    }
    dp_rdata_add_be(out, value, 4);
    return DP_OK;
}
