/* SPDX-License-Identifier: MIT
 * Texts of the error codes, from the rows of err.def. */
#include "base/err.h"

static const char *const texts[] = {
#define DP_ERR(symbol, text) text,
#include "base/err.def"
#undef DP_ERR
};

const char *dp_err_text(enum dp_err err)
{
    return (unsigned)err < DP_ERR_COUNT_ ? texts[err] : "unknown error";
}
