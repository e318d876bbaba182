-- SPDX-License-Identifier: MIT
--- Findings about the contents of a zone at its servers: nodes, divergence, serials.

local answers = require "dnsprobe.dns.answers"
local dig = require "dnsprobe.judge.tool.dig"
local recorded = require "dnsprobe.judge.tool.evidence"
local match = require "dnsprobe.judge.match"
local servers = require "dnsprobe.judge.tool.servers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"
local zone = require "dnsprobe.judge.tool.zone"

local M = {}

local function exchanges_of(points, most)
    local list = {}
    for i = 1, math.min(#points, most or 3) do
        list[i] = points[i].exchange
    end
    return list
end

local function sorted_types(truth)
    local types = {}
    for type in pairs(truth.types) do
        types[#types + 1] = type
    end
    table.sort(types)
    return types
end

local function text_of(key)
    return (key == "nodata" or key == "nxdomain") and key:upper() or key
end

--- Every value (or kind of "none") that these servers gave, sorted.
local function values_of(list)
    local values, seen = {}, {}
    for _, series in ipairs(list) do
        for _, point in ipairs(series.points) do
            for _, feature in ipairs(point.features) do
                if not seen[feature] then
                    seen[feature] = true
                    values[#values + 1] = feature
                end
            end
        end
    end
    table.sort(values)
    return values
end

local function report_node(report, truth, type, fault)
    local series = fault.series
    local wrong, total = #fault.wrong, #series.points
    local evidence = exchanges_of(fault.wrong, 2)
    for _, point in ipairs(series.points) do
        if point.key == fault.right then
            evidence[#evidence + 1] = point.exchange
            break
        end
    end
    report:finding {
        id = "auth.node-divergence",
        severity = "critical",
        summary = string.format(
            "%s gives %s in %s samples and %s in the others: %s",
            words.server(series.target),
            text_of(fault.wrong[1].key),
            words.of(wrong, total),
            text_of(fault.right),
            fault.reason
        ),
        subject = words.subject(series.target, { name = truth.name, type = type }),
        stats = { failures = wrong, samples = total },
        evidence = evidence,
        weight = wrong / total * servers.share(truth.groups, { [series.target.address] = true }),
        facts = {
            servers = { series.target.address },
            values = values_of { series },
            nodes = fault.nodes and table.concat(fault.nodes, " ") or nil,
        },
        fix = "Several machines stand behind this one address and do not hold the same zone. Compare them one by one "
            .. "(by NSID or behind the load balancer) and repair the transfer to the one that is behind.",
        reproduce = {
            dig.repeated(
                dig.line(series.target, truth.name, type, { norecurse = true, nsid = true }),
                wrong,
                total
            ),
        },
    }
end

local function camp_text(camp)
    local names = {}
    for i, series in ipairs(camp.members) do
        names[i] = words.server(series.target)
    end
    return words.some(names, 3)
        .. (#names == 1 and " gives " or " give ")
        .. (camp.text:gsub("nodata", "NODATA"):gsub("nxdomain", "NXDOMAIN"))
end

local function divergence_summary(truth, type, fault)
    local parts = {}
    for _, camp in ipairs(fault.camps) do
        if camp ~= fault.right then
            parts[#parts + 1] = camp_text(camp)
        end
    end
    local others = fault.right and ", the others " .. text_of(fault.right.text) or ""
    return string.format("%s servers disagree about %s: %s%s",
        truth.link and "the name leads to " .. truth.name .. ", and that zone's" or "the zone's", type,
        words.some(parts, 3), others)
end

local function targets_of(list)
    local targets = {}
    for i, series in ipairs(list) do
        targets[i] = series.target
    end
    return targets
end

--- How long resolvers keep what each server gives (seconds).
local function ttls_of(truth, type)
    local ttls = {}
    for _, group in ipairs(truth.groups) do
        local one = truths.of_group(group, type)
        ttls[group.target.address] = one.good > 0 and math.max(1, one.ttl or 1) or nil
    end
    return ttls
end

local function report_servers(report, truth, types, fault)
    local wrong, evidence, targets, ids, hit = fault.wrong, {}, targets_of(fault.wrong), {}, {}
    local failures = 0
    for i, series in ipairs(wrong) do
        ids[i], hit[series.target.address] = series.target.address, true
        failures = failures + #series.points
        evidence[#evidence + 1] = series.points[1].exchange
    end
    local samples = 0
    for _, camp in ipairs(fault.camps) do
        for _, series in ipairs(camp.members) do
            samples = samples + #series.points
        end
    end
    if fault.right then
        evidence[#evidence + 1] = fault.right.members[1].points[1].exchange
        targets[#targets + 1] = fault.right.members[1].target
    end
    report:finding {
        id = "auth.ns-divergence",
        severity = "critical",
        summary = divergence_summary(truth, types[1], fault),
        subject = words.subject(wrong[1].target, { name = truth.name, type = table.concat(types, ",") }),
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        weight = servers.share(truth.groups, hit, ttls_of(truth, types[1])),
        facts = { servers = ids, values = values_of(wrong), by = fault.right and fault.by or "unknown" },
        fix = fault.right
                and "Repair the zone transfer to " .. words.servers(targets_of(wrong)) .. ": check NOTIFY, " .. "the transfer ACL and TSIG key, and that nobody edits the zone there by hand; then compare the serials."
            or "Find out which server has the intended data, and repair the zone transfer to the other.",
        reproduce = dig.lines(targets, truth.name, types[1], { norecurse = true }),
    }
end

local function behind_text(verdict)
    local parts = {}
    for _, series in ipairs(verdict.behind) do
        parts[#parts + 1] = string.format("%s has %d", words.server(series.target), series.serial)
    end
    for _, series in ipairs(verdict.mixed) do
        parts[#parts + 1] = words.server(series.target) .. " alternates between several"
    end
    return words.some(parts)
end

--- A server with the newest serial, to hold the others against.
local function newest_of(serials, verdict)
    for _, series in ipairs(serials) do
        if series.serial == verdict.newest and series.state ~= "mixed" then
            return series
        end
    end
end

local function report_serials(report, truth, verdict, serials, agree)
    local subject = verdict.behind[1] or verdict.mixed[1]
    local targets, evidence, ids, newest = {}, {}, {}, newest_of(serials, verdict)
    for _, list in ipairs { verdict.behind, verdict.mixed } do
        for _, series in ipairs(list) do
            targets[#targets + 1], ids[#ids + 1] = series.target, series.target.address
            evidence[#evidence + 1] = series.points[1].exchange
        end
    end
    if newest then
        targets[#targets + 1], evidence[#evidence + 1] = newest.target, newest.points[1].exchange
    end
    report:finding {
        id = "auth.serial-mismatch",
        severity = verdict.state == "differ" and not truth.link and "warning" or "info",
        summary = string.format(
            "SOA serials of %s differ: %s, the newest is %d%s",
            truth.zone,
            behind_text(verdict),
            verdict.newest,
            verdict.state == "separate" and " (each with an MNAME of its own: no common count)"
                or agree and "; the answers still agree"
                or ""
        ),
        subject = words.subject(subject.target, { name = truth.zone, type = "SOA" }),
        evidence = evidence,
        weight = 0,
        facts = { servers = ids, answers_agree = agree },
        fix = "Check the zone transfer to the servers that are behind: the next change may not reach them.",
        reproduce = dig.lines(targets, truth.zone, "SOA", { norecurse = true }),
    }
end

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
    for _, type in ipairs(sorted_types(truth)) do
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

--- Answers after the survey that a server must have given before it counts as gone over to the others' data.
local CAUGHT_UP_MIN = 3

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
                report_node(report, truth, type, fault)
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
        report_servers(report, truth, types, fault)
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
            "one version of the zone, yet over IPv4 and IPv6 the same servers answer differently: they look at who "
                .. "asks, and take the two addresses of this host for different places"
        )
    end
    if (verdict.state == "differ" and not seen.updated) or verdict.state == "separate" then
        report_serials(report, truth, verdict, serials, not fault and not seen.nodes)
    end
    for _, type in ipairs(truth.link and {} or sorted_types(truth)) do
        report:put("truth_" .. type, truths.text(truth.types[type], 8))
    end
end

return M
