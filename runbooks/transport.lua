-- SPDX-License-Identifier: MIT
-- Does every form of a question get through: EDNS, large answers, TCP, validation?

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "transport",
    summary = "UDP, EDNS, fragments, TCP and DNSSEC at each server",
    steps = { "nameservers", "transport" },
}
