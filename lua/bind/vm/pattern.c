/* SPDX-License-Identifier: MIT
 * A pattern is read once into a list of items; matching walks the list. Rules:
 *
 * 1. An item is one thing to match (a character, a class, a set, a balanced pair, ...) and how often. A
 *    pattern has no alternatives, so which capture a bracket opens or closes, and whether a back reference
 *    may stand there, is known when it is read.
 * 2. Only repetitions try several ways, so only they recurse; the depth is that of the library.
 * 3. Captures are written on the way and never taken back: the way that leads to the end wrote all of them
 *    last.
 * 4. Every POLL steps the leash is asked. A match that takes years is left where it is, by an error. */
#include "vm/pattern.h"

#include <ctype.h>
#include <string.h>

#include <lauxlib.h>

#include "vm/leash.h"

#define DEPTH_MAX 200
#define POLL      0xffffu /* steps */

enum kind { CHAR, ANY, CLASS, SET, OPEN, HERE, CLOSE, BACK, BALANCE, FRONTIER, END };
enum often { ONCE, STAR, PLUS, LAZY, MAYBE };

struct dp_pattern_item {
    enum kind kind;
    enum often often;
    unsigned capture;
    const char *text,
        *text_end; /* CHAR, CLASS: one character; SET: between the brackets; BALANCE: two characters */
};

/* ---- reading ---- */

struct reader {
    struct dp_pattern *m;
    const char *at, *end;
    struct dp_pattern_item *items;
    unsigned open[DP_PATTERN_CAPTURES], n_open;
};

size_t dp_pattern_room_bytes(size_t pattern_bytes)
{
    return pattern_bytes * sizeof(struct dp_pattern_item);
}

/* From behind '[' to the closing ']', which is not part of the set when it comes first. */
static void read_set(struct reader *r, struct dp_pattern_item *item)
{
    item->kind = SET;
    item->text = r->at;
    if (r->at < r->end && *r->at == '^') {
        r->at++;
    }
    bool first = true;
    while (r->at < r->end && (first || *r->at != ']')) {
        r->at += *r->at == '%' ? 2 : 1;
        first = false;
    }
    if (r->at >= r->end) {
        luaL_error(r->m->L, "malformed pattern (missing ']')");
    }
    item->text_end = r->at++;
}

static void read_back(struct reader *r, struct dp_pattern_item *item, char digit)
{
    const unsigned index = (unsigned)(digit - '1');
    bool valid = digit != '0' && index < r->m->n_captures;
    for (unsigned i = 0; i < r->n_open; i++) {
        valid = valid && r->open[i] != index;
    }
    if (!valid) {
        luaL_error(r->m->L, "invalid capture index %%%d in pattern", (int)index + 1);
    }
    item->kind = BACK;
    item->capture = index;
}

/* Behind '%'. Returns whether the item may be repeated. */
static bool read_escape(struct reader *r, struct dp_pattern_item *item)
{
    if (r->at >= r->end) {
        luaL_error(r->m->L, "malformed pattern (ends with '%%')");
    }
    const char c = *r->at++;
    if (c == 'b') {
        if (r->end - r->at < 2) {
            luaL_error(r->m->L, "malformed pattern (missing arguments to '%%b')");
        }
        item->kind = BALANCE;
        item->text = r->at;
        r->at += 2;
        return false;
    }
    if (c == 'f') {
        if (r->at >= r->end || *r->at != '[') {
            luaL_error(r->m->L, "missing '[' after '%%f' in pattern");
        }
        r->at++;
        read_set(r, item);
        item->kind = FRONTIER;
        return false;
    }
    if (isdigit((unsigned char)c)) {
        read_back(r, item, c);
        return false;
    }
    item->kind = isalpha((unsigned char)c) ? CLASS : CHAR;
    item->text = r->at - 1;
    return true;
}

static void read_open(struct reader *r, struct dp_pattern_item *item)
{
    if (r->m->n_captures == DP_PATTERN_CAPTURES) {
        luaL_error(r->m->L, "too many captures");
    }
    item->capture = r->m->n_captures++;
    item->kind = OPEN;
    if (r->at < r->end && *r->at == ')') {
        r->at++;
        item->kind = HERE;
        return;
    }
    r->open[r->n_open++] = item->capture;
}

static void read_often(struct reader *r, struct dp_pattern_item *item)
{
    static const char signs[] = "*+-?";
    static const enum often often[] = {STAR, PLUS, LAZY, MAYBE};
    const char *sign = r->at < r->end && *r->at != '\0' ? strchr(signs, *r->at) : NULL;
    if (sign == NULL) {
        return;
    }
    item->often = often[sign - signs];
    r->at++;
}

static void read_item(struct reader *r, struct dp_pattern_item *item)
{
    const char c = *r->at++;
    bool repeatable = true;
    *item = (struct dp_pattern_item){.kind = CHAR, .often = ONCE, .text = r->at - 1};
    switch (c) {
    case '(':
        read_open(r, item);
        repeatable = false;
        break;
    case ')':
        if (r->n_open == 0) {
            luaL_error(r->m->L, "invalid pattern capture");
        }
        item->kind = CLOSE;
        item->capture = r->open[--r->n_open];
        repeatable = false;
        break;
    case '$':
        if (r->at == r->end) {
            item->kind = END;
            repeatable = false;
        }
        break;
    case '.':
        item->kind = ANY;
        break;
    case '[':
        read_set(r, item);
        break;
    case '%':
        repeatable = read_escape(r, item);
        break;
    default:
        break;
    }
    if (repeatable) {
        read_often(r, item);
    }
}

void dp_pattern_compile(struct dp_pattern *m, const char *pattern, size_t size_bytes, void *room)
{
    struct reader r = {.m = m, .at = pattern, .end = pattern + size_bytes, .items = room};
    m->items = room;
    m->n_items = 0;
    m->n_captures = 0;
    while (r.at < r.end) {
        read_item(&r, &r.items[m->n_items++]);
    }
    if (r.n_open > 0) {
        luaL_error(m->L, "unfinished capture");
    }
    const struct dp_pattern_item *item = r.items;
    m->can_skip = m->n_items > 0 && (item->often == ONCE || item->often == PLUS) &&
                  (item->kind == CHAR || item->kind == CLASS || item->kind == SET);
    m->has_first = false;
}

/* ---- one character ---- */

static bool in_class(unsigned char c, char letter)
{
    bool in = false;
    switch (tolower((unsigned char)letter)) {
    case 'a':
        in = isalpha(c) != 0;
        break;
    case 'c':
        in = iscntrl(c) != 0;
        break;
    case 'd':
        in = isdigit(c) != 0;
        break;
    case 'g':
        in = isgraph(c) != 0;
        break;
    case 'l':
        in = islower(c) != 0;
        break;
    case 'p':
        in = ispunct(c) != 0;
        break;
    case 's':
        in = isspace(c) != 0;
        break;
    case 'u':
        in = isupper(c) != 0;
        break;
    case 'w':
        in = isalnum(c) != 0;
        break;
    case 'z': /* of Lua 5.1, still known */
        in = c == '\0';
        break;
    case 'x':
        in = isxdigit(c) != 0;
        break;
    default:
        return (unsigned char)letter == c;
    }
    return isupper((unsigned char)letter) ? !in : in;
}

static bool in_set(unsigned char c, const char *at, const char *end)
{
    const bool wanted = !(at < end && *at == '^');
    if (!wanted) {
        at++;
    }
    for (; at < end; at++) {
        if (*at == '%') {
            at++;
            if (in_class(c, *at)) {
                return wanted;
            }
        } else if (end - at > 2 && at[1] == '-') {
            if ((unsigned char)at[0] <= c && c <= (unsigned char)at[2]) {
                return wanted;
            }
            at += 2;
        } else if ((unsigned char)*at == c) {
            return wanted;
        }
    }
    return !wanted;
}

static void spend(struct dp_pattern *m, size_t steps)
{
    if (steps < POLL && m->steps + steps < POLL) {
        m->steps += (unsigned)steps;
        return;
    }
    m->steps = 0;
    dp_leash_poll(m->L);
}

static bool fits_char(const struct dp_pattern_item *item, unsigned char c)
{
    switch (item->kind) {
    case CHAR:
        return (unsigned char)*item->text == c;
    case ANY:
        return true;
    case CLASS:
        return in_class(c, *item->text);
    case SET:
        return in_set(c, item->text, item->text_end);
    case OPEN:
    case HERE:
    case CLOSE:
    case BACK:
    case BALANCE:
    case FRONTIER:
    case END:
        break;
    }
    return false;
}

static bool fits(struct dp_pattern *m, const struct dp_pattern_item *item, const char *s)
{
    spend(m, 1);
    return s < m->end && fits_char(item, (unsigned char)*s);
}

/* ---- the list ---- */

static const char *match_from(struct dp_pattern *m, const char *s, size_t i);

static const char *match_deeper(struct dp_pattern *m, const char *s, size_t i)
{
    if (++m->depth > DEPTH_MAX) {
        luaL_error(m->L, "pattern too complex");
    }
    const char *end = match_from(m, s, i);
    m->depth--;
    return end;
}

/* As many as there are, then fewer. */
static const char *match_greedy(struct dp_pattern *m, const char *s, size_t i, size_t least, size_t most)
{
    size_t n = 0;
    while (n < most && fits(m, &m->items[i], s + n)) {
        n++;
    }
    for (; n >= least; n--) {
        const char *end = match_deeper(m, s + n, i + 1);
        if (end != NULL || n == 0) {
            return end;
        }
    }
    return NULL;
}

static const char *match_lazy(struct dp_pattern *m, const char *s, size_t i)
{
    for (;; s++) {
        const char *end = match_deeper(m, s, i + 1);
        if (end != NULL) {
            return end;
        }
        if (!fits(m, &m->items[i], s)) {
            return NULL;
        }
    }
}

static const char *match_balance(struct dp_pattern *m, const struct dp_pattern_item *item, const char *s)
{
    size_t level = 1;
    if (s >= m->end || *s != item->text[0]) {
        return NULL;
    }
    for (s++; s < m->end; s++) {
        spend(m, 1);
        if (*s == item->text[1]) {
            if (--level == 0) {
                return s + 1;
            }
        } else if (*s == item->text[0]) {
            level++;
        }
    }
    return NULL;
}

static const char *match_back(struct dp_pattern *m, const struct dp_pattern_item *item, const char *s)
{
    const struct dp_capture *capture = &m->captures[item->capture];
    spend(m, 1 + capture->size_bytes / 64);
    if (capture->position || (size_t)(m->end - s) < capture->size_bytes ||
        memcmp(s, capture->start, capture->size_bytes) != 0) {
        return NULL;
    }
    return s + capture->size_bytes;
}

static bool at_frontier(struct dp_pattern *m, const struct dp_pattern_item *item, const char *s)
{
    const unsigned char before = s == m->subject ? '\0' : (unsigned char)s[-1];
    const unsigned char after = s < m->end ? (unsigned char)*s : '\0';
    return !in_set(before, item->text, item->text_end) && in_set(after, item->text, item->text_end);
}

/* What is matched once, without a choice: where it goes on, or NULL. */
static const char *match_once(struct dp_pattern *m, const struct dp_pattern_item *item, const char *s)
{
    struct dp_capture *capture = &m->captures[item->capture];
    switch (item->kind) {
    case OPEN:
        *capture = (struct dp_capture){.start = s};
        return s;
    case HERE:
        *capture = (struct dp_capture){.start = s, .position = true};
        return s;
    case CLOSE:
        capture->size_bytes = (size_t)(s - capture->start);
        return s;
    case BACK:
        return match_back(m, item, s);
    case BALANCE:
        return match_balance(m, item, s);
    case FRONTIER:
        return at_frontier(m, item, s) ? s : NULL;
    case END:
        return s == m->end ? s : NULL;
    case CHAR:
    case ANY:
    case CLASS:
    case SET:
        return fits(m, item, s) ? s + 1 : NULL;
    }
    return NULL;
}

static const char *match_from(struct dp_pattern *m, const char *s, size_t i)
{
    for (; i < m->n_items && s != NULL; i++) {
        const struct dp_pattern_item *item = &m->items[i];
        switch (item->often) {
        case ONCE:
            s = match_once(m, item, s);
            break;
        case STAR:
            return match_greedy(m, s, i, 0, SIZE_MAX);
        case PLUS:
            return match_greedy(m, s, i, 1, SIZE_MAX);
        case MAYBE:
            return match_greedy(m, s, i, 0, 1);
        case LAZY:
            return match_lazy(m, s, i);
        }
    }
    return s;
}

/* Most of a long text begins no match: those characters are passed over by a table. */
const char *dp_pattern_next(struct dp_pattern *m, const char *from)
{
    if (!m->can_skip) {
        return from <= m->end ? from : NULL;
    }
    if (!m->has_first) {
        if ((size_t)(m->end - from) < sizeof m->first) {
            return from <= m->end ? from : NULL;
        }
        for (unsigned c = 0; c < sizeof m->first; c++) {
            m->first[c] = fits_char(&m->items[0], (unsigned char)c);
        }
        m->has_first = true;
    }
    const char *at = from;
    while (at < m->end && !m->first[(unsigned char)*at]) {
        at++;
    }
    spend(m, (size_t)(at - from) / 16);
    return at < m->end ? at : NULL;
}

const char *dp_pattern_match(struct dp_pattern *m, const char *from)
{
    m->depth = 0;
    return match_from(m, from, 0);
}

/* ---- results ---- */

void dp_pattern_push_one(struct dp_pattern *m, unsigned index, const char *from, const char *end)
{
    if (index >= m->n_captures) {
        if (index != 0) {
            luaL_error(m->L, "invalid capture index %%%d", (int)index + 1);
        }
        lua_pushlstring(m->L, from, (size_t)(end - from));
        return;
    }
    const struct dp_capture *capture = &m->captures[index];
    if (capture->position) {
        lua_pushinteger(m->L, capture->start - m->subject + 1);
    } else {
        lua_pushlstring(m->L, capture->start, capture->size_bytes);
    }
}

int dp_pattern_push(struct dp_pattern *m, const char *from, const char *end)
{
    const unsigned n = m->n_captures == 0 ? 1 : m->n_captures;
    luaL_checkstack(m->L, (int)n, "too many captures");
    for (unsigned i = 0; i < n; i++) {
        dp_pattern_push_one(m, i, from, end);
    }
    return (int)n;
}
