/* SPDX-License-Identifier: MIT
 * Fields whose octets are bound by a rule: sizes of digests, empty keys, digits, substitution expressions.
 * Each rule is one by which dig 9.18, and so every resolver of that family, calls the whole message
 * malformed: clients behind it get SERVFAIL. RDATA that breaks one has no text that could be read back. */
#include "wire/rdata_kind.h"

#define SHA1_BYTES          20u
#define SHA256_BYTES        32u
#define SHA384_BYTES        48u
#define SHA512_BYTES        64u
#define ZONEMD_MIN_BYTES    12u /* RFC 8976, section 2.2.4 */
#define NSEC3_SHA1          1   /* RFC 5155, section 11 */
#define NSEC3_MAX_BYTES     39u /* in base32 it has to fit a label */
#define ALG_PRIVATEDNS      253
#define RRSIG_LABELS_OFFSET 3
#define FLAGS_NOKEY         0xc0u /* in the first octet of KEY (RFC 2535, section 3.1.2) */
#define PSDN_MIN_BYTES      4u /* an X.121 address begins with a code of four digits (RFC 1183, section 3.1) */
#define GATEWAY_KNOWN       3  /* RFC 4025, section 2.3 */

static void fail(struct dp_rdata_scan *scan, enum dp_err err, const char *field)
{
    if (dp_cursor_ok(&scan->c)) {
        dp_cursor_fail(&scan->c, err, field);
    }
}

/* To the end, where `least` to `most` octets may be. */
static void scan_sized(struct dp_rdata_scan *scan, size_t least, size_t most, const char *field)
{
    const size_t left = dp_cursor_left(&scan->c);
    if (left < least || left > most) {
        fail(scan, DP_ERR_RDLENGTH, field);
        return;
    }
    dp_rdata_scan_rest(scan, field);
}

void dp_rdata_some_scan(struct dp_rdata_scan *scan, const char *field)
{
    scan_sized(scan, 1, SIZE_MAX, field);
}

/* The octet in front of the field, which says what the field is; its own scan has read it. */
static unsigned octet_before(const struct dp_rdata_scan *scan)
{
    return dp_cursor_ok(&scan->c) && scan->c.offset > scan->start ? scan->c.data[scan->c.offset - 1] : 0u;
}

/* DS and its kin (RFC 4034, section 5.1.3; RFC 4509; RFC 6605). */
void dp_rdata_digest_scan(struct dp_rdata_scan *scan, const char *field)
{
    static const size_t bytes[] = {[1] = SHA1_BYTES, [2] = SHA256_BYTES, [4] = SHA384_BYTES};
    const unsigned type = octet_before(scan);
    const size_t size = type < sizeof bytes / sizeof bytes[0] ? bytes[type] : 0;
    scan_sized(scan, size > 0 ? size : 1, size > 0 ? size : SIZE_MAX, field);
}

/* SSHFP (RFC 4255, section 3.1.2; RFC 6594). */
void dp_rdata_fingerprint_scan(struct dp_rdata_scan *scan, const char *field)
{
    const unsigned type = octet_before(scan);
    const size_t size = type == 1 ? SHA1_BYTES : type == 2 ? SHA256_BYTES : 0;
    scan_sized(scan, size, size > 0 ? size : SIZE_MAX, field);
}

/* ZONEMD (RFC 8976, section 2.2.4). */
void dp_rdata_zone_digest_scan(struct dp_rdata_scan *scan, const char *field)
{
    const unsigned type = octet_before(scan);
    const size_t size = type == 1 ? SHA384_BYTES : type == 2 ? SHA512_BYTES : 0;
    scan_sized(scan, size > 0 ? size : ZONEMD_MIN_BYTES, size > 0 ? size : SIZE_MAX, field);
}

/* The hash of NSEC3 is never empty, that of its only algorithm is SHA-1's (RFC 5155, section 3.1.7). */
void dp_rdata_hashed_owner_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const size_t size = dp_cursor_u8(&look, field);
    const bool sha1 = scan->c.data[scan->start] == NSEC3_SHA1;
    if (dp_cursor_ok(&look) && (sha1 ? size != SHA1_BYTES : size == 0 || size > NSEC3_MAX_BYTES)) {
        fail(scan, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, size + 1, field);
}

/* A key or signature is not empty; of a private algorithm it begins with the name of its owner (RFC 4034,
 * appendix A.1.1). */
static void scan_of_algorithm(struct dp_rdata_scan *scan, unsigned algorithm, const char *field)
{
    if (algorithm == ALG_PRIVATEDNS) {
        struct dp_cursor look = scan->c;
        struct dp_name name;
        dp_name_read_plain(&look, &name, field);
        if (!dp_cursor_ok(&look)) {
            fail(scan, DP_ERR_RDATA, field);
        }
    }
    dp_rdata_some_scan(scan, field);
}

void dp_rdata_public_key_scan(struct dp_rdata_scan *scan, const char *field)
{
    scan_of_algorithm(scan, octet_before(scan), field);
}

/* KEY may say that there is none. */
void dp_rdata_old_key_scan(struct dp_rdata_scan *scan, const char *field)
{
    if (dp_cursor_ok(&scan->c) && (scan->c.data[scan->start] & FLAGS_NOKEY) == FLAGS_NOKEY) {
        scan_sized(scan, 0, 0, field);
    } else {
        dp_rdata_public_key_scan(scan, field);
    }
}

/* The signer of RRSIG is at the owner or above it: it has no more labels than were signed (RFC 4034, sections
 * 3.1.3 and 3.1.7). */
void dp_rdata_signer_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    struct dp_name name;
    dp_name_read(&look, &name, field);
    if (dp_cursor_ok(&look) && dp_name_labels(&name) > scan->c.data[scan->start + RRSIG_LABELS_OFFSET]) {
        fail(scan, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_name(scan, field);
}

/* Flags that are kept for later (RKEY). */
void dp_rdata_zero16_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    if (dp_cursor_u16(&look, field) != 0) {
        fail(scan, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, 2, field);
}

/* X25: a string of digits. */
void dp_rdata_psdn_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const size_t size = dp_cursor_u8(&look, field);
    const uint8_t *digits = dp_cursor_bytes(&look, size, field);
    bool good = size >= PSDN_MIN_BYTES;
    for (size_t i = 0; digits != NULL && i < size; i++) {
        good = good && digits[i] >= '0' && digits[i] <= '9';
    }
    if (dp_cursor_ok(&look) && !good) {
        fail(scan, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, size + 1, field);
}

/* ISDN: an address, and perhaps a subaddress (RFC 1183, section 3.2). */
void dp_rdata_isdn_scan(struct dp_rdata_scan *scan, const char *field)
{
    for (int i = 0; i == 0 || (i == 1 && dp_cursor_ok(&scan->c) && dp_cursor_left(&scan->c) > 0); i++) {
        struct dp_cursor look = scan->c;
        dp_rdata_scan_copy(scan, dp_cursor_u8(&look, field) + 1u, field);
    }
}

/* IPSECKEY: of a gateway in an unknown form neither its end nor the key can be found. */
void dp_rdata_ipsec_gateway_scan(struct dp_rdata_scan *scan, const char *field)
{
    if (dp_cursor_ok(&scan->c) && scan->c.data[scan->start + 1] > GATEWAY_KNOWN) {
        fail(scan, DP_ERR_RDATA, field);
        return;
    }
    dp_rdata_gateway_scan(scan, field);
}

/* NAPTR's substitution expression (RFC 3402, section 3.2): delimiter, expression, delimiter, replacement,
 * delimiter, flags. The only flag is "i"; digits, that flag and the backslash delimit nothing; a replacement
 * refers to no more groups than the expression has.
 * Whether the expression itself is a good one is not seen. */
static bool substitution_is_good(const uint8_t *text, size_t size)
{
    enum { EXPRESSION, REPLACEMENT, FLAGS } part = EXPRESSION;
    const uint8_t delimiter = text[0];
    unsigned groups = 0;
    if (delimiter == 0 || delimiter == 'i' || delimiter == '\\' || (delimiter >= '0' && delimiter <= '9')) {
        return false;
    }
    for (size_t i = 1; i < size; i++) {
        uint8_t c = text[i];
        if (c == 0 || (part == FLAGS && c != 'i')) {
            return false;
        }
        if (c == delimiter) {
            part = part == EXPRESSION ? REPLACEMENT : FLAGS;
        } else if (c == '\\') {
            c = ++i < size ? text[i] : 0;
            if (c == 0 ||
                (part == REPLACEMENT && c >= '0' && c <= '9' && (c == '0' || c - '0' > (int)groups))) {
                return false;
            }
        } else if (part == EXPRESSION && c == '(') {
            groups++;
        }
    }
    return part == FLAGS;
}

void dp_rdata_regexp_scan(struct dp_rdata_scan *scan, const char *field)
{
    struct dp_cursor look = scan->c;
    const size_t size = dp_cursor_u8(&look, field);
    const uint8_t *text = dp_cursor_bytes(&look, size, field);
    if (text != NULL && size > 0 && !substitution_is_good(text, size)) {
        fail(scan, DP_ERR_RDATA, field);
    }
    dp_rdata_scan_copy(scan, size + 1, field);
}
