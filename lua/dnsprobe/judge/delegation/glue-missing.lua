-- SPDX-License-Identifier: MIT
--- delegation.glue-missing: needed glue is absent.

local names = require "dnsprobe.judge.tool.delegated"
local referrals = require "dnsprobe.judge.tool.referrals"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, trace)
    local missing = names.missing_glue(trace.zone, trace.parent.ns or {}, trace.parent.glue or {})
    if #missing == 0 then
        return
    end
    local all = #missing == #trace.parent.ns
    local targets, exchanges = referrals.referring(trace)
    report:finding {
        id = "delegation.glue-missing",
        severity = all and "critical" or "warning",
        summary = string.format(
            "the parent gives no address for %s, whose name lies in %s itself: %s",
            words.some(missing),
            trace.zone,
            all and "nobody can get there" or "resolvers cannot find that server"
        ),
        subject = { name = missing[1], label = missing[1] },
        evidence = exchanges,
        weight = all and 1 or 0,
        facts = { names = missing },
        fix = "At the registrar, register the addresses of "
            .. words.some(missing)
            .. " as host records (glue).",
        reproduce = referrals.reproduce(trace, missing[1], targets),
    }
end

return M
