-- SPDX-License-Identifier: MIT
-- ⑧ What a judge reports with: findings, tables, notes and a step's status.
--
-- A StepReport belongs to one step of one run. It checks what it is given and raises with the member's name, so
-- that a mistake in a runbook is found by its first test and not in the report of an incident.

local findings = require "dnsprobe.findings"
local json = require "dnsprobe.json"
local ledger = require "dnsprobe.ledger"
local stats = require "dnsprobe.stats"

local M = {}

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
---@field facts table what explains.lua looks at; not written to the report

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
    id = "string", severity = "string", layer = "string", summary = "string", subject = "table", stats = "table",
    evidence = "table", fix = "string", reproduce = "table", weight = "number", facts = "table", title = "string",
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
        error(("finding %s: severity %q; there are: info, warning, critical"):format(finding.id, finding.severity), 3)
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
        local n = ledger.is_exchange(item) and item.n or math.tointeger(item)
        if n and not seen[n] then
            seen[n] = true
            out[#out + 1] = n
        end
    end
    table.sort(out)
    return out
end

-- The subject with all servers at fault, where there are several: `server` names only the first of them.
local function subject_of(given)
    local subject = {}
    for key, value in pairs(given.subject or {}) do
        subject[key] = value
    end
    local servers = given.facts and given.facts.servers or {}
    if #servers > 1 and not subject.servers then
        subject.servers = json.array { table.unpack(servers) }
    end
    return subject
end

-- Checked and completed, without the step.
local function completed(given)
    check_members(given)
    local row = findings.get(given.id) or {}
    local weight = given.weight and math.max(0, math.min(1, given.weight)) or nil
    return {
        id = given.id, layer = given.layer or row.layer or given.id:match("^[^.]+"),
        severity = findings.capped(given.id, given.severity or row.severity or "warning"),
        title = given.title or row.title or given.id, summary = given.summary, subject = subject_of(given),
        stats = rates(given.stats, given.id), evidence = numbers(given.evidence), fix = given.fix or row.fixes or "",
        reproduce = given.reproduce or {}, weight = weight, facts = given.facts or {},
    }
end

--- Reports a finding. Layer, title, severity and fix come from the id's row (`dnsprobe explain`) unless given; an id of
--- your own begins with a prefix of yours. Raises where a member is unknown or has the wrong type.
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
    local finding = completed(given)
    finding.step = self.step.id
    self.out.findings[#self.out.findings + 1] = finding
    return finding
end

--- Puts a value into the step's `data` in the report.
--- ```lua
--- report:put("serial", 2026112201)
--- ```
---@param key string
---@param value any plain data
function Report:put(key, value)
    self.out.data[key] = value
end

--- Puts a table into the report: rows are objects by column in JSON, aligned text for people.
--- With `always` people see it even where nothing is wrong.
--- ```lua
--- report:table { key = "servers", columns = { "server", "answers" }, rows = { { "ns1.shop.example", 29 } }, always = true }
--- ```
---@param given { key: string, title: string?, columns: string[], rows: table[], always: boolean? } rows: by column
function Report:table(given)
    if type(given.key) ~= "string" or type(given.columns) ~= "table" or type(given.rows) ~= "table" then
        error("report:table: key, columns and rows are needed", 2)
    end
    local rows = {}
    for i, row in ipairs(given.rows) do
        local object = {}
        for c, column in ipairs(given.columns) do
            local value = row[column]
            if value == nil then
                value = row[c]
            end
            object[column] = value
        end
        rows[i] = object
    end
    self.out.data[given.key] = rows
    table.insert(self.out.tables, { key = given.key, title = given.title, columns = given.columns,
        always = given.always })
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
    self.out.status = status
    self.out.why = why
end

--- A remark for the reader of the report: what could not be told, what was left out.
--- ```lua
--- report:note "mail hosts elsewhere were not asked"
--- ```
---@param text string
function Report:note(text)
    table.insert(self.out.notes, text)
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
    self.step = step
    self.out = { findings = {}, data = {}, tables = {}, notes = {} }
    return self
end

return M
