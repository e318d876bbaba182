-- SPDX-License-Identifier: MIT
-- Many domains, night after night: is each one delegated as it should be, and do its servers answer alike?
-- Cheap enough for a list of thousands: dnsprobe run portfolio --domains list.txt --samples 2 -o night.jsonl

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "portfolio",
    summary = "a list of domains: delegation, glue, and every server of each zone (use with --domains)",
    params = {
        regions = { type = "boolean", default = false,
            help = "ask on behalf of clients on all continents; no: only where servers are seen to differ" },
    },
    steps = { "nameservers", "delegation" },
}
