/* SPDX-License-Identifier: MIT
 * Names of outcomes and stray reasons, from their rows. */
#include "exchange/exchange.h"

static const char *const outcomes[] = {
#define DP_OUTCOME(symbol, name) name,
#include "exchange/outcomes.def"
#undef DP_OUTCOME
};

static const char *const stray_reasons[] = {
#define DP_STRAY(symbol, name) name,
#include "exchange/strays.def"
#undef DP_STRAY
};

const char *dp_outcome_name(enum dp_outcome outcome)
{
    return (unsigned)outcome < DP_OUTCOME_COUNT_ ? outcomes[outcome] : "unknown";
}

const char *dp_stray_reason_name(enum dp_stray_reason reason)
{
    return (unsigned)reason < DP_STRAY_COUNT_ ? stray_reasons[reason] : "unknown";
}
