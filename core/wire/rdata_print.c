/* SPDX-License-Identifier: MIT
 * Printing the plain kinds of RDATA fields the way dig does. The octets were checked before, so a cursor
 * cannot fail. */
#include "wire/rdata_kind.h"

#include <arpa/inet.h>
#include <string.h>

void dp_rdata_print_u8(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u8(c, ""));
}

void dp_rdata_print_u16(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u16(c, ""));
}

void dp_rdata_print_octal16(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%o", dp_cursor_u16(c, ""));
}

void dp_rdata_print_u32(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", (unsigned)dp_cursor_u32(c, ""));
}

void dp_rdata_print_u48(struct dp_str *s, struct dp_cursor *c)
{
    const uint64_t high = dp_cursor_u16(c, "");
    dp_str_addf(s, "%llu", (unsigned long long)(high << 32 | dp_cursor_u32(c, "")));
}

void dp_rdata_print_top_bit(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addc(s, (c->data[c->offset] & 0x80) != 0 ? '1' : '0');
}

void dp_rdata_print_low_bits(struct dp_str *s, struct dp_cursor *c)
{
    dp_str_addf(s, "%u", dp_cursor_u8(c, "") & 0x7fu);
}

void dp_rdata_print_a(struct dp_str *s, struct dp_cursor *c)
{
    char text[DP_IPV4_TEXT_BYTES];
    const uint8_t *p = dp_cursor_bytes(c, 4, "");
    if (p != NULL) {
        dp_str_adds(s, dp_str_ipv4(p, text));
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

void dp_rdata_print_names(struct dp_str *s, struct dp_cursor *c)
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

void dp_rdata_print_string(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_str_addc(s, '"');
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
    dp_str_addc(s, '"');
}

void dp_rdata_print_strings(struct dp_str *s, struct dp_cursor *c)
{
    for (const char *gap = ""; dp_cursor_left(c) > 0; gap = " ") {
        dp_str_adds(s, gap);
        dp_rdata_print_string(s, c);
    }
}

void dp_rdata_print_text_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_addc(s, '"');
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
    dp_str_addc(s, '"');
}

void dp_rdata_print_tag(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_rdata_print_text(s, dp_cursor_bytes(c, size, ""), size);
}

void dp_rdata_print_hex_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, true);
}

void dp_rdata_print_nsap(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_adds(s, "0x");
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, false);
}

void dp_rdata_print_base64_rest(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_left(c);
    dp_str_add_base64(s, dp_cursor_bytes(c, size, ""), size);
}

void dp_rdata_print_base64_whole(struct dp_str *s, struct dp_cursor *c)
{
    if (dp_cursor_left(c) == 0) {
        dp_str_addc(s, '-');
    }
    dp_rdata_print_base64_rest(s, c);
}

void dp_rdata_print_hex_len8(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    if (size == 0) {
        dp_str_addc(s, '-');
    }
    dp_str_add_hex(s, dp_cursor_bytes(c, size, ""), size, true);
}

void dp_rdata_print_base32hex_len8(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u8(c, "");
    dp_str_add_base32hex(s, dp_cursor_bytes(c, size, ""), size);
}

/* The blank behind the size stays when nothing follows: so dig prints it. */
void dp_rdata_print_base64_len16(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u16(c, "");
    dp_str_addf(s, "%zu ", size);
    dp_str_add_base64(s, dp_cursor_bytes(c, size, ""), size);
}

/* The same for the MAC of TSIG and at the end of TKEY, where dig leaves that blank out. */
void dp_rdata_print_base64_end16(struct dp_str *s, struct dp_cursor *c)
{
    const size_t size = dp_cursor_u16(c, "");
    dp_str_addf(s, size > 0 ? "%zu " : "%zu", size);
    dp_str_add_base64(s, dp_cursor_bytes(c, size, ""), size);
}

/* `size_bytes` octets as hex pairs or quads with a separator. */
static void print_grouped(struct dp_str *s, struct dp_cursor *c, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        dp_str_addf(s, i == 0 ? "%02x" : "-%02x", dp_cursor_u8(c, ""));
    }
}

void dp_rdata_print_eui48(struct dp_str *s, struct dp_cursor *c)
{
    print_grouped(s, c, 6);
}

void dp_rdata_print_eui64(struct dp_str *s, struct dp_cursor *c)
{
    print_grouped(s, c, 8);
}

void dp_rdata_print_ilnp64(struct dp_str *s, struct dp_cursor *c)
{
    for (size_t i = 0; i < 4; i++) {
        dp_str_addf(s, i == 0 ? "%x" : ":%x", dp_cursor_u16(c, ""));
    }
}
