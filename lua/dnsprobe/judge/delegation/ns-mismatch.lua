-- SPDX-License-Identifier: MIT
--- delegation.ns-mismatch: parent and zone list different servers.

local names = require "dnsprobe.judge.tool.delegated"
local referrals = require "dnsprobe.judge.tool.referrals"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, trace)
    local parent_only, child_only = names.difference(trace.parent.ns, trace.child.ns)
    if #parent_only + #child_only == 0 then
        return
    end
    local parts, all = {}, {}
    if #parent_only > 0 then
        parts[1] = "only the parent lists " .. words.some(parent_only)
    end
    if #child_only > 0 then
        parts[#parts + 1] = "only the zone lists " .. words.some(child_only)
    end
    table.move(parent_only, 1, #parent_only, 1, all)
    table.move(child_only, 1, #child_only, #all + 1, all)
    local targets, exchanges = referrals.referring(trace)
    report:finding {
        id = "delegation.ns-mismatch",
        severity = "warning",
        summary = string.format(
            "parent and zone name different servers for %s: %s",
            trace.zone,
            words.list(parts)
        ),
        subject = { name = trace.zone, type = "NS" },
        evidence = exchanges,
        weight = 0,
        facts = { names = all },
        fix = "Make the NS records of the zone and the delegation at the registrar the same list.",
        reproduce = referrals.reproduce(trace, trace.zone, targets),
    }
end

return M
