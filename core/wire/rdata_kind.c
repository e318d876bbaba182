/* SPDX-License-Identifier: MIT
 * The table of field kinds, and how the plain ones are scanned. Their text is in rdata_print.c and
 * rdata_parse.c; kinds with a grammar of their own (type bitmaps, SVCB parameters, LOC, ...) are in
 * rdata_bitmap.c, rdata_svcb.c, rdata_loc.c and rdata_odd.c. */
#include "wire/rdata_kind.h"

#include <string.h>

/* ---- scanning ---- */

static void scan_emit(struct dp_rdata_scan *scan, const uint8_t *data, size_t size_bytes)
{
    if (scan->len < scan->cap && size_bytes <= scan->cap - scan->len && size_bytes > 0) {
        memmove(scan->out + scan->len, data, size_bytes); /* not memcpy: see copy_label in name.c */
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

void dp_rdata_scan_opaque(struct dp_rdata_scan *scan, const char *field)
{
    scan->opaque = true;
    dp_rdata_scan_rest(scan, field);
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

/* ---- the table ---- */

/* Versions of clang-format lay out such macros in different ways. */
/* clang-format off */
#define NUMBER(octets, printer, parser)                                                                      \
    {.width = (octets), .is_number = true, .print = (printer), .parse = (parser)}
#define FIXED(octets, printer, parser) {.width = (octets), .print = (printer), .parse = (parser)}
#define FREE(scanner, printer, parser) {.scan = (scanner), .print = (printer), .parse = (parser)}
#define SPLIT(scanner, printer, parser)                                                                      \
    {.scan = (scanner), .print = (printer), .parse = (parser), .is_split = true}
#define SIZED(printer)                                                                                       \
    {.scan = scan_len16, .print = (printer), .parse = dp_rdata_parse_base64_len16, .is_split = true}
/* clang-format on */

static const struct dp_rdata_kind_ops kinds[DP_RDATA_KIND_COUNT_] = {
    [DP_RDATA_U8] = NUMBER(1, dp_rdata_print_u8, dp_rdata_parse_u8),
    [DP_RDATA_U16] = NUMBER(2, dp_rdata_print_u16, dp_rdata_parse_u16),
    [DP_RDATA_U32] = NUMBER(4, dp_rdata_print_u32, dp_rdata_parse_u32),
    [DP_RDATA_TTL] = NUMBER(4, dp_rdata_print_u32, dp_rdata_parse_ttl),
    [DP_RDATA_OCTAL16] = FIXED(2, dp_rdata_print_octal16, dp_rdata_parse_octal16),
    [DP_RDATA_TIME] = FIXED(4, dp_rdata_time_print, dp_rdata_time_parse),
    [DP_RDATA_TYPE] = FIXED(2, dp_rdata_type_print, dp_rdata_type_parse),
    [DP_RDATA_OLD_TYPE] = FIXED(2, dp_rdata_old_type_print, dp_rdata_old_type_parse),
    [DP_RDATA_ALGORITHM] = NUMBER(1, dp_rdata_print_u8, dp_rdata_algorithm_parse),
    [DP_RDATA_A] = FIXED(4, dp_rdata_print_a, dp_rdata_parse_a),
    [DP_RDATA_AAAA] = FIXED(16, dp_rdata_print_aaaa, dp_rdata_parse_aaaa),
    [DP_RDATA_NAME_COMPRESSED] = FREE(dp_rdata_scan_name, dp_rdata_print_name, dp_rdata_parse_name),
    [DP_RDATA_NAME] = FREE(dp_rdata_scan_name, dp_rdata_print_name, dp_rdata_parse_name),
    [DP_RDATA_STRING] = FREE(scan_len8, dp_rdata_print_string, dp_rdata_parse_string),
    [DP_RDATA_STRINGS] = FREE(scan_strings, dp_rdata_print_strings, dp_rdata_parse_strings),
    [DP_RDATA_TEXT_REST] = FREE(dp_rdata_scan_rest, dp_rdata_print_text_rest, dp_rdata_parse_text_rest),
    [DP_RDATA_TAG] = FREE(scan_tag, dp_rdata_print_tag, dp_rdata_parse_string),
    [DP_RDATA_HEX_REST] = SPLIT(dp_rdata_some_scan, dp_rdata_print_hex_rest, dp_rdata_parse_hex_rest),
    [DP_RDATA_BASE64_REST] =
        SPLIT(dp_rdata_some_scan, dp_rdata_print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_BASE64_ANY] = SPLIT(dp_rdata_scan_rest, dp_rdata_print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_DIGEST] = SPLIT(dp_rdata_digest_scan, dp_rdata_print_hex_rest, dp_rdata_parse_hex_rest),
    [DP_RDATA_FINGERPRINT] =
        SPLIT(dp_rdata_fingerprint_scan, dp_rdata_print_hex_rest, dp_rdata_parse_hex_rest),
    [DP_RDATA_ZONE_DIGEST] =
        SPLIT(dp_rdata_zone_digest_scan, dp_rdata_print_hex_rest, dp_rdata_parse_hex_rest),
    [DP_RDATA_PUBLIC_KEY] =
        SPLIT(dp_rdata_public_key_scan, dp_rdata_print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_OLD_KEY] = SPLIT(dp_rdata_old_key_scan, dp_rdata_print_base64_rest, dp_rdata_parse_base64_rest),
    [DP_RDATA_SIGNER] = FREE(dp_rdata_signer_scan, dp_rdata_print_name, dp_rdata_parse_name),
    [DP_RDATA_ZERO16] = {.is_number = true,
                         .scan = dp_rdata_zero16_scan,
                         .print = dp_rdata_print_u16,
                         .parse = dp_rdata_parse_u16},
    [DP_RDATA_PSDN] = FREE(dp_rdata_psdn_scan, dp_rdata_print_string, dp_rdata_parse_string),
    [DP_RDATA_ISDN] = FREE(dp_rdata_isdn_scan, dp_rdata_print_strings, dp_rdata_parse_strings),
    [DP_RDATA_REGEXP] = FREE(dp_rdata_regexp_scan, dp_rdata_print_string, dp_rdata_parse_string),
    [DP_RDATA_HEX_LEN8] = FREE(scan_len8, dp_rdata_print_hex_len8, dp_rdata_parse_hex_len8),
    [DP_RDATA_BASE32HEX_LEN8] =
        FREE(dp_rdata_hashed_owner_scan, dp_rdata_print_base32hex_len8, dp_rdata_parse_base32hex_len8),
    [DP_RDATA_TYPE_BITMAP] = FREE(dp_rdata_bitmap_scan, dp_rdata_bitmap_print, dp_rdata_bitmap_parse),
    [DP_RDATA_TYPES_SOME] = FREE(dp_rdata_types_some_scan, dp_rdata_bitmap_print, dp_rdata_bitmap_parse),
    [DP_RDATA_SVC_PARAMS] = FREE(dp_rdata_svcb_scan, dp_rdata_svcb_print, dp_rdata_svcb_parse),
    [DP_RDATA_LOC] = FREE(dp_rdata_loc_scan, dp_rdata_loc_print, dp_rdata_loc_parse),
    [DP_RDATA_NAMES] = FREE(scan_names, dp_rdata_print_names, dp_rdata_parse_names),
    [DP_RDATA_U48] = FIXED(6, dp_rdata_print_u48, dp_rdata_parse_u48),
    [DP_RDATA_EUI48] = FIXED(6, dp_rdata_print_eui48, dp_rdata_parse_eui48),
    [DP_RDATA_EUI64] = FIXED(8, dp_rdata_print_eui64, dp_rdata_parse_eui64),
    [DP_RDATA_ILNP64] = FIXED(8, dp_rdata_print_ilnp64, dp_rdata_parse_ilnp64),
    [DP_RDATA_NSAP] = FREE(dp_rdata_some_scan, dp_rdata_print_nsap, dp_rdata_parse_nsap),
    [DP_RDATA_BASE64_WHOLE] =
        FREE(dp_rdata_scan_rest, dp_rdata_print_base64_whole, dp_rdata_parse_base64_whole),
    [DP_RDATA_BASE64_LEN16] = SIZED(dp_rdata_print_base64_len16),
    [DP_RDATA_BASE64_END16] = SIZED(dp_rdata_print_base64_end16),
    [DP_RDATA_CERT_TYPE] = FIXED(2, dp_rdata_cert_type_print, dp_rdata_cert_type_parse),
    [DP_RDATA_SEC_ALGORITHM] = FIXED(1, dp_rdata_algorithm_print, dp_rdata_algorithm_parse),
    [DP_RDATA_RCODE] = FIXED(2, dp_rdata_rcode_print, dp_rdata_rcode_parse),
    [DP_RDATA_DSYNC_SCHEME] = FIXED(1, dp_rdata_dsync_print, dp_rdata_dsync_parse),
    [DP_RDATA_TOP_BIT] = {.is_number = true,
                          .scan = scan_top_bit,
                          .print = dp_rdata_print_top_bit,
                          .parse = dp_rdata_parse_top_bit},
    [DP_RDATA_LOW_BITS] = NUMBER(1, dp_rdata_print_low_bits, dp_rdata_parse_low_bits),
    [DP_RDATA_GATEWAY] = FREE(dp_rdata_gateway_scan, dp_rdata_gateway_print, dp_rdata_gateway_parse),
    [DP_RDATA_IPSEC_GATEWAY] =
        FREE(dp_rdata_ipsec_gateway_scan, dp_rdata_gateway_print, dp_rdata_gateway_parse),
    [DP_RDATA_ATMA] = FREE(dp_rdata_atma_scan, dp_rdata_atma_print, dp_rdata_atma_parse),
    [DP_RDATA_HIP] = FREE(dp_rdata_hip_scan, dp_rdata_hip_print, dp_rdata_hip_parse),
    [DP_RDATA_APL] = FREE(dp_rdata_apl_scan, dp_rdata_apl_print, dp_rdata_apl_parse),
    [DP_RDATA_A6] = FREE(dp_rdata_a6_scan, dp_rdata_a6_print, dp_rdata_a6_parse),
    [DP_RDATA_NXT_BITMAP] = FREE(dp_rdata_nxt_scan, dp_rdata_nxt_print, dp_rdata_nxt_parse),
    [DP_RDATA_WKS] = FREE(dp_rdata_wks_scan, dp_rdata_wks_print, dp_rdata_wks_parse),
};

const struct dp_rdata_kind_ops *dp_rdata_kind_ops(enum dp_rdata_kind kind)
{
    return &kinds[kind];
}
