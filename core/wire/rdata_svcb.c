/* SPDX-License-Identifier: MIT
 * SvcParams (RFC 9460). On the wire: key, length, value, keys strictly ascending. In text: key or key=value,
 * in any order; the value's octets are a <character-string>, and for alpn a comma-separated list inside of
 * it, with a second layer of escapes (appendix A.1). One row of `keys` per key with a form of its own. */
#include <stdlib.h>
#include <string.h>

#include "wire/rdata_kind.h"

#define PARAMS_MAX    128u
#define KEY_MANDATORY 0
#define KEY_ALPN      1
#define KEY_NO_ALPN   2
#define KEY_DOHPATH   7

struct value {
    const uint8_t *data;
    size_t size;
};

struct key {
    uint16_t number;
    const char *name;
    bool (*check)(const struct value *v);
    void (*print)(struct dp_str *s, const struct value *v);                  /* behind "key=" */
    enum dp_err (*parse)(struct dp_str *out, const char *text, size_t size); /* octets of the value's text */
};

static const struct key *key_by_number(uint16_t number);
static enum dp_err key_from_text(const char *text, size_t size, uint16_t *number);

static uint16_t be16(const uint8_t *p)
{
    return (uint16_t)((unsigned)p[0] << 8 | p[1]);
}

static void print_key(struct dp_str *s, uint16_t number)
{
    const struct key *key = key_by_number(number);
    if (key != NULL) {
        dp_str_adds(s, key->name);
    } else {
        dp_str_addf(s, "key%u", number);
    }
}

/* Calls `item` for every piece between commas; at least one. */
static enum dp_err each_item(struct dp_str *out, const char *text, size_t size,
                             enum dp_err (*item)(struct dp_str *, const char *, size_t))
{
    enum dp_err err = DP_OK;
    size_t at = 0;
    for (size_t i = 0; err == DP_OK && i <= size; i++) {
        if (i == size || text[i] == ',') {
            err = item(out, text + at, i - at);
            at = i + 1;
        }
    }
    return err;
}

/* mandatory: key numbers, ascending, itself not among them (section 8) */
static bool check_mandatory(const struct value *v)
{
    int last = KEY_MANDATORY;
    for (size_t i = 0; i + 1 < v->size; i += 2) {
        if (be16(v->data + i) <= last) {
            return false;
        }
        last = be16(v->data + i);
    }
    return v->size > 0 && v->size % 2 == 0;
}

static void print_mandatory(struct dp_str *s, const struct value *v)
{
    for (size_t i = 0; i + 1 < v->size; i += 2) {
        dp_str_adds(s, i > 0 ? "," : "");
        print_key(s, be16(v->data + i));
    }
}

static enum dp_err parse_one_key(struct dp_str *out, const char *text, size_t size)
{
    uint16_t number = 0;
    const enum dp_err err = key_from_text(text, size, &number);
    if (err == DP_OK) {
        dp_rdata_add_be(out, number, 2);
    }
    return err;
}

static int compare_pairs(const void *a, const void *b)
{
    return memcmp(a, b, 2);
}

static enum dp_err parse_mandatory(struct dp_str *out, const char *text, size_t size)
{
    const size_t at = out->len_bytes;
    const enum dp_err err = each_item(out, text, size, parse_one_key);
    if (err == DP_OK && dp_str_ok(out)) {
        qsort(out->data + at, (out->len_bytes - at) / 2, 2, compare_pairs);
    }
    return err;
}

/* alpn: length octet and protocol name, one or more (section 7.1) */
static bool check_alpn(const struct value *v)
{
    size_t at = 0;
    while (at < v->size && v->data[at] > 0 && v->size - at > v->data[at]) {
        at += (size_t)v->data[at] + 1;
    }
    return v->size > 0 && at == v->size;
}

static void print_alpn(struct dp_str *s, const struct value *v)
{
    dp_str_addc(s, '"');
    for (size_t at = 0; at < v->size; at += (size_t)v->data[at] + 1) {
        dp_str_adds(s, at > 0 ? "," : "");
        for (size_t i = 1; i <= v->data[at]; i++) {
            const uint8_t *octet = v->data + at + i;
            if (*octet == ',' || *octet == '\\') { /* the list's escape, itself escaped */
                dp_str_adds(s, "\\\\");
            }
            if (*octet == ' ') { /* dig escapes it here, not in other values */
                dp_str_adds(s, "\\032");
            } else {
                dp_rdata_print_text(s, octet, 1);
            }
        }
    }
    dp_str_addc(s, '"');
}

static enum dp_err parse_alpn(struct dp_str *out, const char *text, size_t size)
{
    size_t at = out->len_bytes;
    dp_str_addc(out, 0);
    for (size_t i = 0; i <= size && dp_str_ok(out); i++) {
        if (i < size && text[i] != ',') {
            i += text[i] == '\\' && i + 1 < size;
            dp_str_addc(out, text[i]);
            continue;
        }
        const size_t length = out->len_bytes - at - 1;
        if (length == 0 || length > UINT8_MAX) {
            return DP_ERR_SYNTAX;
        }
        out->data[at] = (char)(uint8_t)length;
        at = out->len_bytes;
        if (i < size) {
            dp_str_addc(out, 0);
        }
    }
    return DP_OK;
}

static bool check_empty(const struct value *v)
{
    return v->size == 0;
}

static enum dp_err parse_empty(struct dp_str *out, const char *text, size_t size)
{
    (void)out;
    (void)text;
    return size == 0 ? DP_OK : DP_ERR_SYNTAX;
}

static bool check_port(const struct value *v)
{
    return v->size == 2;
}

static void print_port(struct dp_str *s, const struct value *v)
{
    dp_str_addf(s, "%u", be16(v->data));
}

static enum dp_err parse_port(struct dp_str *out, const char *text, size_t size)
{
    struct dp_rdata_text in = {.tokens = {.text = text, .size = size}};
    return dp_rdata_parse_number(&in, out, 2);
}

static bool check_ipv4hint(const struct value *v)
{
    return v->size > 0 && v->size % 4 == 0;
}

static void print_ipv4hint(struct dp_str *s, const struct value *v)
{
    struct dp_cursor c;
    dp_cursor_init(&c, v->data, v->size);
    for (const char *gap = ""; dp_cursor_left(&c) > 0; gap = ",") {
        dp_str_adds(s, gap);
        dp_rdata_print_a(s, &c);
    }
}

static enum dp_err parse_one_ipv4(struct dp_str *out, const char *text, size_t size)
{
    struct dp_rdata_text in = {.tokens = {.text = text, .size = size}};
    return dp_rdata_parse_a(&in, out);
}

static enum dp_err parse_ipv4hint(struct dp_str *out, const char *text, size_t size)
{
    return each_item(out, text, size, parse_one_ipv4);
}

static bool check_ipv6hint(const struct value *v)
{
    return v->size > 0 && v->size % 16 == 0;
}

static void print_ipv6hint(struct dp_str *s, const struct value *v)
{
    struct dp_cursor c;
    dp_cursor_init(&c, v->data, v->size);
    for (const char *gap = ""; dp_cursor_left(&c) > 0; gap = ",") {
        dp_str_adds(s, gap);
        dp_rdata_print_aaaa(s, &c);
    }
}

static enum dp_err parse_one_ipv6(struct dp_str *out, const char *text, size_t size)
{
    struct dp_rdata_text in = {.tokens = {.text = text, .size = size}};
    return dp_rdata_parse_aaaa(&in, out);
}

static enum dp_err parse_ipv6hint(struct dp_str *out, const char *text, size_t size)
{
    return each_item(out, text, size, parse_one_ipv6);
}

/* ech: a list without members is for the client to refuse (RFC 9460, section 2.2);
 * its octets are readable. */
static bool check_any(const struct value *v)
{
    (void)v;
    return true;
}

static void print_base64(struct dp_str *s, const struct value *v)
{
    dp_str_add_base64(s, v->data, v->size);
}

/* Whether a variable called "dns" begins here: it ends with the expression or at the next one, or has a
 * modifier (RFC 6570, sections 2.3 and 2.4). */
static bool begins_with_dns(const uint8_t *text, size_t size)
{
    return size > 3 && memcmp(text, "dns", 3) == 0 && memchr(",}*:", text[3], 4) != NULL;
}

/* Whether a closed expression of the template has that variable. One pass:
 * a value may be 64 KiB of braces. */
static bool template_has_dns(const uint8_t *text, size_t size)
{
    bool inside = false, named = false;
    for (size_t i = 0; i < size; i++) {
        if (text[i] == '}') {
            if (named) {
                return true;
            }
            inside = false;
        } else if (text[i] == '{' || (inside && text[i] == ',')) {
            const bool marked = text[i] == '{' && i + 1 < size && memchr("+#./;?&", text[i + 1], 7) != NULL;
            const size_t at = i + 1 + (marked ? 1 : 0); /* behind the operator */
            inside = true;
            named = named || begins_with_dns(text + at, size - at);
        }
    }
    return false;
}

/* Whether the octets are UTF-8 (RFC 3629, section 4). */
static bool is_utf8(const uint8_t *text, size_t size)
{
    for (size_t i = 0; i < size;) {
        const uint8_t first = text[i++];
        const size_t more = first < 0x80 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : 3;
        uint32_t point = more == 0 ? first : first & (0x3fu >> more);
        if (more > 0 && (first < 0xc2 || first > 0xf4 || more > size - i)) {
            return false;
        }
        for (size_t k = 0; k < more; k++, i++) {
            if ((text[i] & 0xc0) != 0x80) {
                return false;
            }
            point = point << 6 | (text[i] & 0x3fu);
        }
        if ((more == 2 && point < 0x800) || (more == 3 && point < 0x10000) || point > 0x10ffff ||
            (point >= 0xd800 && point < 0xe000)) {
            return false;
        }
    }
    return true;
}

/* dohpath: a relative URI template in UTF-8 with the variable "dns" (RFC 9461, section 5). */
static bool check_dohpath(const struct value *v)
{
    return v->size > 0 && v->data[0] == '/' && is_utf8(v->data, v->size) &&
           template_has_dns(v->data, v->size);
}

static const struct key keys[] = {
    {KEY_MANDATORY, "mandatory", check_mandatory, print_mandatory, parse_mandatory},
    {KEY_ALPN, "alpn", check_alpn, print_alpn, parse_alpn},
    {KEY_NO_ALPN, "no-default-alpn", check_empty, NULL, parse_empty},
    {3, "port", check_port, print_port, parse_port},
    {4, "ipv4hint", check_ipv4hint, print_ipv4hint, parse_ipv4hint},
    {5, "ech", check_any, print_base64, dp_text_base64},
    {6, "ipv6hint", check_ipv6hint, print_ipv6hint, parse_ipv6hint},
};

static const struct key *key_by_number(uint16_t number)
{
    return number < sizeof keys / sizeof keys[0] ? &keys[number] : NULL;
}

static enum dp_err key_from_text(const char *text, size_t size, uint16_t *number)
{
    const struct dp_token word = {.text = text, .size = size};
    uint64_t value = 0;
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        if (dp_token_is(&word, keys[i].name)) {
            *number = keys[i].number;
            return DP_OK;
        }
    }
    if (dp_token_is(&word, "dohpath")) { /* RFC 9461; dig 9.18 prints key7 */
        *number = 7;
        return DP_OK;
    }
    if (dp_token_is(&word, "ohttp")) { /* RFC 9540; dig 9.18 prints key8 */
        *number = 8;
        return DP_OK;
    }
    const struct dp_token head = {.text = text, .size = size < 3 ? size : 3};
    const struct dp_token digits = {.text = text + head.size, .size = size - head.size};
    if (!dp_token_is(&head, "key") || !dp_token_number(&digits, UINT16_MAX, &value)) {
        return DP_ERR_SYNTAX;
    }
    *number = (uint16_t)value;
    return DP_OK;
}

/* Goes on to the parameter with this key, or to where it would stand: their frames and order are good. Who
 * looks for ascending keys goes through once. */
static bool find_key(struct dp_cursor *c, uint16_t wanted)
{
    while (dp_cursor_left(c) > 0) {
        struct dp_cursor look = *c;
        const uint16_t number = dp_cursor_u16(&look, "");
        if (number >= wanted) {
            return number == wanted;
        }
        dp_cursor_bytes(&look, dp_cursor_u16(&look, ""), "");
        *c = look;
    }
    return false;
}

/* What `mandatory` lists, in ascending order, is there;
 * no-default-alpn only beside alpn (sections 7.1, 8). */
static bool wire_agrees(const struct dp_cursor *params)
{
    struct dp_cursor list = *params, at = *params;
    if (dp_cursor_left(&list) > 0 && dp_cursor_u16(&list, "") == KEY_MANDATORY) {
        for (size_t n = dp_cursor_u16(&list, "") / 2u; n > 0; n--) {
            if (!find_key(&at, dp_cursor_u16(&list, ""))) {
                return false;
            }
        }
    }
    struct dp_cursor alpn = *params, none = *params;
    return !find_key(&none, KEY_NO_ALPN) || find_key(&alpn, KEY_ALPN);
}

void dp_rdata_svcb_scan(struct dp_rdata_scan *scan, const char *field)
{
    const struct dp_cursor params = scan->c;
    int last = -1;
    while (dp_cursor_left(&scan->c) > 0) {
        struct dp_cursor look = scan->c;
        const uint16_t number = dp_cursor_u16(&look, field);
        const struct key *key = key_by_number(number);
        struct value v = {.size = dp_cursor_u16(&look, field)};
        v.data = dp_cursor_bytes(&look, v.size, field);
        if (dp_cursor_ok(&look) && (number <= last || (key != NULL && !key->check(&v)) ||
                                    (number == KEY_DOHPATH && !check_dohpath(&v)))) {
            dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
            return;
        }
        last = number;
        dp_rdata_scan_copy(scan, 4 + v.size, field);
    }
    if (dp_cursor_ok(&scan->c) && !wire_agrees(&params)) {
        dp_cursor_fail(&scan->c, DP_ERR_RDATA, field);
    }
}

static void print_value(struct dp_str *s, uint16_t number, const struct value *v)
{
    const struct key *key = key_by_number(number);
    if (v->size == 0) {
        return;
    }
    dp_str_addc(s, '=');
    if (key != NULL && key->print != NULL) {
        key->print(s, v);
        return;
    }
    dp_str_addc(s, '"');
    dp_rdata_print_text(s, v->data, v->size);
    dp_str_addc(s, '"');
}

void dp_rdata_svcb_print(struct dp_str *s, struct dp_cursor *c)
{
    for (const char *gap = ""; dp_cursor_left(c) > 0; gap = " ") {
        const uint16_t number = dp_cursor_u16(c, "");
        struct value v = {.size = dp_cursor_u16(c, "")};
        v.data = dp_cursor_bytes(c, v.size, "");
        dp_str_adds(s, gap);
        print_key(s, number);
        print_value(s, number, &v);
    }
}

/* ---- from text ---- */

struct param {
    uint16_t number;
    size_t at; /* of the value in the values' string */
    size_t size;
};

static int compare_params(const void *a, const void *b)
{
    const struct param *x = a;
    const struct param *y = b;
    return (x->number > y->number) - (x->number < y->number);
}

/* "key", "key=value" or "key="value"": appends the value's octets to `values`. */
static enum dp_err parse_param(const struct dp_token *token, struct dp_str *values, struct param *param)
{
    const char *equals = memchr(token->text, '=', token->size);
    const size_t name_size = equals == NULL ? token->size : (size_t)(equals - token->text);
    enum dp_err err = key_from_text(token->text, name_size, &param->number);
    struct dp_str octets;
    dp_str_init(&octets, 0);
    if (err == DP_OK && equals != NULL) {
        const char *text = equals + 1;
        size_t size = token->size - name_size - 1;
        if (size >= 2 && text[0] == '"' && text[size - 1] == '"') {
            text++;
            size -= 2;
        }
        err = dp_token_octets(&octets, text, size);
    }
    const struct key *key = key_by_number(param->number);
    param->at = values->len_bytes;
    if (err == DP_OK && key != NULL) {
        err = key->parse(values, dp_str_text(&octets), octets.len_bytes);
    } else if (err == DP_OK) {
        dp_str_add(values, dp_str_text(&octets), octets.len_bytes);
    }
    param->size = values->len_bytes - param->at;
    dp_str_fini(&octets);
    return err;
}

static bool has_param(const struct param *params, size_t n, uint16_t number)
{
    const struct param wanted = {.number = number};
    return bsearch(&wanted, params, n, sizeof *params, compare_params) != NULL;
}

/* Keys once each, what `mandatory` lists is there,
 * no-default-alpn only beside alpn (sections 2.2, 7.1, 8). */
static bool params_agree(const struct param *params, size_t n, const struct dp_str *values)
{
    for (size_t i = 1; i < n; i++) {
        if (params[i].number == params[i - 1].number) {
            return false;
        }
    }
    if (n > 0 && params[0].number == KEY_MANDATORY && dp_str_ok(values)) {
        const uint8_t *list = (const uint8_t *)values->data + params[0].at;
        for (size_t i = 0; i + 1 < params[0].size; i += 2) {
            if (!has_param(params, n, be16(list + i))) {
                return false;
            }
        }
    }
    return !has_param(params, n, KEY_NO_ALPN) || has_param(params, n, KEY_ALPN);
}

enum dp_err dp_rdata_svcb_parse(struct dp_rdata_text *text, struct dp_str *out)
{
    struct param params[PARAMS_MAX];
    struct dp_token token;
    struct dp_str values;
    size_t n = 0;
    enum dp_err err = DP_OK;
    dp_str_init(&values, 0);
    while (err == DP_OK && dp_token_next(&text->tokens, &token)) {
        err = n < PARAMS_MAX ? parse_param(&token, &values, &params[n]) : DP_ERR_LIMIT;
        n++;
    }
    if (err == DP_OK) {
        qsort(params, n, sizeof params[0], compare_params);
        err = params_agree(params, n, &values) ? DP_OK : DP_ERR_SYNTAX;
    }
    for (size_t i = 0; err == DP_OK && i < n; i++) {
        if (params[i].size > UINT16_MAX) {
            err = DP_ERR_RANGE;
            break;
        }
        dp_rdata_add_be(out, params[i].number, 2);
        dp_rdata_add_be(out, params[i].size, 2);
        dp_str_add(out, dp_str_text(&values) + params[i].at, params[i].size);
    }
    dp_str_fini(&values);
    return err;
}
