-- SPDX-License-Identifier: MIT
-- What changed between two runs against the same name, schema dnsprobe.diff/1: verdict, findings, and per
-- server the answers, the rate of failures and the latency. A pure function of two reports.
--
-- Rates are held against each other with Fisher's exact test, two-sided; with m rates compared, one counts as
-- changed below 0.05 / m (Bonferroni). Servers are compared where both reports have their exchanges
-- (--exchanges).

local dns = require "dnsprobe"
local facts = require "dnsprobe.document.pictures"
local findings = require "dnsprobe.book.findings"
local json = require "dnsprobe.json"
local stats = require "dnsprobe.stats"

local M = {}

M.SCHEMA = "dnsprobe.diff/1"

local ALPHA <const> = 0.05
-- A median that many times another, and that far from it, is told
local SLOWER <const>, SLOWER_US <const> = 1.5, 10000

--- A rate with its Wilson interval.
---@param failures integer
---@param samples integer
---@return table?
function M.rate(failures, samples)
    if samples < 1 then
        return nil
    end
    failures = math.min(failures, samples)
    local low, high = stats.wilson(failures, samples)
    return { failures = failures, samples = samples, rate = failures / samples, low = low, high = high }
end

-- The chance that two rates differ as much if nothing has changed; nil where one is not known.
local function chance(before, after)
    if not before or not after then
        return nil
    end
    return stats.fisher(
        before.failures,
        before.samples - before.failures,
        after.failures,
        after.samples - after.failures
    )
end

-- ---- findings ----

local function subject_key(finding)
    local subject = finding.subject
    return table
        .concat({ finding.id, subject.server or "", subject.label or "", subject.name or "" }, "\0")
        :lower()
end

-- Pairs the findings of the same id: those with the same subject first, then what is left, in order.
local function pairs_of(a, b)
    local out, taken = {}, {}
    local function pair(same)
        for _, before in ipairs(a) do
            for _, after in ipairs(b) do
                if
                    not taken[before]
                    and not taken[after]
                    and before.id == after.id
                    and same(before, after)
                then
                    taken[before], taken[after] = true, true
                    out[#out + 1] = { before = before, after = after }
                end
            end
        end
    end
    pair(function(x, y) return subject_key(x) == subject_key(y) end)
    pair(function() return true end)
    for _, before in ipairs(a) do
        out[#out + 1] = not taken[before] and { before = before } or nil
    end
    for _, after in ipairs(b) do
        out[#out + 1] = not taken[after] and { after = after } or nil
    end
    return out
end

local function side(finding)
    return finding and { severity = finding.severity, summary = finding.summary, stats = finding.stats }
        or json.null
end

local function kind_of(before, after)
    if not before or not after then
        return before and "gone" or "new"
    end
    local was, is = findings.rank[before.severity], findings.rank[after.severity]
    return is > was and "worse" or is < was and "better" or "same"
end

local function compare_findings(a, b)
    local out = {}
    for _, pair in ipairs(pairs_of(a.findings, b.findings)) do
        local one = pair.after or pair.before
        local row = {
            id = one.id,
            layer = one.layer,
            subject = json.object(one.subject),
            change = kind_of(pair.before, pair.after),
            before = side(pair.before),
            after = side(pair.after),
        }
        row.p = chance(pair.before and pair.before.stats, pair.after and pair.after.stats)
        out[#out + 1] = row
    end
    return out
end

-- ---- servers ----

-- A server's name in this comparison: the port only where one address has several, since a lab's ports
-- change.
local function by_key(list)
    local ports, out = {}, {}
    for _, server in ipairs(list) do
        ports[server.address] = (ports[server.address] or 0) + 1
    end
    for _, server in ipairs(list) do
        if #server.samples > 0 then
            out[ports[server.address] > 1 and server.id or server.address] = server
        end
    end
    return out
end

local function answers_of(was, is, types)
    local out = {}
    for _, type in ipairs(types) do
        local before, after = was.types[type], is.types[type]
        local x, y =
            before and before.variant and before.variant.text, after and after.variant and after.variant.text
        if x and y and x ~= y then
            out[#out + 1] = { type = type, before = x, after = y }
        end
    end
    return json.array(out)
end

-- No answer, or one that says no (SERVFAIL, REFUSED); an answer that came late is one of latency.
local function failures_of(server)
    local failures = 0
    for _, sample in ipairs(server.samples) do
        failures = failures + (sample.state ~= "good" and sample.state ~= "late" and 1 or 0)
    end
    return M.rate(failures, #server.samples)
end

local function latency_of(server)
    if #server.rtts == 0 then
        return json.null
    end
    return { samples = #server.rtts, p50_us = math.floor(stats.percentile(server.rtts, 50)),
        p95_us = math.floor(stats.percentile(server.rtts, 95)) }
end

local function latency_change(before, after)
    if before == json.null or after == json.null then
        return nil
    end
    local x, y = before.p50_us, after.p50_us
    if math.abs(x - y) < SLOWER_US then
        return nil
    end
    return y >= x * SLOWER and "slower" or x >= y * SLOWER and "faster" or nil
end

local function compare_server(key, was, is, types)
    local before, after = failures_of(was), failures_of(is)
    local quick, now = latency_of(was), latency_of(is)
    return {
        server = key,
        label = is.label or was.label,
        role = is.role,
        answers = answers_of(was, is, types),
        failures = { before = before, after = after, p = chance(before, after) },
        latency = { before = quick, after = now, change = latency_change(quick, now) },
    }
end

-- Notes the servers that only one of the runs asked; `text` says which.
local function note_missing(notes, these, those, text)
    local missing = {}
    for key, server in pairs(these) do
        if not those[key] then
            missing[#missing + 1] = ("%s (%s)"):format(facts.name(server), key)
        end
    end
    table.sort(missing)
    notes[#notes + 1] = #missing > 0 and text:format(table.concat(missing, ", ")) or nil
end

local function compare_servers(a, b, notes)
    local x, y = facts.of(a), facts.of(b)
    if not x or not y then
        local which = x and "second" or y and "first" or "first and the second"
        local text = "servers are not compared: the %s report has no exchanges (run --exchanges)"
        notes[#notes + 1] = text:format(which)
        return json.array {}
    end
    local out, was, is = {}, by_key(x.servers), by_key(y.servers)
    for _, server in ipairs(y.servers) do
        for _, key in ipairs { server.id, server.address } do
            if is[key] == server and was[key] then
                out[#out + 1] = compare_server(key, was[key], server, b.target.types)
            end
        end
    end
    note_missing(notes, was, is, "only the first run asked %s")
    note_missing(notes, is, was, "only the second run asked %s")
    return json.array(out)
end

-- ---- all of it ----

-- Says of each rate whether it has changed, with as many comparisons as were made.
local function weigh(list, servers)
    local rates = {}
    for _, row in ipairs(list) do
        rates[#rates + 1] = row.p and { row, row.before.stats, row.after.stats } or nil
    end
    for _, row in ipairs(servers) do
        rates[#rates + 1] = row.failures.p and { row.failures, row.failures.before, row.failures.after }
            or nil
    end
    for _, one in ipairs(rates) do
        local row, before, after = one[1], one[2], one[3]
        row.significant = row.p < ALPHA / #rates
        row.direction = row.significant and (after.rate > before.rate and "up" or "down") or nil
    end
    return #rates
end

local STATUS = { ok = 1, unknown = 2, warning = 3, critical = 4 }

local function is_worse(out)
    if STATUS[out.verdict.after.status] > STATUS[out.verdict.before.status] then
        return true
    end
    for _, row in ipairs(out.findings) do
        local loud = row.after ~= json.null and row.after.severity ~= "info"
        if loud and (row.change == "new" or row.change == "worse" or row.direction == "up") then
            return true
        end
    end
    return false
end

local function about(report, file)
    return {
        file = file,
        started = report.started,
        runbook = report.runbook.name,
        version = report.tool.version,
        host = report.vantage.host,
        samples = report.recorded and report.recorded.samples,
    }
end

local function verdict_of(report)
    return {
        status = report.verdict.status,
        cause = report.verdict.cause or json.null,
        summary = report.verdict.summary,
    }
end

--- Compares two reports, checked by document/intake.lua, about the same name.
---@param a table the earlier one
---@param b table
---@param files { [1]: string, [2]: string } their names
---@return table document schema dnsprobe.diff/1
function M.of(a, b, files)
    local notes = {}
    if a.runbook.sha256 ~= b.runbook.sha256 then
        notes[1] = "the runbooks are not the same, or not the same version"
    end
    local before, after = verdict_of(a), verdict_of(b)
    local out = {
        schema = M.SCHEMA, tool = { name = "dnsprobe", version = dns.version },
        target = { name = b.target.name, types = json.array(b.target.types) },
        before = about(a, files[1]), after = about(b, files[2]),
        verdict = { before = before, after = after,
            changed = before.status ~= after.status or before.cause ~= after.cause },
        findings = json.array(compare_findings(a, b)),
    }
    out.servers = compare_servers(a, b, notes)
    out.comparisons = weigh(out.findings, out.servers)
    out.worse = is_worse(out)
    out.notes = json.array(notes)
    return out
end

return M
