-- SPDX-License-Identifier: MIT
-- Has a change arrived everywhere? The resolvers of the world against the zone's own servers, per record
-- type. For more types than addresses: dnsprobe run propagation shop.example -t A,AAAA,MX,TXT,NS,CAA

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "propagation",
    summary = "which resolvers are behind the zone's own servers, and for how long",
    steps = { "recursive", "nameservers" },
}
