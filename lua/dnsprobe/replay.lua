-- SPDX-License-Identifier: MIT
-- A session from a report that was written with --exchanges: judged again, it gives the same findings and verdict.
--
-- Nothing is sent and no clock is looked at. The runbook is the file it was (by its path, then by its name), so a
-- changed threshold is judged with; that the file has changed is said on stderr.

local dns = require "dnsprobe"
local document = require "dnsprobe.document"
local exit = require "dnsprobe.exit"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"
local ledger = require "dnsprobe.ledger"
local params = require "dnsprobe.runbook.params"
local runbook = require "dnsprobe.runbook"

local M = {}

local function is_object(value)
    return type(value) == "table"
end

-- JSON null means absent.
local function without_null(value)
    if value == json.null then
        return nil
    end
    if type(value) ~= "table" then
        return math.type(value) == "float" and math.tointeger(value) or value
    end
    local out = {}
    for key, member in pairs(value) do
        out[key] = without_null(member)
    end
    return out
end

--- Reads a report that can be replayed. Raises a Failure (exit 64: unreadable; 65: not a recorded report).
---@param path string
---@return table
function M.read(path)
    local text, err = fs.read(path)
    if not text then
        exit.usage("%s: cannot be read: %s", path, err or "unknown reason")
    end
    local report, why = json.decode(text)
    if not is_object(report) or report.schema ~= document.SCHEMA then
        exit.input("%s: %s", path, why or "not a report of schema " .. document.SCHEMA)
    end
    for _, member in ipairs { "runbook", "target", "vantage", "verdict", "steps", "findings" } do
        if not is_object(report[member]) then
            exit.input("%s: the member %q is missing", path, member)
        end
    end
    if not is_object(report.recorded) or not is_object(report.exchanges) then
        exit.input("%s: no exchanges in it; a run with --exchanges can be replayed", path)
    end
    return without_null(report)
end

-- The runbook of the report: its file, or another of its name.
local function runbook_of(report)
    local book = report.runbook
    local place = type(book.path) == "string" and fs.read(book.path) and book.path or book.name
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
        runbook = book, ledger = ledger.read(report.exchanges), outcomes = outcomes_of(book, report),
        started_us = started_us(report), elapsed_ms = report.elapsed_ms or 0, vantage = report.vantage,
        trusted = report.runbook.trusted, seed = report.seed, command = report.command or {}, cut = recorded.cut,
    }
    session.sent_bytes = report.sent and report.sent.bytes
    session.ctx = {
        target = report.target, params = params_of(book, recorded.params or {}, set), resolvers = recorded.resolvers or {},
        host = recorded.host or {}, samples = recorded.samples, detect = recorded.detect, lab = recorded.lab,
        shared = { nameservers = { value = recorded.nameservers or {} } },
    }
    return session, changed
end

--- The tool's own version, told beside the recorded one when they differ.
---@param report table
---@return string?
function M.other_version(report)
    local was = is_object(report.tool) and report.tool.version
    return was ~= dns.version and tostring(was) or nil
end

return M
