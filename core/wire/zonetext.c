/* SPDX-License-Identifier: MIT
 * Master files in two steps. First a logical line: comments go, parentheses join lines, quoted strings pass
 * untouched. Then its words: owner (or none, when the line began with a blank), TTL and class in either
 * order, type, and the rest, which is RDATA text. */
#include "wire/zonetext.h"

#include <stdio.h>
#include <string.h>

#include "base/escape.h"
#include "wire/token.h"

#define TTL_DEFAULT_S  3600
#define TTL_MAX_S      0x7fffffffu /* RFC 2181, section 8 */
#define LINE_MAX_BYTES 262144u     /* the longest RDATA in hex, with room */

struct reader {
    const char *text;
    size_t size;
    size_t at;
    unsigned line;       /* of `at` */
    unsigned first_line; /* of the logical line */
    struct dp_str logical;
    struct dp_name origin;
    const struct dp_name *owner; /* of the last record, in the arena */
    uint32_t ttl_s;
    uint16_t rrclass;
    struct dp_arena *arena;
    struct dp_zonetext_error *error;
};

static enum dp_err fail(struct reader *r, enum dp_err err, const char *what, const char *text,
                        size_t size_bytes)
{
    struct dp_str shown;
    dp_str_init(&shown, 0);
    dp_str_adds(&shown, what);
    if (size_bytes > 0) {
        dp_str_adds(&shown, ": ");
        dp_escape_terminal(&shown, text, size_bytes < 64 ? size_bytes : 64);
    }
    if (r->error != NULL) {
        r->error->err = err;
        r->error->line = r->first_line;
        snprintf(r->error->text, sizeof r->error->text, "%s", dp_str_text(&shown));
    }
    dp_str_fini(&shown);
    return err;
}

static enum dp_err fail_token(struct reader *r, enum dp_err err, const char *what,
                              const struct dp_token *token)
{
    return fail(r, err, what, token->text, token->size);
}

/* Copies a quoted string, quotes included; false when it does not end on its line. */
static bool copy_quoted(struct reader *r)
{
    const size_t start = r->at++;
    while (r->at < r->size && r->text[r->at] != '"' && r->text[r->at] != '\n') {
        r->at += r->text[r->at] == '\\' ? 2 : 1;
    }
    if (r->at >= r->size || r->text[r->at] != '"') {
        return false;
    }
    r->at++;
    dp_str_add(&r->logical, r->text + start, r->at - start);
    return true;
}

/* Handles the character at `at`; *depth counts open parentheses,
 * *done is set at the end of the logical line. */
static enum dp_err take_char(struct reader *r, unsigned *depth, bool *done)
{
    const char c = r->text[r->at];
    if (c == '"') {
        return copy_quoted(r) ? DP_OK : fail(r, DP_ERR_SYNTAX, "string without an end", NULL, 0);
    }
    if (c == '\\' && r->at + 1 < r->size && r->text[r->at + 1] != '\n') {
        dp_str_add(&r->logical, r->text + r->at, 2);
        r->at += 2;
        return DP_OK;
    }
    if (c == ';') {
        const char *end = memchr(r->text + r->at, '\n', r->size - r->at);
        r->at = end == NULL ? r->size : (size_t)(end - r->text);
        return DP_OK;
    }
    r->at++;
    if (c == '\n') {
        r->line++;
        *done = *depth == 0;
    } else if (c == '(') {
        ++*depth;
    } else if (c == ')' && (*depth)-- == 0) {
        return fail(r, DP_ERR_SYNTAX, "closing parenthesis without an opening one", NULL, 0);
    }
    dp_str_addc(&r->logical, c == '\n' || c == '(' || c == ')' || c == '\r' ? ' ' : c);
    return DP_OK;
}

static enum dp_err read_logical_line(struct reader *r)
{
    unsigned depth = 0;
    bool done = false;
    enum dp_err err = DP_OK;
    dp_str_clear(&r->logical);
    r->first_line = r->line;
    while (err == DP_OK && !done && r->at < r->size) {
        err = take_char(r, &depth, &done);
    }
    if (err == DP_OK && depth > 0) {
        err = fail(r, DP_ERR_SYNTAX, "parenthesis is not closed", NULL, 0);
    }
    if (err == DP_OK && !dp_str_ok(&r->logical)) {
        err = fail(r, DP_ERR_LIMIT, "record too long", NULL, 0);
    }
    return err;
}

static enum dp_err directive(struct reader *r, struct dp_tokens *words, const struct dp_token *word)
{
    struct dp_token value;
    if (dp_token_is(word, "$INCLUDE") || dp_token_is(word, "$GENERATE")) {
        return fail_token(r, DP_ERR_SYNTAX, "directive not allowed", word);
    }
    if (!dp_token_is(word, "$ORIGIN") && !dp_token_is(word, "$TTL")) {
        return fail_token(r, DP_ERR_SYNTAX, "unknown directive", word);
    }
    if (!dp_token_next(words, &value)) {
        return fail_token(r, DP_ERR_SYNTAX, "directive without a value", word);
    }
    if (dp_token_is(word, "$ORIGIN")) {
        struct dp_name origin;
        const enum dp_err err = dp_name_from_text(&origin, value.text, value.size, &r->origin);
        if (err != DP_OK) {
            return fail_token(r, err, "bad origin", &value);
        }
        r->origin = origin;
    } else if (!dp_token_ttl(&value, &r->ttl_s) || r->ttl_s > TTL_MAX_S) {
        return fail_token(r, DP_ERR_SYNTAX, "bad TTL", &value);
    }
    return dp_token_at_end(words) ? DP_OK : fail_token(r, DP_ERR_SYNTAX, "extra text behind directive", word);
}

static enum dp_err read_owner(struct reader *r, const struct dp_token *word)
{
    struct dp_name name;
    const enum dp_err err = dp_name_from_text(&name, word->text, word->size, &r->origin);
    if (err != DP_OK || word->quoted) {
        return fail_token(r, err != DP_OK ? err : DP_ERR_SYNTAX, "bad owner name", word);
    }
    if (r->owner == NULL || !dp_name_identical(r->owner, &name)) {
        r->owner = dp_arena_memdup(r->arena, &name, sizeof name);
    }
    return r->owner != NULL ? DP_OK : fail(r, DP_ERR_NOMEM, "out of memory", NULL, 0);
}

/* TTL and class in either order, then the type. */
static enum dp_err read_head(struct reader *r, struct dp_tokens *words, struct dp_rr *rr)
{
    struct dp_token word;
    bool has_ttl = false;
    bool has_class = false;
    while (dp_token_next(words, &word)) {
        if (word.quoted) {
            break;
        }
        if (!has_ttl && dp_token_ttl(&word, &rr->ttl_s)) {
            has_ttl = true;
            if (rr->ttl_s > TTL_MAX_S) {
                return fail_token(r, DP_ERR_RANGE, "TTL too large", &word);
            }
        } else if (!has_class && dp_rrclass_from_text(word.text, word.size, &rr->rrclass) == DP_OK) {
            has_class = true;
        } else if (dp_rrtype_from_text(word.text, word.size, &rr->type) == DP_OK) {
            r->rrclass = rr->rrclass;
            return DP_OK;
        } else {
            return fail_token(r, DP_ERR_UNKNOWN_TYPE, "unknown record type", &word);
        }
    }
    return fail(r, DP_ERR_SYNTAX, "record type is missing", NULL, 0);
}

static enum dp_err read_record(struct reader *r, struct dp_tokens *words, struct dp_rr *rr)
{
    const char *field = "";
    *rr = (struct dp_rr){.owner = r->owner, .ttl_s = r->ttl_s, .rrclass = r->rrclass};
    if (rr->owner == NULL) {
        return fail(r, DP_ERR_SYNTAX, "first record without an owner", NULL, 0);
    }
    enum dp_err err = read_head(r, words, rr);
    if (err != DP_OK) {
        return err;
    }
    const char *rest = words->text + words->at;
    const size_t size = words->size - words->at;
    const uint16_t type = dp_rdata_type(rr->type, rr->rrclass);
    err = dp_rdata_from_text(type == DP_TYPE_CH_A ? type : rr->type, rest, size, &r->origin, r->arena,
                             &rr->rdata, &rr->rdata_size, &field);
    if (err != DP_OK) {
        char what[96];
        const struct dp_rrtype *row = dp_rrtype_by_number(rr->type);
        snprintf(what, sizeof what, "%s: bad %s", row != NULL ? row->mnemonic : "RDATA", field);
        return fail(r, err, what, rest, size);
    }
    return DP_OK;
}

/* One logical line; *has_record tells whether *rr is set. */
static enum dp_err read_entry(struct reader *r, struct dp_rr *rr, bool *has_record)
{
    struct dp_tokens words = {.text = dp_str_text(&r->logical), .size = r->logical.len_bytes};
    struct dp_token word;
    *has_record = false;
    if (dp_token_at_end(&words)) {
        return DP_OK;
    }
    if (words.text[0] != ' ' && words.text[0] != '\t') {
        dp_token_next(&words, &word);
        if (word.size > 0 && word.text[0] == '$' && !word.quoted) {
            return directive(r, &words, &word);
        }
        const enum dp_err err = read_owner(r, &word);
        if (err != DP_OK) {
            return err;
        }
    }
    *has_record = true;
    return read_record(r, &words, rr);
}

enum dp_err dp_zonetext_parse(const char *text, size_t size_bytes, const struct dp_name *origin,
                              struct dp_arena *a, dp_zonetext_record *record, void *ctx,
                              struct dp_zonetext_error *error)
{
    struct reader r = {.text = text,
                       .size = size_bytes,
                       .line = 1,
                       .first_line = 1,
                       .origin = *origin,
                       .ttl_s = TTL_DEFAULT_S,
                       .rrclass = DP_CLASS_IN,
                       .arena = a,
                       .error = error};
    enum dp_err err = DP_OK;
    bool stop = false;
    dp_str_init(&r.logical, LINE_MAX_BYTES);
    while (err == DP_OK && !stop && r.at < r.size) {
        struct dp_rr rr;
        bool has_record = false;
        err = read_logical_line(&r);
        if (err == DP_OK) {
            err = read_entry(&r, &rr, &has_record);
        }
        stop = err == DP_OK && has_record && record(ctx, &rr) != 0;
    }
    dp_str_fini(&r.logical);
    return err;
}
