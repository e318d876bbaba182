-- SPDX-License-Identifier: MIT
--- Verdicts from the EDNS compliance tests: a table per server of what was expected and what was seen. A
--- finding is made only of what clients meet: EDNS of version 0 that fails where plain DNS works, and TCP
--- that fails where UDP works. The rest (an unknown option that comes back, another version than 0) is for
--- the server's maintainer: a note.

local batch = require "dnsprobe.judge.tool.batch"
local dig = require "dnsprobe.judge.tool.dig"
local ednstests = require "dnsprobe.judge.tool.ednstests"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local by_id = {}
for _, test in ipairs(ednstests.list) do
    by_id[test.id] = test
end

-- Without these a resolver that speaks EDNS gets no data from the server.
local NEEDED = { "edns", "ednsopt", "ednsflags", "do", "edns512", "ednstcp", "mixed" }
local LOST = { timeout = true, late = true }

---@class dnsprobe.TestResult
---@field test dnsprobe.EdnsTest
---@field tried integer
---@field wrong integer how often it came out wrong
---@field deviations string[] of the last time
---@field exchanges dnsprobe.Exchange[]

--- Results by test id; one that came out right once is right, as loss on the way is nobody's EDNS.
local function results_of(group)
    local results = {}
    for _, row in ipairs(group.rows) do
        local test = by_id[row.question.test]
        local result = results[test.id] or { test = test, tried = 0, wrong = 0, exchanges = {} }
        results[test.id] = result
        local deviations = ednstests.deviations(test, row.exchange)
        result.tried = result.tried + 1
        result.wrong = result.wrong + (#deviations > 0 and 1 or 0)
        if #deviations == 0 or not result.deviations or #result.deviations > 0 then
            result.deviations = deviations
        end
        result.exchanges[#result.exchanges + 1] = row.exchange
    end
    return results
end

local function failed(result)
    return result ~= nil and result.wrong == result.tried
end

--- Whether clients get no data: no answer, another RCODE than NOERROR, or NOERROR with the SOA left out,
--- which the zone has at its apex.
local function unusable(result)
    if not failed(result) then
        return false
    end
    local last = result.exchanges[#result.exchanges]
    return last.outcome ~= "answer"
        or last.response.rcode ~= result.test.rcode
        or result.deviations[1] == ednstests.NO_SOA
end

--- Whether a test tells of EDNS at all: where TCP does not get through without it either, it is TCP that
--- fails.
local function telling(results, id)
    return id ~= "ednstcp" or not unusable(results.tcp)
end

local function line_for(target, name, result)
    local test = result.test
    return dig.line(target, name, test.type or "SOA", { norecurse = true, extra = test.words })
end

---@class dnsprobe.ComplianceHit
---@field target table
---@field bad dnsprobe.TestResult[]
---@field what string how it fails, in words
---@field severity? string default warning

--- One finding for a server, or for all of them where all fail.
local function report_hits(report, zone, hits, answering, fields)
    local everywhere = #hits > 1 and #hits == answering
    for _, hit in ipairs(hits) do
        local evidence, lines, failures, samples = {}, {}, 0, 0
        for _, result in ipairs(hit.bad) do
            failures, samples = failures + result.wrong, samples + result.tried
            evidence[#evidence + 1] = result.exchanges[1]
            lines[#lines + 1] = #lines < 3 and line_for(hit.target, zone, result) or nil
        end
        local who = everywhere and "all " .. #hits .. " servers" or words.server(hit.target)
        report:finding {
            id = fields.id,
            severity = hit.severity or "warning",
            fix = fields.fix,
            weight = #hits / answering,
            summary = fields.summary:format(who, hit.what),
            evidence = evidence,
            reproduce = lines,
            subject = everywhere and { name = zone } or words.subject(hit.target, { name = zone }),
            stats = { failures = failures, samples = samples },
        }
        if everywhere then
            return
        end
    end
end

---@return dnsprobe.ComplianceHit?
local function edns_hit(target, results)
    local bad, titles, silent = {}, {}, false
    for _, id in ipairs(NEEDED) do
        if unusable(results[id]) and telling(results, id) then
            bad[#bad + 1] = results[id]
            titles[#titles + 1] = ("%s (%s)"):format(
                results[id].test.title,
                words.list(results[id].deviations)
            )
            silent = silent or LOST[results[id].deviations[1]] or false
        end
    end
    return #bad > 0 and { target = target, bad = bad, what = words.some(titles),
        severity = silent and "critical" or "warning" } or nil
end

---@return dnsprobe.ComplianceHit?
local function tcp_hit(target, results)
    local tcp = results.tcp
    local last = tcp and tcp.exchanges[#tcp.exchanges]
    return failed(tcp)
            and last.outcome ~= "answer"
            and { target = target, bad = { tcp }, what = last.outcome }
        or nil
end

local KINDS = {
    {
        hit = edns_hit,
        id = "path.edns-broken",
        summary = "plain queries are answered by %s, but not with EDNS: %s",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891): unknown options "
            .. "and flags are ignored, a server that does not know EDNS says FORMERR once, and nothing is "
            .. "dropped.",
    },
    {
        hit = tcp_hit,
        id = "path.tcp-blocked",
        summary = "UDP answers come from %s, TCP does not get through (%s)",
        fix = "Allow TCP port 53 to that server (RFC 7766 makes it mandatory): every truncated answer needs "
            .. "it.",
    },
}

local function put_table(report, at, target, results)
    local rows, wrong = {}, {}
    for _, test in ipairs(ednstests.list) do
        local result = results[test.id]
        if result then
            local bad = failed(result)
            rows[#rows + 1] =
                { test.title, test.expected, bad and words.list(result.deviations) or "as expected" }
            wrong[#wrong + 1] = bad and test.title .. ": " .. words.list(result.deviations) or nil
        end
    end
    report:table {
        key = "server_" .. at,
        title = words.server(target),
        columns = { "test", "expected", "seen" },
        rows = rows,
        always = true,
    }
    return wrong
end

local function notes(report, target, results, wrong)
    if #wrong > 0 then
        report:note(("%s: %s"):format(words.server(target), table.concat(wrong, "; ")))
    end
    local mixed = results.mixed
    local options = mixed and ednstests.supported(mixed.exchanges[#mixed.exchanges]) or {}
    if #options > 0 then
        report:note(("%s takes up %s"):format(words.server(target), words.list(options)))
    end
end

--- The step's judge.
function M.judge(data, report)
    local answering, groups = {}, batch.groups(data.tests)
    if not batch.any_asked(groups) then
        report:status("unknown", batch.NONE_ASKED)
        return
    end
    for at, group in ipairs(groups) do
        local results, target = results_of(group), group.target
        notes(report, target, results, put_table(report, at, target, results))
        if results.plain and not unusable(results.plain) then
            answering[#answering + 1] = { target = target, results = results }
        end
    end
    for _, kind in ipairs(KINDS) do
        local hits = {}
        for _, server in ipairs(answering) do
            hits[#hits + 1] = kind.hit(server.target, server.results)
        end
        report_hits(report, data.zone, hits, #answering, kind)
    end
    if #answering == 0 then
        report:status("unknown", "no server answered plain DNS, so nothing can be said about EDNS")
    end
end

return M
