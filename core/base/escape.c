/* SPDX-License-Identifier: MIT
 * One pass over the bytes: a well-formed and printable UTF-8 sequence is copied, any other byte is
 * written as \DDD. Well-formed is RFC 3629, section 4 (no overlong forms, no surrogates). */
#include "base/escape.h"

/* Length of the well-formed sequence at p (of `left` bytes), its code point in *cp; 0 if none. */
static size_t utf8_sequence(const uint8_t *p, size_t left, uint32_t *cp)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
    if (p[0] >= 0xf8 || (p[0] >= 0x80 && p[0] < 0xc2) || n > left) {
        return 0;
    }
    uint32_t value = n == 1 ? p[0] : p[0] & (0x7fu >> n);
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (p[i] & 0x3fu);
    }
    if (n > 1 && (value < least[n] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff))) {
        return 0;
    }
    *cp = value;
    return n;
}

/* Controls, characters that reorder or hide text on a terminal (Unicode TR 36, section 2.10), and the code
 * points that are no characters (Unicode, section 23.7): XML has no U+FFFE and U+FFFF, HTML calls all of them
 * an error. */
static bool harmful(uint32_t cp)
{
    return cp < 0x20 || (cp >= 0x7f && cp < 0xa0) || cp == 0xad || cp == 0x61c ||
           (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x2028 && cp <= 0x202e) ||
           (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfff9 && cp <= 0xfffb) ||
           (cp >= 0xe0000 && cp <= 0xe0fff) || (cp >= 0xfdd0 && cp <= 0xfdef) || (cp & 0xfffe) == 0xfffe;
}

size_t dp_escape_kept(const uint8_t *data, size_t left_bytes)
{
    uint32_t cp = 0;
    const size_t n = utf8_sequence(data, left_bytes, &cp);
    return n > 0 && !harmful(cp) ? n : 0;
}

void dp_escape_terminal(struct dp_str *s, const void *data, size_t size_bytes)
{
    const uint8_t *p = data;
    while (size_bytes > 0) {
        size_t n = dp_escape_kept(p, size_bytes);
        if (n > 0) {
            dp_str_add(s, p, n);
        } else {
            dp_str_addf(s, "\\%03u",
                        (unsigned)p[0]); /* the bytes behind it are none of a sequence, and follow */
            n = 1;
        }
        p += n;
        size_bytes -= n;
    }
}
