-- SPDX-License-Identifier: MIT
--- Resolvers that block the name by policy, as their answers show it (judge/tool/resolvers.lua, M.policy).

local answers = require "dnsprobe.dns.answers"
local resolvers = require "dnsprobe.judge.tool.resolvers"

local M = {}

---@class dnsprobe.Blocking one resolver that blocks
---@field target table
---@field types string[] that it blocks
---@field why string
---@field values string[] what it gives instead
---@field exchange dnsprobe.Exchange
---@field failures integer samples with the policy's answer
---@field samples integer

local function blocking(group, types, truth)
    local found
    for _, type in ipairs(types) do
        local view = resolvers.view(group, type, truth.types[type])
        if view.state == "policy" then
            found = found or { target = group.target, types = {}, why = view.why, values = {}, failures = 0,
                samples = 0 }
            found.types[#found.types + 1] = type
            found.failures, found.samples = found.failures + view.policy, found.samples + #view.rows
            for _, row in ipairs(view.rows) do
                if resolvers.policy(row.answer) then
                    found.exchange = found.exchange or row.exchange
                    found.said = found.said or answers.text(row.answer)
                    table.move(row.answer.values, 1, #row.answer.values, #found.values + 1, found.values)
                    break
                end
            end
        end
    end
    return found
end

--- The resolvers that block the name: this host's own, or the others.
---@param report dnsprobe.StepReport
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
---@param host boolean
---@return dnsprobe.Blocking[]
function M.blocking(report, groups, truth, host)
    local list = {}
    for _, group in ipairs(groups.domain) do
        if (group.target.host == true) == host then
            list[#list + 1] = blocking(group, report.target.types, truth)
        end
    end
    return list
end

return M
