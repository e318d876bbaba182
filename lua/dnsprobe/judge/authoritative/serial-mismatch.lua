-- SPDX-License-Identifier: MIT
--- auth.serial-mismatch: answers agree, SOA serials do not.

local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

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

function M.judge(report, truth, verdict, serials, agree)
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

return M
