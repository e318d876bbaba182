/* SPDX-License-Identifier: MIT
 * Growable byte string for building text and wire bytes. The error is sticky: append freely,
 * check once with dp_str_ok. Always NUL-terminated behind its length. */
#ifndef DP_BASE_STR_H
#define DP_BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dp_str {
    char *data; /* NULL until the first append */
    size_t len_bytes;
    size_t cap_bytes;
    size_t limit_bytes; /* 0: no limit */
    bool failed;        /* out of memory or over the limit: appends are no-ops since */
};

void dp_str_init(struct dp_str *s, size_t limit_bytes);
void dp_str_fini(struct dp_str *s);
void dp_str_clear(struct dp_str *s); /* empty, keeps the memory, forgets a failure */
bool dp_str_ok(const struct dp_str *s);
const char *
dp_str_text(const struct dp_str *s); /* "" when nothing was appended; borrowed until the next append */

void dp_str_add(struct dp_str *s, const void *data, size_t size_bytes);
void dp_str_adds(struct dp_str *s, const char *text);
void dp_str_addc(struct dp_str *s, char c);
void dp_str_addf(struct dp_str *s, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Encodings of RFC 4648: base16 in lower or upper case, base64 (with padding), base32hex (upper
 * case, without padding, as NSEC3 prints it: RFC 5155, section 3.3). */
void dp_str_add_hex(struct dp_str *s, const uint8_t *data, size_t size_bytes, bool upper);
void dp_str_add_base64(struct dp_str *s, const uint8_t *data, size_t size_bytes);
void dp_str_add_base32hex(struct dp_str *s, const uint8_t *data, size_t size_bytes);

/* Four octets as "192.0.2.1" into `out`, which is returned: what inet_ntop(3) does by way of sprintf. */
#define DP_IPV4_TEXT_BYTES 16
char *dp_str_ipv4(const uint8_t ip[4], char out[DP_IPV4_TEXT_BYTES]);

#endif
