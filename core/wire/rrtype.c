/* SPDX-License-Identifier: MIT
 * The rows of rrtypes.def as a table, and mnemonics of types and classes both ways. */
#include <stdio.h>
#include <string.h>

#include "wire/rdata.h"
#include "wire/token.h"

/* Versions of clang-format lay out such macros in different ways. */
/* clang-format off */
#define DP_FIELD(kind, name) {DP_RDATA_##kind, #name}
/* clang-format on */
struct field_shape {
    enum dp_rdata_kind kind;
    const char *name;
};

static const struct dp_rrtype rows[] = {
#define DP_RRTYPE(symbol, mnemonic, number, rfc, ...)                                                        \
    {mnemonic,                                                                                               \
     number,                                                                                                 \
     rfc,                                                                                                    \
     sizeof((struct field_shape[]){__VA_ARGS__}) / sizeof(struct field_shape),                               \
     {__VA_ARGS__}},
#define DP_RRTYPE_BARE(symbol, mnemonic, number, rfc) {mnemonic, number, rfc, 0, {{DP_RDATA_U8, NULL}}},
#include "wire/rrtypes.def"
#undef DP_RRTYPE
#undef DP_RRTYPE_BARE
};

enum row {
#define DP_RRTYPE(symbol, mnemonic, number, rfc, ...) ROW_##symbol,
#define DP_RRTYPE_BARE(symbol, mnemonic, number, rfc) ROW_##symbol,
#include "wire/rrtypes.def"
#undef DP_RRTYPE
#undef DP_RRTYPE_BARE
    ROW_COUNT
};

static const struct {
    const char *mnemonic;
    uint16_t number;
} classes[] = {{"RESERVED0", 0}, {"IN", 1},    {"CH", 3},    {"HS", 4},
               {"NONE", 254},    {"ANY", 255}, {"CHAOS", 3}, {"HESIOD", 4}};

const struct dp_rrtype *dp_rrtype_by_number(uint16_t type)
{
    switch (type) {
#define DP_RRTYPE(symbol, mnemonic, number, rfc, ...)                                                        \
    case number:                                                                                             \
        return &rows[ROW_##symbol];
#define DP_RRTYPE_BARE(symbol, mnemonic, number, rfc)                                                        \
    case number:                                                                                             \
        return &rows[ROW_##symbol];
#include "wire/rrtypes.def"
#undef DP_RRTYPE
#undef DP_RRTYPE_BARE
    default: /* a number from the wire, not an enum */
        return NULL;
    }
}

size_t dp_rrtype_count(void)
{
    return ROW_COUNT;
}

const struct dp_rrtype *dp_rrtype_at(size_t index)
{
    return &rows[index];
}

enum { NXNAME = 128 };

/* TYPE123 or CLASS123 (RFC 3597, section 5). */
static bool generic_number(const struct dp_token *token, const char *prefix, uint16_t *number)
{
    const size_t skip = strlen(prefix);
    uint64_t value = 0;
    if (token->size <= skip) {
        return false;
    }
    const struct dp_token head = {.text = token->text, .size = skip};
    const struct dp_token digits = {.text = token->text + skip, .size = token->size - skip};
    if (!dp_token_is(&head, prefix) || !dp_token_number(&digits, UINT16_MAX, &value)) {
        return false;
    }
    *number = (uint16_t)value;
    return true;
}

enum dp_err dp_rrtype_from_text(const char *text, size_t size_bytes, uint16_t *type)
{
    const struct dp_token token = {.text = text, .size = size_bytes};
    for (size_t i = 0; i < ROW_COUNT; i++) {
        if (dp_token_is(&token, rows[i].mnemonic)) {
            *type = rows[i].number;
            return DP_OK;
        }
    }
    if (dp_token_is(&token, "NXNAME")) { /* RFC 9824; dig 9.18 prints TYPE128 */
        *type = NXNAME;
        return DP_OK;
    }
    return generic_number(&token, "TYPE", type) ? DP_OK : DP_ERR_UNKNOWN_TYPE;
}

void dp_rrtype_print(struct dp_str *s, uint16_t type)
{
    const struct dp_rrtype *row = dp_rrtype_by_number(type);
    if (row != NULL) {
        dp_str_adds(s, row->mnemonic);
    } else {
        dp_str_addf(s, "TYPE%u", type);
    }
}

enum dp_err dp_rrclass_from_text(const char *text, size_t size_bytes, uint16_t *rrclass)
{
    const struct dp_token token = {.text = text, .size = size_bytes};
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (dp_token_is(&token, classes[i].mnemonic)) {
            *rrclass = classes[i].number;
            return DP_OK;
        }
    }
    return generic_number(&token, "CLASS", rrclass) ? DP_OK : DP_ERR_UNKNOWN_TYPE;
}

void dp_rrclass_print(struct dp_str *s, uint16_t rrclass)
{
    for (size_t i = 0; i < sizeof classes / sizeof classes[0]; i++) {
        if (classes[i].number == rrclass) {
            dp_str_adds(s, classes[i].mnemonic);
            return;
        }
    }
    dp_str_addf(s, "CLASS%u", rrclass);
}
