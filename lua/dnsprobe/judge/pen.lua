-- SPDX-License-Identifier: MIT
-- ⑧ What a judge reports with: findings, tables, notes and a step's status.
--
-- A StepReport belongs to one step of one run. It checks what it is given and raises with the member's name,
-- so that a mistake in a runbook is found by its first test and not in the report of an incident.

local findings = require "dnsprobe.book.findings"
local json = require "dnsprobe.json"
local exchanges = require "dnsprobe.dns.exchanges"
local plain = require "dnsprobe.base.plain"
local stats = require "dnsprobe.stats"

local M = {}

-- What one step may report. Texts are cut with a mark, and so are lists that people are to read; figures
-- beyond these are a mistake of the runbook.
local FINDINGS_MAX = 1000
local EVIDENCE_MAX = 10000
local REPRODUCE_MAX = 50
local NOTES_MAX = 200
local ROWS_MAX = 5000
local COLUMNS_MAX = 64
local TABLES_MAX = 200
local KEY_BYTES = 200

-- What a step has reported, out of the reach of the runbook, which has the methods only.
local outs = setmetatable({}, { __mode = "k" })

local function out_of(self, what)
    return outs[self]
        or error(("report:%s: call it with a colon, on the report that was given"):format(what), 3)
end

-- The results of f; what it raises names the line that called the report's method.
local function or_blame(f, ...)
    local ok, value = pcall(f, ...)
    if not ok then
        error(value, 3)
    end
    return value
end

---@class dnsprobe.Finding
---@field id string
---@field step string
---@field layer string
---@field severity "info"|"warning"|"critical"
---@field summary string one sentence
---@field subject { server: string?, label: string?, name: string?, type: string? }
---@field stats? { failures: integer, samples: integer, rate: number, low: number, high: number }
---@field evidence integer[] exchange numbers
---@field fix string
---@field reproduce string[]
---@field weight? number share of client look-ups that meet it
---@field facts table what book/explains.lua looks at; not written to the report

---@class dnsprobe.StepReport
---@field params table<string, any>
---@field target { name: string, types: string[], zone: string? }
---@field resolvers table[]
---@field host table dns.stub.config() of the run
---@field vantage table
---@field samples integer
---@field detect number?
---@field lab boolean
---@field nameservers table[]
---@field data table<string, any> all steps' measured data, by step id
local Report = {}
Report.__index = Report

local finding_keys = {
    id = "string",
    severity = "string",
    layer = "string",
    summary = "string",
    subject = "table",
    stats = "table",
    evidence = "table",
    fix = "string",
    reproduce = "table",
    weight = "number",
    facts = "table",
    title = "string",
}

local function check_members(finding)
    if type(finding) ~= "table" then
        error("finding: a table is needed, got " .. type(finding), 3)
    end
    for key, value in pairs(finding) do
        local want = finding_keys[key]
        if not want then
            error(("finding: unknown member %q"):format(tostring(key)), 3)
        end
        if type(value) ~= want then
            error(("finding: %s is a %s, not a %s"):format(key, want, type(value)), 3)
        end
    end
    local ok, reason = findings.valid_id(finding.id)
    if not ok then
        error("finding: " .. reason, 3)
    end
    if not finding.summary or finding.summary == "" then
        error(("finding %s: summary is missing"):format(finding.id), 3)
    end
    if finding.severity and not findings.rank[finding.severity] then
        error(
            ("finding %s: severity %q; there are: info, warning, critical"):format(
                finding.id,
                finding.severity
            ),
            3
        )
    end
end

local function rates(given, id)
    if not given then
        return nil
    end
    local failures, samples = math.tointeger(given.failures), math.tointeger(given.samples)
    if not failures or not samples or failures < 0 or failures > samples then
        error(("finding %s: stats: failures and samples are needed, 0 <= failures <= samples"):format(id), 3)
    end
    if samples == 0 then
        return nil
    end
    local low, high = stats.wilson(failures, samples)
    return { failures = failures, samples = samples, rate = failures / samples, low = low, high = high }
end

local function numbers(evidence)
    local out, seen = {}, {}
    for _, item in ipairs(evidence or {}) do
        local n = math.tointeger(exchanges.is_exchange(item) and item.n or item)
        if n and n >= 0 and not seen[n] and #out < EVIDENCE_MAX then
            seen[n] = true
            out[#out + 1] = n
        end
    end
    table.sort(out)
    return out
end

local function commands(list, id)
    local out = {}
    for i, line in ipairs(list or {}) do
        if i > REPRODUCE_MAX then
            break
        end
        out[i] = plain.text(line, ("finding %s: reproduce[%d]"):format(id, i))
    end
    return out
end

-- The subject with all servers at fault, where there are several: `server` names only the first of them.
local function subject_of(given)
    local where = ("finding %s: subject"):format(given.id)
    local subject = plain.data(given.subject or {}, where)
    for _, key in ipairs { "server", "label", "name" } do
        subject[key] = subject[key] ~= nil and plain.text(subject[key], where .. "." .. key) or nil
    end
    local servers = given.facts and type(given.facts.servers) == "table" and given.facts.servers or {}
    if #servers > 1 and not subject.servers then
        subject.servers = json.array { table.unpack(servers) }
    end
    return subject
end

-- Checked and completed, without the step.
local function completed(given)
    local row = findings.get(given.id) or {}
    local weight = given.weight and math.max(0, math.min(1, given.weight)) or nil
    return {
        id = given.id,
        layer = plain.text(given.layer or row.layer or given.id:match("^[^.]+"), "layer", KEY_BYTES),
        severity = findings.capped(given.id, given.severity or row.severity or "warning"),
        title = plain.text(given.title or row.title or given.id, "title", KEY_BYTES),
        summary = plain.text(given.summary, "summary"),
        subject = subject_of(given),
        stats = rates(given.stats, given.id),
        evidence = numbers(given.evidence),
        fix = plain.text(given.fix or row.fixes or "", "fix"),
        reproduce = commands(given.reproduce, given.id),
        weight = weight,
        facts = given.facts or {},
    }
end

--- Reports a finding. Layer, title, severity and fix come from the id's row (`dnsprobe explain`) unless
--- given; an id of your own begins with a prefix of yours. Raises where a member is unknown or has the wrong
--- type.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" } })
--- finding = report:finding { id = "team.slow", severity = "warning", summary = "3 of 74 answers were slow",
---     subject = { server = "192.0.2.1" }, stats = { failures = 3, samples = 74 }, evidence = samples.evidence(list),
---     reproduce = { text.dig(ctx.nameservers[1], "shop.example.", "A") } }
--- finding.layer, #finding.evidence, finding.stats.rate --> "team", 3, 0.0405405
--- ```
---@param given table see dnsprobe.Finding; stats needs failures and samples, evidence takes exchanges or numbers
---@return dnsprobe.Finding
function Report:finding(given)
    local out = out_of(self, "finding")
    check_members(given)
    if #out.findings >= FINDINGS_MAX then
        error(("finding: a step reports at most %d"):format(FINDINGS_MAX), 2)
    end
    local finding = or_blame(completed, given)
    finding.step = out.step
    out.findings[#out.findings + 1] = finding
    local copy = {} -- a runbook may change what it was given
    for key, value in pairs(finding) do
        copy[key] = type(value) == "table" and key ~= "facts" and plain.data(value, key) or value
    end
    return copy
end

--- Puts a value into the step's `data` in the report.
--- ```lua
--- report:put("serial", 2026112201)
--- ```
---@param key string
---@param value any plain data
function Report:put(key, value)
    local out = out_of(self, "put")
    if type(key) ~= "string" or key == "" or #key > KEY_BYTES then
        error(("report:put: a key is a text of 1 to %d bytes"):format(KEY_BYTES), 2)
    end
    out.data[key] = value ~= nil and or_blame(plain.data, value, "report:put: " .. key) or nil
end

--- Puts a table into the report: rows are objects by column in JSON, aligned text for people.
--- With `always` people see it even where nothing is wrong.
--- ```lua
--- report:table { key = "servers", columns = { "server", "answers" }, rows = { { "ns1.shop.example", 29 } }, always = true }
--- ```
---@param given { key: string, title: string?, columns: string[], rows: table[], always: boolean? } rows: by column
function Report:table(given)
    local out = out_of(self, "table")
    if
        type(given) ~= "table"
        or type(given.key) ~= "string"
        or type(given.columns) ~= "table"
        or type(given.rows) ~= "table"
    then
        error("report:table: key, columns and rows are needed", 2)
    elseif #given.key > KEY_BYTES or #given.columns > COLUMNS_MAX or #out.tables >= TABLES_MAX then
        error(
            ("report:table: a key of at most %d bytes, %d columns, %d tables a step"):format(
                KEY_BYTES,
                COLUMNS_MAX,
                TABLES_MAX
            ),
            2
        )
    end
    local name, columns = "report:table " .. given.key, {}
    for c, column in ipairs(given.columns) do
        columns[c] = or_blame(plain.text, column, ("%s: columns[%d]"):format(name, c), KEY_BYTES)
    end
    out.data[given.key] = or_blame(plain.rows, given.rows, columns, name, ROWS_MAX)
    table.insert(
        out.tables,
        {
            key = given.key,
            title = given.title and or_blame(plain.text, given.title, name .. ": title", KEY_BYTES),
            columns = columns,
            always = given.always and true or nil,
        }
    )
    if #given.rows > ROWS_MAX then
        self:note(("%s: %d more rows were left out"):format(given.title or given.key, #given.rows - ROWS_MAX))
    end
end

--- States that the step could not be measured ("unknown") or did not apply ("skipped"), and why.
--- ```lua
--- report:status("unknown", "no mail host could be resolved")
--- ```
---@param status "unknown"|"skipped"|"ok"
---@param why string?
function Report:status(status, why)
    if status ~= "unknown" and status ~= "skipped" and status ~= "ok" then
        error(("report:status: %q; there are: unknown, skipped, ok"):format(tostring(status)), 2)
    end
    local out = out_of(self, "status")
    out.why = why ~= nil and or_blame(plain.text, why, "report:status: why") or nil
    out.status = status
end

--- A remark for the reader of the report: what could not be told, what was left out.
--- ```lua
--- report:note "mail hosts elsewhere were not asked"
--- ```
---@param text string
function Report:note(text)
    local out = out_of(self, "note")
    text = or_blame(plain.text, text, "report:note")
    out.notes_left_out = #out.notes >= NOTES_MAX and (out.notes_left_out or 0) + 1 or nil
    if out.notes_left_out then
        text = ("%d more remarks were left out"):format(out.notes_left_out)
    end
    out.notes[math.min(#out.notes + 1, NOTES_MAX + 1)] = text
end

--- A report for one step.
---@param step dnsprobe.Step
---@param shared table target, params, resolvers, host, vantage, samples, data ... of the run
---@return dnsprobe.StepReport
function M.new(step, shared)
    local self = setmetatable({}, Report)
    for key, value in pairs(shared) do
        self[key] = value
    end
    self.step = {} -- a judge may write into that
    for key, value in pairs(step) do
        self.step[key] = value
    end
    outs[self] = { step = step.id, findings = {}, data = {}, tables = {}, notes = {} }
    return self
end

--- What was reported: findings, data, tables, notes, status, why.
---@param report dnsprobe.StepReport
---@return table
function M.out(report)
    return outs[report]
end

return M
