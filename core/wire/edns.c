/* SPDX-License-Identifier: MIT
 * EDNS options: one row of ednsopts.def each, with the function here that prints its data the way dig does.
 * Data that is too short for its option is printed as octets, so nothing that came is hidden. */
#include "wire/edns.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "wire/cursor.h"
#include "wire/name.h"

#define COOKIE_CLIENT_BYTES 8 /* RFC 7873, section 4 */

static void print_octets(struct dp_str *s, const struct dp_edns_option *option)
{
    for (size_t i = 0; i < option->size; i++) {
        dp_str_addf(s, i == 0 ? "%02x" : " %02x", option->data[i]);
    }
    if (option->size > 0) {
        dp_str_adds(s, " (\"");
        for (size_t i = 0; i < option->size; i++) {
            const uint8_t c = option->data[i];
            dp_str_addc(s, c >= 0x20 && c < 0x7f ? (char)c : '.');
        }
        dp_str_adds(s, "\")");
    }
}

static void print_llq(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_cursor c;
    dp_cursor_init(&c, option->data, option->size);
    if (option->size != 18) {
        print_octets(s, option);
        return;
    }
    dp_str_addf(s, "Version: %u", dp_cursor_u16(&c, ""));
    dp_str_addf(s, ", Opcode: %u", dp_cursor_u16(&c, ""));
    dp_str_addf(s, ", Error: %u", dp_cursor_u16(&c, ""));
    const uint64_t high = dp_cursor_u32(&c, "");
    dp_str_addf(s, ", Identifier: %llu", (unsigned long long)(high << 32 | dp_cursor_u32(&c, "")));
    dp_str_addf(s, ", Lifetime: %u", (unsigned)dp_cursor_u32(&c, ""));
}

static void print_ecs(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_ecs ecs;
    char text[INET6_ADDRSTRLEN];
    if (!dp_ecs_read(option, &ecs)) {
        print_octets(s, option);
        return;
    }
    if (ecs.family == 0) {
        dp_str_addf(s, "0/%u/%u", ecs.source_prefix, ecs.scope_prefix);
        return;
    }
    inet_ntop(ecs.family == 1 ? AF_INET : AF_INET6, ecs.address, text, sizeof text);
    dp_str_addf(s, "%s/%u/%u", text, ecs.source_prefix, ecs.scope_prefix);
}

/* Seconds as dig spells them behind EXPIRE: "1209600 (2 weeks)". */
static void print_expire(struct dp_str *s, const struct dp_edns_option *option)
{
    static const struct {
        const char *name;
        uint32_t seconds;
    } units[] = {{"week", 604800}, {"day", 86400}, {"hour", 3600}, {"minute", 60}, {"second", 1}};
    struct dp_cursor c;
    dp_cursor_init(&c, option->data, option->size);
    uint32_t left = dp_cursor_u32(&c, "");
    if (option->size != 4) {
        print_octets(s, option);
        return;
    }
    dp_str_addf(s, "%u (", (unsigned)left);
    const char *gap = "";
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        const uint32_t n = left / units[i].seconds;
        left %= units[i].seconds;
        if (n > 0 || (units[i].seconds == 1 && gap[0] == '\0')) {
            dp_str_addf(s, "%s%u %s%s", gap, (unsigned)n, units[i].name, n == 1 ? "" : "s");
            gap = " ";
        }
    }
    dp_str_addc(s, ')');
}

/* dig adds what it made of the cookie, "(good)";
 * that is a judgement on the query, which is not known here. */
static void print_cookie(struct dp_str *s, const struct dp_edns_option *option)
{
    dp_str_add_hex(s, option->data, option->size, false);
}

static void print_keepalive(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_cursor c;
    dp_cursor_init(&c, option->data, option->size);
    const unsigned tenths = dp_cursor_u16(&c, "");
    if (option->size == 2) {
        dp_str_addf(s, "%u.%u secs", tenths / 10, tenths % 10);
    } else {
        print_octets(s, option);
    }
}

static void print_padding(struct dp_str *s, const struct dp_edns_option *option)
{
    dp_str_addf(s, "(%u bytes)", option->size);
}

static void print_key_tags(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_cursor c;
    dp_cursor_init(&c, option->data, option->size);
    if (option->size % 2 != 0 || option->size == 0) {
        print_octets(s, option);
        return;
    }
    for (const char *gap = ""; dp_cursor_left(&c) > 0; gap = ", ") {
        dp_str_addf(s, "%s%u", gap, dp_cursor_u16(&c, ""));
    }
}

static void print_tag(struct dp_str *s, const struct dp_edns_option *option)
{
    if (option->size == 2) {
        dp_str_addf(s, "%u", (unsigned)(option->data[0] << 8 | option->data[1]));
    } else {
        print_octets(s, option);
    }
}

static void print_ede(struct dp_str *s, const struct dp_edns_option *option)
{
    uint16_t code = 0;
    const char *text = NULL;
    size_t size = 0;
    if (!dp_ede_read(option, &code, &text, &size)) {
        print_octets(s, option);
        return;
    }
    dp_str_addf(s, "%u", code);
    if (dp_ede_name(code) != NULL) {
        dp_str_addf(s, " (%s)", dp_ede_name(code));
    }
    if (size > 0) {
        dp_str_adds(s, ": (");
        dp_escape_terminal(s, text, size);
        dp_str_addc(s, ')');
    }
}

/* A domain name and nothing else: CHAIN (RFC 7901, section 5), REPORT-CHANNEL (RFC 9567, section 5). */
static void print_name(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_cursor c;
    struct dp_name name;
    dp_cursor_init(&c, option->data, option->size);
    dp_name_read_plain(&c, &name, "");
    if (!dp_cursor_ok(&c) || dp_cursor_left(&c) > 0) {
        print_octets(s, option);
        return;
    }
    dp_name_print(s, &name);
}

/* Labels of the zone's name, type of version, version; type 0 is the SOA serial (RFC 9660, section 2). */
static void print_zoneversion(struct dp_str *s, const struct dp_edns_option *option)
{
    struct dp_cursor c;
    dp_cursor_init(&c, option->data, option->size);
    const unsigned labels = dp_cursor_u8(&c, "");
    const unsigned type = dp_cursor_u8(&c, "");
    const unsigned serial = (unsigned)dp_cursor_u32(&c, "");
    if (!dp_cursor_ok(&c) || dp_cursor_left(&c) > 0 || type != 0) {
        print_octets(s, option);
        return;
    }
    dp_str_addf(s, "SOA-SERIAL %u (zone of %u label%s)", serial, labels, labels == 1 ? "" : "s");
}

static const struct {
    uint16_t code;
    const char *name;
    void (*print)(struct dp_str *s, const struct dp_edns_option *option);
} options[] = {
#define DP_EDNSOPT(symbol, code, name, rfc, print) {code, name, print},
#include "wire/ednsopts.def"
#undef DP_EDNSOPT
};

#define N_OPTIONS (sizeof options / sizeof options[0])

const char *dp_edns_option_name(uint16_t code, char *buf)
{
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (options[i].code == code) {
            return options[i].name;
        }
    }
    snprintf(buf, 16, "OPT%u", (unsigned)code);
    return buf;
}

void dp_edns_option_print(struct dp_str *s, const struct dp_edns_option *option)
{
    void (*print)(struct dp_str *, const struct dp_edns_option *) = print_octets;
    const char *name = NULL;
    for (size_t i = 0; i < N_OPTIONS; i++) {
        if (options[i].code == option->code && options[i].print != NULL) {
            name = options[i].name;
            print = options[i].print;
        }
    }
    if (name != NULL) {
        dp_str_adds(s, name);
    } else {
        dp_str_addf(s, "OPT=%u", option->code);
    }
    dp_str_addc(s, ':');
    if (option->size > 0) {
        dp_str_addc(s, ' ');
        print(s, option);
    }
}

const char *dp_ede_name(uint16_t info_code)
{
    static const char *const names[] = {
#define DP_EDE(code, name, rfc) [code] = (name),
#include "wire/ednsopts.def"
#undef DP_EDE
    };
    return info_code < sizeof names / sizeof names[0] ? names[info_code] : NULL;
}

bool dp_ede_read(const struct dp_edns_option *option, uint16_t *info_code, const char **text,
                 size_t *text_bytes)
{
    if (option->size < 2) {
        return false;
    }
    *info_code = (uint16_t)((unsigned)option->data[0] << 8 | option->data[1]);
    *text = (const char *)option->data + 2;
    *text_bytes = option->size - 2u;
    if (*text_bytes > 0 && (*text)[*text_bytes - 1] == '\0') { /* RFC 8914, section 2: NUL may be there */
        --*text_bytes;
    }
    return true;
}

/* Octets that a prefix takes on the wire (RFC 7871, section 6). */
static size_t prefix_bytes(unsigned prefix)
{
    return (prefix + 7) / 8;
}

bool dp_ecs_read(const struct dp_edns_option *option, struct dp_ecs *ecs)
{
    struct dp_cursor c;
    struct dp_ecs read = {0};
    dp_cursor_init(&c, option->data, option->size);
    read.family = dp_cursor_u16(&c, "FAMILY");
    read.source_prefix = dp_cursor_u8(&c, "SOURCE PREFIX-LENGTH");
    read.scope_prefix = dp_cursor_u8(&c, "SCOPE PREFIX-LENGTH");
    const unsigned most = read.family == 1 ? 32 : read.family == 2 ? 128 : 0;
    const size_t size = prefix_bytes(read.source_prefix);
    if (read.family > 2 || read.source_prefix > most || read.scope_prefix > most ||
        dp_cursor_left(&c) != size) {
        return false;
    }
    const uint8_t *address = dp_cursor_bytes(&c, size, "ADDRESS");
    if (address == NULL) {
        return false;
    }
    memcpy(read.address, address, size);
    *ecs = read;
    return true;
}

size_t dp_ecs_write(const struct dp_ecs *ecs, uint8_t out[20])
{
    const unsigned most = ecs->family == 1 ? 32 : 128;
    const unsigned prefix = ecs->source_prefix < most ? ecs->source_prefix : most;
    const size_t size = prefix_bytes(prefix);
    out[0] = (uint8_t)(ecs->family >> 8);
    out[1] = (uint8_t)ecs->family;
    out[2] = (uint8_t)prefix;
    out[3] = ecs->scope_prefix;
    memcpy(out + 4, ecs->address, size);
    if (prefix % 8 != 0) { /* bits behind the prefix are zero */
        out[3 + size] = (uint8_t)(out[3 + size] & 0xffu << (8 - prefix % 8));
    }
    return 4 + size;
}
