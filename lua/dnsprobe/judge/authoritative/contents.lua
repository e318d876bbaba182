-- SPDX-License-Identifier: MIT
--- What differs between the servers of a zone: first between the machines behind one address, then between
--- servers, then their serials.

local answers = require "dnsprobe.dns.answers"
local contents = require "dnsprobe.judge.tool.contents"
local match = require "dnsprobe.judge.match"
local node_divergence = require "dnsprobe.judge.authoritative.node-divergence"
local ns_divergence = require "dnsprobe.judge.authoritative.ns-divergence"
local recorded = require "dnsprobe.judge.tool.evidence"
local serial_mismatch = require "dnsprobe.judge.authoritative.serial-mismatch"
local truths = require "dnsprobe.judge.truth"
local zone = require "dnsprobe.judge.tool.zone"

local M = {}

--- Answers after the survey that a server must have given before it counts as gone over to the others' data.
local CAUGHT_UP_MIN = 3

local function all_serials(truth)
    local list, by_id = {}, {}
    for i, group in ipairs(truth.groups) do
        list[i] = zone.serials(group)
        by_id[group.id] = list[i]
    end
    return list, by_id
end

--- The types whose answers may be compared. Beyond an alias, what a content network answers by place may not.
local function judged_types(report, truth, resolvers)
    local types = {}
    for _, type in ipairs(contents.sorted_types(truth)) do
        local placed = truth.link
            and match.by_place(truth.types[type], truth.name, resolvers and resolvers.domain or {})
        types[#types + 1] = not placed and type or nil
        if placed then
            report:note(
                truth.name
                    .. " "
                    .. type
                    .. " is answered by the client's place: its servers are not compared"
            )
        end
    end
    return types
end

--- Did all servers with the other data go over to the right one later in the run, and stay there? Then it was
--- an update on its way through the servers.
local function caught_up(report, truth, type, fault)
    for _, series in ipairs(fault.right and fault.wrong or {}) do
        local same = 0
        for _, answer in ipairs(recorded.later(report, series.id, truth.name, type)) do
            if answers.usable(answer) and answer.aa then
                same = answer.key == fault.right.text and same + 1 or 0
            end
        end
        if same < CAUGHT_UP_MIN then
            return false
        end
    end
    return fault.right ~= nil
end

--- The worst divergence over all types, and the types in which servers differ.
local function judge_types(report, truth, by_id, resolvers)
    local node_ids, differing, first, moving, sharded, placed, updated =
        {}, {}, nil, false, false, false, false
    local nodes_reported = {}
    for _, type in ipairs(judged_types(report, truth, resolvers)) do
        local faults, ids = zone.nodes(truth, type, by_id)
        for _, fault in ipairs(faults) do
            if not nodes_reported[fault.series.id] then
                node_divergence.judge(report, truth, type, fault)
                nodes_reported[fault.series.id] = true
            end
        end
        for id in pairs(ids) do
            node_ids[id] = true
        end
        local fault, difference = zone.servers(truth, type, by_id, node_ids)
        moving, sharded = moving or difference.moving, sharded or difference.sharded
        placed = placed or difference.placed
        if fault and caught_up(report, truth, type, fault) then
            moving, updated = true, true
        elseif fault then
            differing[#differing + 1], first = type, first or fault
        end
    end
    return first, differing, { nodes = next(node_ids) ~= nil, moving = moving, sharded = sharded,
        placed = placed, updated = updated and not first }
end

--- Report what differs between the servers of a zone.
---@param report dnsprobe.Report
---@param truth dnsprobe.Truth
---@param resolvers dnsprobe.ResolverGroups? what resolvers give
function M.judge(report, truth, resolvers)
    local serials, by_id = all_serials(truth)
    local fault, types, seen = judge_types(report, truth, by_id, resolvers)
    if fault then
        ns_divergence.judge(report, truth, types, fault)
    end
    local verdict = zone.versions(serials)
    if verdict.state == "moving" or seen.moving then
        report:note(
            "the zone was updated while it was measured: servers went over from the old data to the new"
        )
    end
    if seen.sharded then
        report:note(
            "each server gives its own short-lived addresses out of one network: a pool shared out, no fault"
        )
    end
    if seen.placed then
        report:note(
            "one version of the zone, yet over IPv4 and IPv6 the same servers answer differently: they look "
                .. "at who asks, and take the two addresses of this host for different places"
        )
    end
    if (verdict.state == "differ" and not seen.updated) or verdict.state == "separate" then
        serial_mismatch.judge(report, truth, verdict, serials, not fault and not seen.nodes)
    end
    for _, type in ipairs(truth.link and {} or contents.sorted_types(truth)) do
        report:put("truth_" .. type, truths.text(truth.types[type], 8))
    end
end

return M
