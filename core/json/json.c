/* SPDX-License-Identifier: MIT
 * libcjson recurses as deep as its input is nested, so depth and size are looked at before it runs. And its
 * strings end at a NUL: what stands behind one would be lost without a word. */
#include "json/json.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <string.h>

#define BYTES_DEFAULT (64u << 20)
#define DEPTH_DEFAULT 64u

/* Whether a string has a NUL at this place, escaped or bare. */
static bool is_nul(const char *text, size_t size_bytes)
{
    static const char escaped[] = "\\u0000";
    return *text == '\0' ||
           (size_bytes >= sizeof escaped - 1 && memcmp(text, escaped, sizeof escaped - 1) == 0);
}

/* What libcjson must not see: LIMIT at the bracket that is one too deep, NUL at one in a string. */
static enum dp_err look_ahead(const char *text, size_t size_bytes, unsigned max_depth, size_t *offset)
{
    unsigned depth = 0;
    bool in_string = false;
    for (size_t i = 0; i < size_bytes; i++) {
        const char c = text[i];
        *offset = i;
        if (in_string) {
            if (is_nul(text + i, size_bytes - i)) {
                return DP_ERR_NUL;
            }
            i += c == '\\';
            in_string = c != '"';
        } else if (c == '"') {
            in_string = true;
        } else if ((c == '[' || c == '{') && ++depth > max_depth) {
            return DP_ERR_LIMIT;
        } else if ((c == ']' || c == '}') && depth > 0) {
            depth--;
        }
    }
    return DP_OK;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static cJSON *fail(enum dp_err code, size_t offset, enum dp_err *err, size_t *error_offset)
{
    if (err != NULL) {
        *err = code;
    }
    if (error_offset != NULL) {
        *error_offset = offset;
    }
    return NULL;
}

struct cJSON *dp_json_parse(const char *text, size_t size_bytes, const struct dp_json_limits *limits,
                            enum dp_err *err, size_t *error_offset)
{
    const size_t max_bytes = limits != NULL && limits->max_bytes != 0 ? limits->max_bytes : BYTES_DEFAULT;
    const unsigned max_depth = limits != NULL && limits->max_depth != 0 ? limits->max_depth : DEPTH_DEFAULT;
    if (size_bytes > max_bytes) {
        return fail(DP_ERR_LIMIT, max_bytes, err, error_offset);
    }
    size_t offset = 0;
    const enum dp_err seen = look_ahead(text, size_bytes, max_depth, &offset);
    if (seen != DP_OK) {
        return fail(seen, offset, err, error_offset);
    }
    const char *end = text;
    cJSON *json = cJSON_ParseWithLengthOpts(text, size_bytes, &end, false);
    size_t at = end != NULL ? (size_t)(end - text) : 0;
    while (json != NULL && at < size_bytes && is_space(text[at])) {
        at++;
    }
    if (json == NULL || at < size_bytes) {
        cJSON_Delete(json);
        return fail(DP_ERR_JSON, at, err, error_offset);
    }
    return json;
}
