-- SPDX-License-Identifier: MIT
-- Always slow, and failing when the client's timeout fires first? Times of the resolvers and the zone's
-- servers.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "latency",
    summary = "how long answers take, how many come late, and at whom",
    steps = { "recursive", "nameservers", "timings" },
}
