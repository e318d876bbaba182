-- SPDX-License-Identifier: MIT
-- A session from a report that was written with --exchanges: judged again, it gives the same findings and
-- verdict.
--
-- Nothing is sent and no clock is looked at. The runbook is the file it was (by its path, then by its name),
-- so a changed threshold is judged with; that the file has changed is said on stderr.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local intake = require "dnsprobe.document.intake"
local ledger = require "dnsprobe.measure.ledger"
local params = require "dnsprobe.book.runbook.params"
local runbook = require "dnsprobe.book.runbook"

local M = {}

--- Reads a report that can be replayed. Raises a Failure (exit 64: unreadable; 65: not a recorded report).
---@param path string
---@return table
function M.read(path)
    local report = intake.report(path)
    if not report.recorded or not report.exchanges then
        exit.input("%s: no exchanges in it; a run with --exchanges or --bundle can be replayed", path)
    end
    return report
end

-- The runbook of the report: its file, or another of its name.
local function runbook_of(report)
    local book = report.runbook
    local place = type(book.path) == "string" and fs.read(book.path, true) and book.path or book.name
    local found = runbook.load(place)
    local changed = found.sha256 ~= book.sha256
    return found, changed
end

-- Recorded parameters, over the defaults of parameters that the runbook has got since.
local function params_of(book, recorded, given)
    local all = {}
    for key, value in pairs(recorded) do
        if book.params[key] then
            all[key] = value
        end
    end
    for _, pair in ipairs(given or {}) do
        all[pair[1]] = pair[2]
    end
    local values, err = params.values(book.params, all)
    if not values then
        exit.usage_of("replay", "--set: %s", err)
    end
    return values
end

local function outcomes_of(book, report)
    local recorded, seen = report.recorded, {}
    for _, step in ipairs(report.steps) do
        seen[step.id] = step
    end
    local out = {}
    for i, step in ipairs(book.steps) do
        local was = seen[step.id]
        out[i] = {
            step = step, number = i, skipped = not was or was.status == "skipped", why = was and was.why,
            measured = recorded.measured[step.id], own = recorded.own and recorded.own[step.id],
            elapsed_ms = was and was.elapsed_ms or 0, sent = was and was.sent or 0,
        }
        out[i].skipped = out[i].skipped and out[i].measured == nil and out[i].own == nil
    end
    return out
end

local function started_us(report)
    return ledger.from_rfc3339(tostring(report.started)) or 0
end

--- A session that can be judged.
---@param report table as read
---@param set table[]? pairs of --set: other thresholds
---@return dnsprobe.Session session
---@return boolean changed the runbook's file is not the one that ran
function M.session(report, set)
    local book, changed = runbook_of(report)
    local recorded = report.recorded
    report.target.zone = recorded.zone
    local session = {
        runbook = book,
        ledger = ledger.read(report.exchanges),
        outcomes = outcomes_of(book, report),
        started_us = started_us(report),
        elapsed_ms = report.elapsed_ms or 0,
        vantage = report.vantage,
        trusted = report.runbook.trusted,
        seed = report.seed,
        command = report.command or {},
        cut = recorded.cut,
    }
    session.sent_bytes = report.sent and report.sent.bytes
    session.ctx = {
        target = report.target,
        params = params_of(book, recorded.params or {}, set),
        resolvers = recorded.resolvers or {},
        host = recorded.host or {},
        samples = recorded.samples,
        detect = recorded.detect,
        lab = recorded.lab,
        shared = { nameservers = { value = recorded.nameservers or {} } },
    }
    return session, changed
end

--- The tool's own version, told beside the recorded one when they differ.
---@param report table
---@return string?
function M.other_version(report)
    local was = report.tool.version
    return was ~= dns.version and tostring(was) or nil
end

return M
