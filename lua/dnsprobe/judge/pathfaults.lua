-- SPDX-License-Identifier: MIT
--- Findings about the way to the servers: loss, lateness, and a vantage that may not speak DNS to the
--- outside.
--
-- Several steps have the samples for these; the last of them to judge reports, so that nothing is said twice.

local dig = require "dnsprobe.judge.tool.dig"
local path = require "dnsprobe.judge.tool.path"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- The vantage is shut off: say so, and blame nobody.
---@param report dnsprobe.Report
---@param access "blocked"|"dead"
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param said boolean? another step reports it
function M.closed(report, access, truth, resolvers, said)
    if access == "dead" then
        report:status("unknown", "nothing that was asked from this host answered: the network may be down")
        return
    end
    local silent, served, evidence = {}, {}, {}
    for _, groups in ipairs { truth and truth.groups or {}, resolvers and resolvers.control or {} } do
        for _, group in ipairs(groups) do
            if path.alive(group) then
                served[#served + 1] = group.target
            elseif not group.target.host and group.rows[1] then
                silent[#silent + 1] = group.target
                evidence[#evidence + 1] = #evidence < 5 and group.rows[1].exchange or nil
            end
        end
    end
    report:status("unknown", "this vantage may speak DNS to " .. words.servers(served) .. " only")
    if said then
        return
    end
    report:finding {
        id = "path.blocked",
        severity = "info",
        summary = string.format(
            "neither root servers nor any of %s outside answered this host, while %s %s: port 53 "
                .. "to the outside is filtered here",
            words.count(#silent, "server"),
            words.servers(served),
            #served == 1 and "does" or "do"
        ),
        subject = { name = report.target.name },
        evidence = evidence,
        facts = {},
        fix = "Run dnsprobe from a host that may send DNS to the outside, or allow UDP and TCP port 53 from "
            .. "this one.",
        reproduce = dig.lines(silent, ".", "NS", nil, 2),
    }
end

local function addresses_of(targets)
    local list = {}
    for i, target in ipairs(targets) do
        list[i] = target.address
    end
    return list
end

local function judge_loss(report, loss)
    if not loss.path then
        return
    end
    report:finding {
        id = "path.loss",
        severity = "critical",
        summary = string.format(
            "%s queries were lost, spread over %s",
            words.of(loss.failures, loss.samples),
            words.count(#loss.affected, "unrelated server")
        ),
        subject = { name = report.target.name },
        stats = { failures = loss.failures, samples = loss.samples },
        evidence = loss.evidence,
        facts = { servers = addresses_of(loss.affected) },
        fix = "The loss is near this vantage: look at the access line, Wi-Fi, firewall state tables and the "
            .. "first hops "
            .. "(`mtr -u -P 53` to two of the servers).",
        reproduce = {
            dig.outcomes(dig.line(loss.affected[1], ".", "NS", { time = 2 }), loss.failures, loss.samples),
        },
    }
end

local function judge_slow(report, truth, resolvers)
    local slow = path.slow(truth, resolvers)
    local worst = slow.slow[1]
    if not worst then
        return
    end
    local targets, failures, samples, evidence, seen = {}, 0, 0, {}, {}
    for _, tally in ipairs(slow.slow) do
        targets[#targets + 1] = not seen[tally.id] and tally.target or nil
        seen[tally.id] = true
        failures, samples = failures + tally.failures, samples + tally.samples
        table.move(tally.evidence, 1, math.min(2, #tally.evidence), #evidence + 1, evidence)
    end
    report:finding {
        id = "path.slow",
        severity = "warning",
        summary = string.format(
            "%s answers of %s came later than clients wait (2 s)",
            words.of(failures, samples),
            words.servers(targets)
        ),
        subject = #targets == 1 and words.subject(targets[1], { name = report.target.name })
            or { name = report.target.name },
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        weight = failures / samples,
        facts = { servers = addresses_of(targets) },
        fix = "Find out why that server is slow (load, distance, an upstream that times out); until then "
            .. "raise the "
            .. "clients' timeout (`options timeout:5`) rather than their number of attempts.",
        reproduce = {
            dig.line(
                worst.target,
                worst.evidence[1].question.name,
                worst.evidence[1].question.type,
                { norecurse = worst.kind == "authoritative" or nil, time = 6 }
            ) .. " | grep 'Query time'",
        },
    }
end

--- Report loss and lateness from everybody's samples.
---@param report dnsprobe.Report
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param loss dnsprobe.Loss
function M.judge(report, truth, resolvers, loss)
    judge_loss(report, loss)
    judge_slow(report, truth, resolvers)
end

return M
