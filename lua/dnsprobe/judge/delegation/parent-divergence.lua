-- SPDX-License-Identifier: MIT
--- delegation.parent-divergence: the servers of a zone above do not agree on the delegation below it.
--
-- At each level of the walk every server was asked. What they say of the next cut is compared server by
-- server, never as a union:
--   1. Existence: one refers, another says NXDOMAIN with authority. The delegation is there for some
--      resolvers only.
--   2. NS set: two referrals to the same zone name different servers.
-- A server that answers itself, because it serves the zone below too, says nothing about the delegation. The
-- minority is named; where the sides are even, the denial, or the list that the zone itself does not confirm,
-- is the odd one. Servers of a level that were asked again gave the same once more: a change on its way is
-- not told.

local cuts = require "dnsprobe.judge.tool.cuts"
local dig = require "dnsprobe.judge.tool.dig"
local names = require "dnsprobe.judge.tool.delegated"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

-- Where the sides are even the list that the zone itself gives is the right one.
local function put_right_first(camps, child_ns)
    local first, second = camps[1], camps[2]
    if #first.servers == #second.servers and first.ns and second.ns and child_ns then
        local a = #(names.difference(first.ns, child_ns))
        local b = #(names.difference(second.ns, child_ns))
        if b < a then
            camps[1], camps[2] = second, first
        end
    end
end

-- Did the servers say the same when they were asked again? `again`: level's zone → server address → last kind
-- and set.
local function holds(camps, again)
    for _, camp in ipairs(camps) do
        for _, server in ipairs(camp.servers) do
            local later = again[server.address]
            if later and later ~= camp.key then
                return false
            end
        end
    end
    return true
end

--- What was said when the servers of a level were asked again, by address.
local function later_of(data, zone)
    local out = {}
    for _, sample in ipairs(data.above_again or {}) do
        if sample.zone == zone then
            out[sample.address] = cuts.said(sample, zone)
        end
    end
    return out
end

-- Addresses and answers of servers that only these referrals lead to.
local function follows(truth, only)
    local addresses, values = {}, {}
    for _, group in ipairs(truth.groups) do
        local name = group.target.name and group.target.name:lower()
        if name and only[name] then
            addresses[#addresses + 1] = group.target.address
            for type in pairs(truth.types) do
                for key in pairs(truths.of_group(group, type).keys) do
                    values[#values + 1] = key
                end
            end
        end
    end
    return addresses, values
end

local function targets_of(servers)
    local list = {}
    for i, server in ipairs(servers) do
        list[i] = { name = server.name, address = server.address,
            port = server.exchange and server.exchange.server.port }
    end
    return list
end

local function text_of(camp, other)
    if not camp.ns then
        return "say that it does not exist (NXDOMAIN)"
    elseif not other.ns then
        return "refer to " .. words.some(camp.ns)
    end
    local only = names.difference(camp.ns, other.ns)
    local without = names.difference(other.ns, camp.ns)
    local parts = {}
    parts[1] = #only > 0 and "name " .. words.some(only) or nil
    parts[#parts + 1] = #without > 0 and "leave out " .. words.some(without) or nil
    return words.list(parts)
end

-- The servers that only the odd camp names, as a list and a set.
local function only_odd(odd, right)
    local set, list = {}, odd.ns and right.ns and names.difference(odd.ns, right.ns) or {}
    for _, name in ipairs(list) do
        set[name] = true
    end
    return list, set
end

local function report_level(report, data, level, zone, camps, truth)
    local right, odd = camps[1], camps[2]
    local denies = not odd.ns or not right.ns
    local hosts, only = only_odd(odd, right)
    local addresses, values = follows(truth, only)
    local targets = targets_of(odd.servers)
    local asked = #right.servers + #odd.servers
    if denies then
        values[#values + 1] = "nxdomain"
    end
    report:finding {
        id = "delegation.parent-divergence",
        severity = (denies or #hosts > 0) and "critical" or "warning",
        summary = ("the servers of %s disagree on the delegation of %s: %s (%s) %s, the other%s %s"):format(
            level.zone == "." and "the root" or level.zone, zone, words.servers(targets),
            words.of(#odd.servers, asked),
            text_of(odd, right), #right.servers == 1 and "" or "s", text_of(right, odd)),
        subject = words.subject(targets[1], { name = zone, type = "NS" }),
        evidence = { odd.servers[1].exchange, right.servers[1].exchange },
        weight = #odd.servers / asked,
        facts = { servers = addresses, names = hosts, values = values,
            kinds = denies and { "nxdomain", "servfail" } or nil },
        fix = ("Tell whoever runs %s (the registry, or the operator of that zone): the server has an old "
            .. "copy, its transfer stands still."):format(words.servers(targets)),
        reproduce = dig.lines(
            { targets[1], targets_of(right.servers)[1] }, data.name or report.target.name,
            report.target.types[1], { norecurse = true, extra = { "+authority" } }, 2),
    }
end

---@param report dnsprobe.StepReport
---@param data table what step `delegation` measured
---@param truth dnsprobe.Truth
function M.judge(report, data, truth)
    local levels = data.trace.levels
    for i = 1, #levels - 1 do
        local zone = levels[i + 1].zone:lower()
        local camps = cuts.camps(levels[i], zone)
        if #camps > 1 then
            put_right_first(camps, levels[i + 1].zone == data.trace.zone and data.trace.child.ns or nil)
            if holds(camps, later_of(data, zone)) then
                report_level(report, data, levels[i], zone, camps, truth)
            end
        end
    end
end

return M
