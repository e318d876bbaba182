-- SPDX-License-Identifier: MIT
-- Do the zone's servers speak EDNS as RFC 6891 says? A table of expected and seen for each of them.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "compliance",
    summary = "ISC's EDNS compliance tests against every server of a zone",
    steps = { "compliance" },
}
