-- SPDX-License-Identifier: MIT
-- What a bulk run says of one domain: schema dnsprobe.bulk/1, one line of JSON.
--
--   schema, line (in the list), domain (as it stands there), runbook
--   name, types, started, elapsed_ms, sent (queries), zone, nameservers, steps (id → status), notes
--   found      how the walk to the name ended: answer, nodata, nxdomain, dead-end, loop, limit
--   status, cause, layer, summary, confidence, share     as in the verdict of a report
--   findings   those above info, most to blame first: id, severity, layer, subject, summary, stats; and those
--   that they
--              explain, with explained_by. A subject with several `servers` (addresses) has `hosts`: whose
--              they are
--   error      { code, text } instead of all but the first row, where the line of the list is no name (65),
--   the runbook
--              failed (65) or dnsprobe did (70); status is then "unknown"
--   report     the whole report (dnsprobe.report/1), with --format json or --exchanges
-- Members may be added within version 1, never renamed or removed.

local journal = require "dnsprobe.run.bulk.journal"
local json = require "dnsprobe.json"

local M = {}

local NOTES_MAX = 10

local finding_members = { "id", "severity", "layer", "subject", "summary", "stats", "explained_by" }

-- Whose addresses these are, each name once, in their order; nil where one is none of the zone's servers'.
local function hosts_of(session, addresses)
    local cell, by_address = session.ctx.shared.nameservers, {}
    for _, server in ipairs(cell and cell.value or {}) do
        by_address[server.address] = server.name
    end
    local out, seen = {}, {}
    for _, address in ipairs(addresses) do
        local name = by_address[address]
        if not name then
            return nil
        elseif not seen[name] then
            seen[name], out[#out + 1] = true, name
        end
    end
    return json.array(out)
end

local function subject_of(session, subject)
    if type(subject) ~= "table" or type(subject.servers) ~= "table" then
        return subject
    end
    local out = {}
    for key, value in pairs(subject) do
        out[key] = value
    end
    out.hosts = hosts_of(session, subject.servers)
    return out
end

local function findings_of(session, document)
    local out = {}
    for _, finding in ipairs(document.findings) do
        if finding.severity ~= "info" or finding.explained_by then
            local row = {}
            for _, member in ipairs(finding_members) do
                row[member] = finding[member]
            end
            row.subject = subject_of(session, finding.subject)
            out[#out + 1] = row
        end
    end
    return json.array(out)
end

local function steps_of(document)
    local out = {}
    for _, step in ipairs(document.steps) do
        out[step.id] = step.status
    end
    return json.object(out)
end

local function notes_of(document)
    local out = {}
    for _, step in ipairs(document.steps) do
        for _, note in ipairs(step.notes or {}) do
            out[#out + 1] = #out < NOTES_MAX and note or nil
        end
    end
    return #out > 0 and out or nil
end

local function found_of(session)
    local cell = session.ctx.shared.trace
    return cell and cell.value and cell.value.status or nil
end

local function names_of(session)
    local cell = session.ctx.shared.nameservers
    local names, seen = {}, {}
    for _, server in ipairs(cell and cell.value or {}) do
        if not seen[server.name] then
            seen[server.name] = true
            names[#names + 1] = server.name
        end
    end
    return json.array(names)
end

--- The line of a domain that was measured.
---@param item dnsprobe.BulkItem
---@param session dnsprobe.Session
---@param document table its report
---@param whole boolean with the report
---@return table
function M.of(item, session, document, whole)
    local verdict = document.verdict
    return {
        schema = journal.SCHEMA,
        line = item.line,
        domain = item.domain,
        runbook = session.runbook.name,
        name = document.target.name,
        types = document.target.types,
        started = document.started,
        elapsed_ms = document.elapsed_ms,
        sent = document.sent.queries,
        zone = session.ctx.target.zone or json.null,
        nameservers = names_of(session),
        steps = steps_of(document),
        notes = notes_of(document),
        found = found_of(session),
        status = verdict.status,
        cause = verdict.cause,
        layer = verdict.layer,
        summary = verdict.summary,
        confidence = verdict.confidence,
        share = verdict.share,
        findings = findings_of(session, document),
        report = whole and document or nil,
    }
end

--- The line of a domain that could not be measured.
---@param item dnsprobe.BulkItem
---@param runbook string
---@param code integer as an exit status
---@param text string one line
---@return table
function M.failed(item, runbook, code, text)
    return {
        schema = journal.SCHEMA, line = item.line, domain = item.domain, name = item.name, runbook = runbook,
        status = "unknown", cause = json.null, error = { code = code, text = text },
    }
end

return M
