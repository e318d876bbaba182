-- SPDX-License-Identifier: MIT
-- Do the registry and the zone agree on who serves it, and do those servers answer alike?

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "delegation",
    summary = "the walk from the root, glue, NS sets, and every server of the zone",
    steps = { "nameservers", "delegation" },
}
