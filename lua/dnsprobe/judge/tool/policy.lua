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

-- Denials that this host's resolver gives with an authority that it does not have: a local zone made of
-- nothing.
local function is_denied(view)
    for _, row in ipairs(view.wrong) do
        local kind = row.answer.kind
        if not row.answer.aa or kind ~= "nodata" and kind ~= "nxdomain" then
            return false
        end
    end
    return view.state == "behind" and #view.wrong > 0
end

-- AAAA that is taken out for every name, and nothing else, is how networks without IPv6 are run.
local function is_ipv6_only(found)
    return #found.types == 1 and found.types[1] == "AAAA" and found.kind == "nodata"
end

local function add_denial(found, group, view, type)
    local row = view.wrong[1]
    found = found or { target = group.target, types = {}, values = {}, failures = 0, samples = 0,
        why = "it denies the name with an authority of its own" }
    found.types[#found.types + 1] = type
    found.failures, found.samples = found.failures + #view.wrong, found.samples + #view.rows
    found.exchange, found.said = found.exchange or row.exchange, found.said or answers.text(row.answer)
    found.kind = found.kind or row.answer.kind
    return found
end

local function add_policy(found, group, view, type)
    found = found
        or { target = group.target, types = {}, why = view.why, values = {}, failures = 0, samples = 0 }
    found.types[#found.types + 1] = type
    found.failures, found.samples = found.failures + view.policy, found.samples + #view.rows
    for _, row in ipairs(view.rows) do
        if resolvers.policy(row.answer) then
            found.exchange = found.exchange or row.exchange
            found.said, found.kind = found.said or answers.text(row.answer), found.kind or row.answer.kind
            table.move(row.answer.values, 1, #row.answer.values, #found.values + 1, found.values)
            break
        end
    end
    return found
end

local function blocking(group, types, truth)
    local found
    for _, type in ipairs(types) do
        local view = resolvers.view(group, type, truth.types[type])
        if group.target.host and is_denied(view) then
            found = add_denial(found, group, view, type)
        elseif view.state == "policy" then
            found = add_policy(found, group, view, type)
        end
    end
    return found and not (group.target.host and is_ipv6_only(found)) and found or nil
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
