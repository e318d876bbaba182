-- SPDX-License-Identifier: MIT
-- The failure that hits some users, some of the time: eight steps from the host outwards, one cause at the
-- end.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "intermittent",
    summary = "finds what makes a name fail for some users, some of the time",
    steps = {
        "not-dns",
        "recursive",
        "nameservers",
        "delegation",
        "transport",
        "alias",
        "rate-limit",
        "stub-cache",
    },
}
