/* SPDX-License-Identifier: MIT
 * Names and texts of the error codes, both from the rows of err.def. */
#include "base/err.h"

static const char *const names[] = {
#define DP_ERR(symbol, text) #symbol,
#include "base/err.def"
#undef DP_ERR
};

static const char *const texts[] = {
#define DP_ERR(symbol, text) text,
#include "base/err.def"
#undef DP_ERR
};

const char *dp_err_name(enum dp_err err)
{
    return (unsigned)err < DP_ERR_COUNT_ ? names[err] : "?";
}

const char *dp_err_text(enum dp_err err)
{
    return (unsigned)err < DP_ERR_COUNT_ ? texts[err] : "unknown error";
}
