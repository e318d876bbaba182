/* SPDX-License-Identifier: MIT
 * Names in wire form. Reading checks while it copies: one walk, at most 255 octets copied.
 *
 * Why a hostile name cannot loop: a pointer must lead to an offset before the start of the segment that it
 * ends, so segments begin at ever smaller offsets. Why it cannot be slow: a name has at most 127 labels, and
 * a chain of pointers to pointers, which no server needs, is cut after JUMPS_MAX. */
#include "wire/name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define LABELS_MAX   127
#define JUMPS_MAX    LABELS_MAX
#define POINTER_BITS 0xc0u /* RFC 1035, section 4.1.4 */

/* One segment: labels up to the root label or a pointer. */
struct walk {
    size_t pos;
    size_t segment; /* where this segment began: pointers must lead before it */
    size_t len;     /* octets copied */
};

static enum dp_err copy_label(const struct dp_cursor *c, struct walk *w, struct dp_name *name)
{
    const size_t n = (size_t)c->data[w->pos] + 1;
    if (n > DP_LABEL_MAX_BYTES + 1) {
        return DP_ERR_LABEL;
    }
    if (n > c->size - w->pos) {
        return DP_ERR_TRUNCATED;
    }
    if (w->len + n + 1 > DP_NAME_MAX_BYTES) {
        return DP_ERR_NAME_TOO_LONG;
    }
    /* memmove, as gcc makes of a memcpy of at most 64 octets a string instruction, which takes longer to
     * begin than a label takes to copy */
    memmove(name->wire + w->len, c->data + w->pos, n);
    w->len += n;
    w->pos += n;
    return DP_OK;
}

static enum dp_err follow_pointer(const struct dp_cursor *c, struct walk *w)
{
    if (c->size - w->pos < 2) {
        return DP_ERR_TRUNCATED;
    }
    const size_t target = (size_t)(c->data[w->pos] & ~POINTER_BITS) << 8 | c->data[w->pos + 1];
    if (target >= w->segment) {
        return DP_ERR_POINTER;
    }
    w->pos = w->segment = target;
    return DP_OK;
}

static void read_name(struct dp_cursor *c, struct dp_name *name, bool pointers, const char *field)
{
    dp_name_root(name);
    if (!dp_cursor_ok(c)) {
        return;
    }
    struct walk w = {.pos = c->offset, .segment = c->offset};
    size_t end = 0; /* behind the first pointer */
    unsigned jumps = 0;
    enum dp_err err = DP_OK;
    while (err == DP_OK) {
        if (w.pos >= c->size) {
            err = DP_ERR_TRUNCATED;
        } else if (c->data[w.pos] == 0) {
            break;
        } else if ((c->data[w.pos] & POINTER_BITS) != POINTER_BITS) {
            err = copy_label(c, &w, name);
        } else if (!pointers || ++jumps > JUMPS_MAX) {
            err = DP_ERR_POINTER;
        } else {
            end = end == 0 ? w.pos + 2 : end;
            err = follow_pointer(c, &w);
        }
    }
    if (err != DP_OK) {
        dp_name_root(name);
        dp_cursor_fail(c, err, field);
        return;
    }
    name->wire[w.len] = 0;
    name->len = (uint8_t)(w.len + 1);
    c->offset = end != 0 ? end : w.pos + 1;
}

void dp_name_read(struct dp_cursor *c, struct dp_name *name, const char *field)
{
    read_name(c, name, true, field);
}

void dp_name_read_plain(struct dp_cursor *c, struct dp_name *name, const char *field)
{
    read_name(c, name, false, field);
}

enum dp_err dp_name_from_wire(struct dp_name *name, const uint8_t *wire, size_t size_bytes)
{
    struct dp_cursor c;
    struct dp_name read;
    dp_cursor_init(&c, wire, size_bytes);
    dp_name_read_plain(&c, &read, "name");
    if (dp_cursor_ok(&c) && dp_cursor_left(&c) != 0) {
        dp_cursor_fail(&c, DP_ERR_TRAILING, "name");
    }
    if (dp_cursor_ok(&c)) {
        *name = read;
    }
    return c.place.err;
}

/* ---- presentation form ---- */

/* The octet at text[*i] with its escape resolved; *i is moved behind it. -1: malformed escape. */
static int read_octet(const char *text, size_t size, size_t *i)
{
    if (text[*i] != '\\') {
        return (uint8_t)text[(*i)++];
    }
    if (size - *i >= 2 && !isdigit((unsigned char)text[*i + 1])) {
        *i += 2;
        return (uint8_t)text[*i - 1];
    }
    int value = 0;
    if (size - *i < 4) {
        return -1;
    }
    for (size_t k = 1; k <= 3; k++) {
        if (!isdigit((unsigned char)text[*i + k])) {
            return -1;
        }
        value = value * 10 + (text[*i + k] - '0');
    }
    *i += 4;
    return value <= 255 ? value : -1;
}

/* One label from text[*i] to its dot or the end, which is consumed. */
static enum dp_err read_label(const char *text, size_t size, size_t *i, struct dp_name *name)
{
    const size_t at = name->len;
    const char *begin = text + *i;
    size_t n = 0, most = size - *i;
    if (most > DP_LABEL_MAX_BYTES) {
        most = DP_LABEL_MAX_BYTES;
    }
    while (n < most && begin[n] != '.' && begin[n] != '\\') {
        n++;
    }
    if (n > 0 && (*i + n == size || begin[n] == '.') && at + n + 1 < DP_NAME_MAX_BYTES) { /* nearly always */
        name->wire[at] = (uint8_t)n;
        memcpy(name->wire + at + 1, begin, n);
        name->len = (uint8_t)(at + n + 1);
        *i += n;
        return DP_OK;
    }
    n = 0;
    while (*i < size && text[*i] != '.') {
        const int octet = read_octet(text, size, i);
        if (octet < 0) {
            return DP_ERR_SYNTAX;
        }
        if (++n > DP_LABEL_MAX_BYTES) {
            return DP_ERR_LABEL_TOO_LONG;
        }
        if (at + n + 1 >= DP_NAME_MAX_BYTES) {
            return DP_ERR_NAME_TOO_LONG;
        }
        name->wire[at + n] = (uint8_t)octet;
    }
    if (n == 0) {
        return DP_ERR_SYNTAX;
    }
    name->wire[at] = (uint8_t)n;
    name->len = (uint8_t)(at + n + 1);
    return DP_OK;
}

static enum dp_err finish(struct dp_name *name, const struct dp_name *origin)
{
    if (origin != NULL) {
        if ((size_t)name->len + origin->len > DP_NAME_MAX_BYTES) {
            return DP_ERR_NAME_TOO_LONG;
        }
        memcpy(name->wire + name->len, origin->wire, origin->len);
        name->len = (uint8_t)(name->len + origin->len);
    } else {
        name->wire[name->len++] = 0;
    }
    return DP_OK;
}

enum dp_err dp_name_from_text(struct dp_name *name, const char *text, size_t size_bytes,
                              const struct dp_name *origin)
{
    struct dp_name read = {0};
    bool absolute = origin == NULL;
    size_t i = 0;
    if (size_bytes == 0) {
        return DP_ERR_SYNTAX;
    }
    if (size_bytes == 1 && text[0] == '.') {
        dp_name_root(name);
        return DP_OK;
    }
    if (size_bytes == 1 && text[0] == '@' && origin != NULL) {
        *name = *origin;
        return DP_OK;
    }
    while (i < size_bytes) {
        const enum dp_err err = read_label(text, size_bytes, &i, &read);
        if (err != DP_OK) {
            return err;
        }
        if (i < size_bytes) { /* at the dot */
            i++;
            absolute = absolute || i == size_bytes;
        }
    }
    const enum dp_err err = finish(&read, absolute ? NULL : origin);
    if (err == DP_OK) {
        *name = read;
    }
    return err;
}

char *dp_name_text(const struct dp_name *name, char *out)
{
    char *p = out;
    for (size_t at = 0; at < name->len && name->wire[at] != 0; at += (size_t)name->wire[at] + 1) {
        for (size_t i = 1; i <= name->wire[at]; i++) {
            const uint8_t octet = name->wire[at + i];
            if (octet <= 0x20 || octet >= 0x7f) {
                p += snprintf(p, 5, "\\%03u", octet);
                continue;
            }
            if (strchr("\"$().;@\\", octet) != NULL) { /* what a master file would take for syntax */
                *p++ = '\\';
            }
            *p++ = (char)octet;
        }
        *p++ = '.';
    }
    if (p == out) {
        *p++ = '.';
    }
    *p = '\0';
    return out;
}

void dp_name_print(struct dp_str *s, const struct dp_name *name)
{
    char text[DP_NAME_TEXT_BYTES];
    dp_str_adds(s, dp_name_text(name, text));
}

/* ---- comparing ---- */

/* Label lengths are below 'A', so folding the case of all octets leaves them alone. */
static uint8_t fold(uint8_t octet)
{
    return octet >= 'A' && octet <= 'Z' ? (uint8_t)(octet + ('a' - 'A')) : octet;
}

static bool equal_octets(const uint8_t *a, const uint8_t *b, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        if (a[i] != b[i] && fold(a[i]) != fold(b[i])) {
            return false;
        }
    }
    return true;
}

bool dp_name_equal(const struct dp_name *a, const struct dp_name *b)
{
    return a->len == b->len && equal_octets(a->wire, b->wire, a->len);
}

bool dp_name_identical(const struct dp_name *a, const struct dp_name *b)
{
    return a->len == b->len && memcmp(a->wire, b->wire, a->len) == 0;
}

bool dp_name_is_within(const struct dp_name *name, const struct dp_name *ancestor)
{
    size_t at = 0;
    while (at < name->len && (size_t)name->len - at > ancestor->len) {
        at += (size_t)name->wire[at] + 1;
    }
    return (size_t)name->len - at == ancestor->len &&
           equal_octets(name->wire + at, ancestor->wire, ancestor->len);
}

/* Offsets of the labels of `name`, root label left out. */
static unsigned label_offsets(const struct dp_name *name, uint8_t offsets[LABELS_MAX])
{
    unsigned n = 0;
    for (size_t at = 0; at < name->len && name->wire[at] != 0 && n < LABELS_MAX;
         at += (size_t)name->wire[at] + 1) {
        offsets[n++] = (uint8_t)at;
    }
    return n;
}

static int compare_labels(const uint8_t *a, const uint8_t *b)
{
    const size_t shorter = a[0] < b[0] ? a[0] : b[0];
    for (size_t i = 1; i <= shorter; i++) {
        if (fold(a[i]) != fold(b[i])) {
            return fold(a[i]) < fold(b[i]) ? -1 : 1;
        }
    }
    return (a[0] > b[0]) - (a[0] < b[0]);
}

int dp_name_compare(const struct dp_name *a, const struct dp_name *b)
{
    uint8_t in_a[LABELS_MAX];
    uint8_t in_b[LABELS_MAX];
    unsigned na = label_offsets(a, in_a);
    unsigned nb = label_offsets(b, in_b);
    while (na > 0 && nb > 0) {
        const int order = compare_labels(a->wire + in_a[--na], b->wire + in_b[--nb]);
        if (order != 0) {
            return order;
        }
    }
    return (na > nb) - (na < nb);
}

unsigned dp_name_labels(const struct dp_name *name)
{
    uint8_t offsets[LABELS_MAX];
    return label_offsets(name, offsets);
}

bool dp_name_parent(const struct dp_name *name, struct dp_name *parent)
{
    if (name->len <= 1) {
        return false;
    }
    const size_t skip = (size_t)name->wire[0] + 1;
    const size_t left = name->len - skip;
    memmove(parent->wire, name->wire + skip, left);
    parent->len = (uint8_t)left;
    return true;
}

uint32_t dp_name_hash(const struct dp_name *name)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (size_t i = 0; i < name->len; i++) {
        hash = (hash ^ fold(name->wire[i])) * 16777619u;
    }
    return hash;
}

void dp_name_root(struct dp_name *name)
{
    name->len = 1;
    name->wire[0] = 0;
}

enum dp_err dp_name_reverse(struct dp_name *name, const uint8_t *address, size_t size_bytes)
{
    char text[80] = "";
    size_t n = 0;
    if (size_bytes == 4) {
        n = (size_t)snprintf(text, sizeof text, "%u.%u.%u.%u.in-addr.arpa.", address[3], address[2],
                             address[1], address[0]);
    } else if (size_bytes == 16) {
        for (size_t i = 16; i > 0; i--) {
            n += (size_t)snprintf(text + n, sizeof text - n, "%x.%x.", address[i - 1] & 15u,
                                  address[i - 1] >> 4);
        }
        n += (size_t)snprintf(text + n, sizeof text - n, "ip6.arpa.");
    } else {
        return DP_ERR_ARG;
    }
    return dp_name_from_text(name, text, n, NULL);
}
