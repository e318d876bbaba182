-- SPDX-License-Identifier: MIT
--- Findings about the servers of one zone: silent, lame, flapping, without EDNS.

local dig = require "dnsprobe.judge.tool.dig"
local servers = require "dnsprobe.judge.tool.servers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local function targets_of(states)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target
    end
    return list
end

local function sum(states, member)
    local total = 0
    for _, state in ipairs(states) do
        total = total + state[member]
    end
    return total
end

local function gather(states, what)
    local list = {}
    for _, state in ipairs(states) do
        for _, exchange in ipairs(what and state[what] or servers.evidence(state, 2)) do
            list[#list + 1] = exchange
        end
    end
    return list
end

local function members_of(states, member)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target[member]
    end
    return list
end

--- The ways in which servers failed.
local function kinds_of(states)
    local kinds, seen = {}, {}
    local function add(kind)
        if not seen[kind] then
            seen[kind] = true
            kinds[#kinds + 1] = kind
        end
    end
    for _, state in ipairs(states) do
        for word in pairs(state.bad) do
            add(word:lower())
        end
        if state.timeouts > 0 then
            add("timeout")
        end
    end
    table.sort(kinds)
    return kinds
end

--- Members that all findings about some of the servers share.
local function about(truth, states, judged)
    local hit = {}
    for _, state in ipairs(states) do
        hit[state.target.address] = true
    end
    return {
        subject = words.subject(states[1].target, { name = truth.name }),
        weight = servers.share(truth.groups, hit),
        facts = {
            servers = members_of(states, "address"),
            names = members_of(states, "name"),
            kinds = kinds_of(states),
            all = judged.serving == 0,
        },
        reproduce = dig.lines(targets_of(states), truth.zone, "SOA", { norecurse = true }),
    }
end

local function report_as(report, finding, fields)
    for key, value in pairs(fields) do
        finding[key] = value
    end
    report:finding(finding)
end

local function judge_dead(report, truth, judged, dead)
    if #dead == 0 then
        return
    end
    local all = judged.serving == 0 and #judged.lame == 0
    report_as(report, about(truth, dead, judged), {
        id = "auth.ns-unreachable",
        severity = all and "critical" or "warning",
        summary = string.format(
            "%s never answered (0 of %d samples)%s",
            words.servers(targets_of(dead)),
            sum(dead, "n"),
            all and "; no server of the zone answers" or ""
        ),
        stats = { failures = sum(dead, "n"), samples = sum(dead, "n") },
        evidence = gather(dead),
        fix = "Bring the server back or open UDP and TCP port 53 to it; if it is gone for good, take it out "
            .. "of the "
            .. "delegation at the registrar and out of the zone's NS records.",
    })
end

local function judge_lame(report, truth, judged)
    local lame = judged.lame
    if #lame == 0 then
        return
    end
    local parts = {}
    for i, state in ipairs(lame) do
        parts[i] = words.server(state.target) .. ": " .. servers.complaints(state)
    end
    report_as(report, about(truth, lame, judged), {
        id = "auth.lame",
        severity = "critical",
        summary = string.format("delegated, but not authoritative for %s: %s", truth.zone, words.some(parts)),
        stats = { failures = sum(lame, "errors"), samples = sum(lame, "n") },
        evidence = gather(lame),
        fix = "Load the zone "
            .. truth.zone
            .. " on that server, or take the server out of the delegation and of the "
            .. "zone's NS records.",
    })
end

local function judge_flapping(report, truth, judged, flapping)
    if #flapping == 0 then
        return
    end
    local failures, samples = 0, sum(flapping, "n")
    for _, state in ipairs(flapping) do
        failures = failures + state.flips + (state.lossy and state.timeouts or 0)
    end
    local finding, evidence = about(truth, flapping, judged), gather(flapping)
    local asked = evidence[1].question
    finding.weight = finding.weight * failures / math.max(1, samples)
    report_as(report, finding, {
        id = "auth.ns-flapping",
        severity = "critical",
        summary = string.format(
            "%s failed %s samples (%s), far more than the others",
            words.servers(targets_of(flapping)),
            words.of(failures, samples),
            servers.complaints(flapping[1])
        ),
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        fix = "Look at that server's load, its socket buffers, and the machines behind its load balancer: "
            .. "one of them "
            .. "is likely failing.",
        reproduce = {
            dig.outcomes(
                dig.line(flapping[1].target, asked.name, asked.type, { norecurse = true, time = 2 }),
                failures,
                samples
            ),
        },
    })
end

--- Servers that answer without EDNS only. Step `transport` looks closer; alone, this step says it.
local function judge_edns(report, truth, judged)
    local states, exchanges = {}, {}
    for _, state in ipairs(judged.states) do
        local rejected = state.group.with_edns
        states[#states + 1] = rejected and state or nil
        exchanges[#exchanges + 1] = rejected and rejected[1] and rejected[1].exchange or nil
    end
    if #states == 0 or report.data.transport then
        return
    end
    report_as(report, about(truth, states, judged), {
        id = "path.edns-broken", severity = "critical", evidence = exchanges,
        summary = words.servers(targets_of(states)) .. " answers without EDNS only",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891).",
        reproduce = {
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true }),
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true, edns = false }),
        },
    })
end

--- The states that were not reported before: a server of two zones is dead or flapping once.
local function new_ones(states, kind, said)
    local list = {}
    for _, state in ipairs(states) do
        local key = kind .. " " .. state.group.id
        list[#list + 1] = not said[key] and state or nil
        said[key] = true
    end
    return list
end

--- Report what the servers of a zone are.
---@param report dnsprobe.Report
---@param truth dnsprobe.Truth
---@param judged dnsprobe.ServerReport
---@param said table<string, boolean> what was reported about the servers of other zones; added to
function M.judge(report, truth, judged, said)
    if #judged.unjudged > 0 then
        report:note(
            string.format(
                "%s could not be judged: nobody answers this vantage over that address family",
                words.servers(targets_of(judged.unjudged))
            )
        )
    end
    judge_dead(report, truth, judged, new_ones(judged.dead, "dead", said))
    judge_lame(report, truth, judged)
    judge_flapping(report, truth, judged, new_ones(judged.flapping, "flapping", said))
    judge_edns(report, truth, judged)
end

return M
