-- SPDX-License-Identifier: MIT
--- client.split-dns: this host's resolvers have a view of their own.

local answers = require "dnsprobe.dns.answers"
local dig = require "dnsprobe.judge.tool.dig"
local hostview = require "dnsprobe.judge.tool.hostview"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@class dnsprobe.OwnView a resolver of this host that disagrees with the truth
---@field view dnsprobe.View
---@field what "stale"|"split"
---@field why string

--- This host's resolvers that disagree, with what that makes of them.
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
---@param types string[]
---@return dnsprobe.OwnView[]
function M.disagreeing(groups, truth, types)
    local list, split = {}, {}
    for _, group in ipairs(groups.domain) do
        for _, type in ipairs(group.target.host and types or {}) do
            local one = truth.types[type]
            local view = resolvers.view(group, type, one)
            if view.state == "behind" or view.state == "mixed" then
                local what, why = hostview.disagreement(view, one, truth.zone)
                list[#list + 1] = { view = view, what = what, why = why, truth = one, group = group }
                split[group.id] = split[group.id] or (what == "split" and why or nil)
            end
        end
    end
    for _, own in ipairs(list) do
        if split[own.group.id] and own.what ~= "split" then
            own.what, own.why = "split", split[own.group.id]
        end
    end
    return list
end

-- Adds what a view gives instead of the public answer, each value once.
local function add_wrong(values, seen, view)
    for _, row in ipairs(view.wrong) do
        for _, value in ipairs(row.answer.kind == "data" and row.answer.values or { row.answer.key }) do
            values[#values + 1] = not seen[value] and value or nil
            seen[value] = true
        end
    end
end

-- The views that are split from the public one.
local function split_views(groups, truth, types)
    local found = {}
    for _, own in ipairs(M.disagreeing(groups, truth, types)) do
        found[#found + 1] = own.what == "split" and own or nil
    end
    return found
end

function M.judge(report, groups, truth)
    local found = split_views(groups, truth, report.target.types)
    if #found == 0 then
        return
    end
    local values, exchanges, seen, addresses, failures, samples = {}, {}, {}, {}, 0, 0
    for _, own in ipairs(found) do
        add_wrong(values, seen, own.view)
        if not seen[own.view.target] then
            seen[own.view.target] = true
            addresses[#addresses + 1] = own.view.target.address
        end
        failures, samples = failures + own.view.other, samples + #own.view.rows
        exchanges[#exchanges + 1] = own.view.wrong[1].exchange
    end
    local first = found[1]
    local link = first.view.target.link and " on link " .. first.view.target.link or ""
    report:finding {
        id = "client.split-dns",
        severity = "critical",
        summary = string.format(
            "%s, configured on this host%s, gives %s for %s, the public view is %s: %s",
            words.server(first.view.target),
            link,
            answers.text(first.view.wrong[1].answer),
            first.view.type,
            truths.text(first.truth, 3),
            first.why
        ),
        subject = words.subject(first.view.target, { name = report.target.name, type = first.view.type }),
        stats = { failures = failures, samples = samples },
        evidence = exchanges,
        weight = 1,
        facts = { servers = addresses, values = values, addresses = values, host = true },
        fix = "If the internal view is meant, reach the service by it from here; if not, correct the VPN's "
            .. "split-DNS domains or take the resolver off this host.",
        reproduce = dig.lines({ first.view.target }, report.target.name, first.view.type),
    }
end

return M
