-- SPDX-License-Identifier: MIT
-- Several vantage points, one verdict, schema dnsprobe.merge/1: what is seen everywhere and what only here. A
-- pure function of reports about the same name.
--
-- A vantage point counts as healthy for a finding when it measured the same thing and does not have it: its
-- step was judged, and where the finding is about a server, that server answered it there. One that could not
-- measure it says nothing. Rates are pooled over the vantage points that measured, each with what it saw;
-- whether those that have a finding differ from the healthy ones by more than chance is Fisher's exact test
-- of the pooled counts.

local compare = require "dnsprobe.document.compare"
local dns = require "dnsprobe"
local facts = require "dnsprobe.document.pictures"
local findings = require "dnsprobe.book.findings"
local json = require "dnsprobe.json"
local stats = require "dnsprobe.stats"

local M = {}

M.SCHEMA = "dnsprobe.merge/1"

local ALPHA <const> = 0.05
local SCOPE = { everywhere = 1, some = 2, single = 3, ["local"] = 4 } -- to blame first

-- ---- vantage points ----

-- Hosts have names, but those of redacted reports are all alike: then the file's name says which one it is.
local function name_vantages(reports, files)
    local count, out = {}, {}
    for _, report in ipairs(reports) do
        count[report.vantage.host] = (count[report.vantage.host] or 0) + 1
    end
    for i, report in ipairs(reports) do
        local host = report.vantage.host
        local file = (files[i]:match("[^/]*$"):gsub("%.json%.gz$", ""):gsub("%.%w+$", ""))
        out[i] = count[host] == 1 and host ~= "" and host or file
    end
    return out
end

local function vantages_of(reports, files)
    local out, names = {}, name_vantages(reports, files)
    for i, report in ipairs(reports) do
        out[i] = {
            n = i,
            name = names[i],
            file = files[i],
            started = report.started,
            os = report.vantage.os,
            host = report.vantage.host,
            status = report.verdict.status,
            cause = report.verdict.cause or json.null,
            queries = report.sent.queries,
        }
    end
    return json.array(out)
end

-- ---- what a vantage point can say of a finding ----

local function step_of(report, id)
    for _, step in ipairs(report.steps) do
        if step.id == id then
            return step
        end
    end
    return nil
end

-- Samples that a vantage point has of a server: nil where its report does not tell, 0 where it has none.
local function samples_at(report, address)
    local known = facts.of(report)
    if not known then
        return nil
    end
    local samples, answered = 0, 0
    for _, server in ipairs(known.servers) do
        if server.address == address then
            samples = samples + #server.samples
            answered = answered + #server.rtts
        end
    end
    return samples, answered
end

-- "clean" with the samples it rests on, or "unmeasured" and why.
local function without(report, finding)
    local step = step_of(report, finding.step)
    if not step or step.status == "skipped" then
        return "unmeasured", nil, "its step was not run"
    elseif step.status == "unknown" then
        return "unmeasured", nil, step.why or "its step could not tell"
    end
    local address = finding.subject.server
    if not address then
        return "clean", nil
    end
    local samples, answered = samples_at(report, address)
    if not samples then
        return "clean", nil
    elseif samples == 0 then
        return "unmeasured", nil, address .. " was not asked"
    elseif answered == 0 then
        return "unmeasured", nil, address .. " did not answer there"
    end
    return "clean", samples
end

-- ---- one finding over all vantage points ----

local function key_of(finding)
    local subject = finding.subject
    return table.concat({ finding.id, subject.server or subject.label or "" }, "\0"):lower()
end

-- Findings above info of all reports by what they are about, in the order of blame.
local function groups_of(reports)
    local list, by_key = {}, {}
    for n, report in ipairs(reports) do
        for place, finding in ipairs(report.findings) do
            if finding.severity ~= "info" then
                local key = key_of(finding)
                if not by_key[key] then
                    by_key[key] = { first = finding, place = place, by_vantage = {} }
                    list[#list + 1] = by_key[key]
                end
                local group = by_key[key]
                group.place = math.min(group.place, place)
                group.by_vantage[n] = group.by_vantage[n] or finding
                if findings.rank[finding.severity] > findings.rank[group.first.severity] then
                    group.first = finding
                end
            end
        end
    end
    return list
end

local function scope_of(seen, clean)
    if seen > 1 then
        return clean == 0 and "everywhere" or "some"
    end
    return clean > 0 and "local" or "single"
end

local function add_counts(pool, with)
    pool.failures, pool.samples = pool.failures + with.failures, pool.samples + with.samples
end

local function merged_finding(group, reports)
    local seen, clean, unmeasured, rows = {}, {}, {}, {}
    local with, healthy, at_healthy = { failures = 0, samples = 0 }, { failures = 0, samples = 0 }, 0
    for n, report in ipairs(reports) do
        local finding = group.by_vantage[n]
        local row = { vantage = n }
        if finding then
            seen[#seen + 1] = n
            row.state, row.severity, row.summary, row.stats =
                "seen", finding.severity, finding.summary, finding.stats
            add_counts(with, finding.stats or { failures = 0, samples = 0 })
        else
            local samples
            row.state, samples, row.why = without(report, group.first)
            local list = row.state == "clean" and clean or unmeasured
            list[#list + 1] = n
            if samples and group.first.stats then
                row.stats = compare.rate(0, samples)
                add_counts(healthy, row.stats)
                at_healthy = at_healthy + 1
            end
        end
        rows[n] = row
    end
    local first = group.first
    local out = {
        id = first.id,
        layer = first.layer,
        severity = first.severity,
        title = first.title,
        summary = first.summary,
        subject = json.object(first.subject),
        fix = first.fix,
        reproduce = json.array(first.reproduce),
        place = group.place,
        scope = scope_of(#seen, #clean),
        seen = json.array(seen),
        clean = json.array(clean),
        unmeasured = json.array(unmeasured),
        vantages = json.array(rows),
    }
    out.stats = compare.rate(with.failures + healthy.failures, with.samples + healthy.samples)
    if with.samples > 0 and healthy.samples > 0 then
        out.p = stats.fisher(with.failures, with.samples - with.failures, healthy.failures, healthy.samples)
        out.by_chance = out.p >= ALPHA
    end
    return out
end

-- ---- the verdict ----

local function names(list, vantages)
    local out = {}
    for i, n in ipairs(list) do
        out[i] = vantages[n].name
    end
    return table.concat(out, ", ")
end

--- Where a finding is seen, in a sentence.
---@param finding table of a merge document
---@param vantages table[]
---@return string
function M.where(finding, vantages)
    local text
    if finding.scope == "everywhere" then
        text = ("everywhere: all %d vantage points that measured it see it"):format(#finding.seen)
    elseif finding.scope == "some" then
        text = ("at %d of %d vantage points that measured it: %s"):format(
            #finding.seen,
            #finding.seen + #finding.clean,
            names(finding.seen, vantages)
        )
    elseif finding.scope == "local" then
        local what = finding.subject.server and "the same server" or "the same"
        text = ("only at %s: %s measured %s healthy, so the fault is local to that vantage point"):format(
            names(finding.seen, vantages), names(finding.clean, vantages), what)
    else
        text = ("at %s; no other vantage point measured it"):format(names(finding.seen, vantages))
    end
    if finding.by_chance then
        text = text .. (" (with so few samples the difference can be chance, p %.2g)"):format(finding.p)
    end
    return text
end

local function before(a, b)
    local x, y = findings.rank[a.severity], findings.rank[b.severity]
    if x ~= y then
        return x > y
    elseif SCOPE[a.scope] ~= SCOPE[b.scope] then
        return SCOPE[a.scope] < SCOPE[b.scope]
    elseif #a.seen ~= #b.seen then
        return #a.seen > #b.seen
    elseif a.place ~= b.place then
        return a.place < b.place
    end
    return a.id < b.id
end

local function verdict_of(list, vantages)
    local first, unknown = list[1], {}
    for n, vantage in ipairs(vantages) do
        unknown[#unknown + 1] = vantage.status == "unknown" and n or nil
    end
    if first then
        return { status = first.severity, cause = first.id, layer = first.layer, scope = first.scope,
            summary = ("%s; %s"):format(first.summary, M.where(first, vantages)) }
    elseif #unknown == #vantages then
        return { status = "unknown", cause = json.null, layer = json.null, scope = json.null,
            summary = "no vantage point could measure enough to say" }
    end
    local but = #unknown > 0 and ("; %s could not measure enough to say"):format(names(unknown, vantages))
        or ""
    return { status = "ok", cause = json.null, layer = json.null, scope = json.null,
        summary = ("no vantage point has a finding above info%s"):format(but) }
end

--- Merges reports, checked by document/intake.lua, about the same name.
---@param reports table[]
---@param files string[] their names
---@return table document schema dnsprobe.merge/1
function M.of(reports, files)
    local list = {}
    for i, group in ipairs(groups_of(reports)) do
        list[i] = merged_finding(group, reports)
    end
    table.sort(list, before)
    for _, finding in ipairs(list) do
        finding.place = nil
    end
    local vantages = vantages_of(reports, files)
    return { schema = M.SCHEMA, tool = { name = "dnsprobe", version = dns.version },
        target = { name = reports[1].target.name, types = json.array(reports[1].target.types) },
        vantages = vantages, verdict = verdict_of(list, vantages), findings = json.array(list) }
end

return M
