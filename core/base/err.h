/* SPDX-License-Identifier: MIT
 * Error codes shared by all rooms of core/. */
#ifndef DP_BASE_ERR_H
#define DP_BASE_ERR_H

#include <stddef.h>

/* 0 is success. Functions return one of these and set their outputs only on success. */
enum dp_err {
#define DP_ERR(symbol, text) DP_ERR_##symbol,
#include "base/err.def"
#undef DP_ERR
    DP_ERR_COUNT_
};
#define DP_OK DP_ERR_OK

/* Where a parser of outside bytes stopped: the byte offset, and the field it was reading
 * (a string literal, never freed). */
struct dp_place {
    enum dp_err err;
    size_t offset;
    const char *field;
};

/* For people. Never NULL. */
const char *dp_err_text(enum dp_err err);

#endif
