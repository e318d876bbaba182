/* SPDX-License-Identifier: MIT
 * JSON behind limits, and DNS messages as RFC 8427 objects. Trees are libcjson's: the caller frees them with
 * cJSON_Delete. All text written is valid UTF-8: what is not printable is escaped as \DDD before it gets
 * here. */
#ifndef DP_JSON_JSON_H
#define DP_JSON_JSON_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct cJSON;
struct dp_msg;

struct dp_json_limits {
    size_t max_bytes;   /* of the text; 0: 64 MiB */
    unsigned max_depth; /* of nested arrays and objects; 0: 64 */
};

/* Parses one JSON value, with nothing but white space around it. NULL on failure: *err is LIMIT, JSON or NUL
 * (one in a string, which libcjson would cut there), and *error_offset the octet where the text went wrong
 * (both may be NULL). `limits` may be NULL. */
struct cJSON *dp_json_parse(const char *text, size_t size_bytes, const struct dp_json_limits *limits,
                            enum dp_err *err, size_t *error_offset);

/* The message as an RFC 8427 object. Extensions: RCODEname, and EDNS with decoded options; OPT is also the
 * last of additionalRRs, so that nothing is lost. `wire` (may be NULL) becomes messageOctetsHEX. NULL: out of
 * memory. */
struct cJSON *dp_json_from_msg(const struct dp_msg *msg, const uint8_t *wire, size_t wire_bytes);

/* The way back: names, records and OPT are read into `a`; RDATAHEX is preferred to the text form. SYNTAX,
 * RANGE, ...: *field (may be NULL) names the member, static. *msg is set on success only. */
enum dp_err dp_json_to_msg(const struct cJSON *json, struct dp_arena *a, struct dp_msg *msg,
                           const char **field);

#endif
