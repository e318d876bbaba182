/* SPDX-License-Identifier: MIT
 * Names of stub statuses. */
#include "host/stub.h"

const char *dp_stub_status_name(enum dp_stub_status status)
{
    static const char *const names[] = {"ok",        "nodata",    "nxdomain", "servfail",
                                        "refused",   "error",     "timeout",  "unreachable",
                                        "malformed", "temporary", "canceled", "local"};
    return names[status];
}
