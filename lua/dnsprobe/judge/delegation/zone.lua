-- SPDX-License-Identifier: MIT
--- One delegation judged: glue that is missing, servers without an address, lists that differ, glue that is
--- wrong.

local glue_mismatch = require "dnsprobe.judge.delegation.glue-mismatch"
local glue_missing = require "dnsprobe.judge.delegation.glue-missing"
local ns_mismatch = require "dnsprobe.judge.delegation.ns-mismatch"
local ns_unusable = require "dnsprobe.judge.delegation.ns-unusable"
local without_address = require "dnsprobe.judge.delegation.ns-without-address"

local M = {}

---@class dnsprobe.Delegation
---@field trace table the walk to the zone, as step `delegation` records it
---@field own dnsprobe.Batch what the zone's servers say of their addresses

--- Judge a delegation. That of a zone which an alias leads to is another party's: there only what keeps
--- look-ups from being answered is said, not lists that differ.
---@param report dnsprobe.Report
---@param data dnsprobe.Delegation
---@param truth dnsprobe.Truth
function M.judge(report, data, truth)
    local trace = data.trace
    glue_missing.judge(report, trace)
    without_address.judge(report, trace)
    ns_unusable.judge(report, trace)
    if not trace.child.ns or #trace.child.ns == 0 then
        report:note(
            "the servers of "
                .. trace.zone
                .. " did not say which servers they are: the sides cannot be compared"
        )
        return
    end
    if not truth.link then
        ns_mismatch.judge(report, trace)
    end
    glue_mismatch.judge(report, trace, truth, data.own)
end

return M
