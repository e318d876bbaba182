-- SPDX-License-Identifier: MIT
-- Reports that are read back: by replay, diff, merge. A report may come from anybody, so its form is checked as far as
-- it is used, and what is wrong is one line with the place in the file.

local bundle = require "dnsprobe.bundle"
local exit = require "dnsprobe.exit"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"

local M = {}

M.SCHEMA = "dnsprobe.report/1"

-- A form: a type's name, a list { "each", form }, a function that returns what is wrong, or members by name ("name?"
-- may be absent).
local function one_of(...)
    local allowed = {}
    for _, word in ipairs { ... } do
        allowed[word] = true
    end
    return function(value)
        return not allowed[value] and "has an unknown value" or nil
    end
end

local function whole(value)
    return math.type(value) ~= "integer" and "is no whole number" or value < 0 and "is negative" or nil
end

local STATS = { failures = whole, samples = function(value)
    return whole(value) or value < 1 and "is 0" or nil
end, rate = "number", low = "number", high = "number" }

local FINDING = { id = "string", step = "string", layer = "string", severity = one_of("info", "warning", "critical"),
    summary = "string", subject = { ["server?"] = "string", ["label?"] = "string", ["name?"] = "string" },
    ["title?"] = "string", ["fix?"] = "string", ["stats?"] = STATS, evidence = { "each", whole },
    reproduce = { "each", "string" } }

local ENDPOINT = { address = "string", port = whole, ["label?"] = "string" }

local EXCHANGE = { n = whole, server = ENDPOINT, transport = one_of("udp", "tcp"), outcome = "string", ["query?"] = "table",
    ["response?"] = "table", ["sent?"] = "string", ["rtt_us?"] = whole, ["size?"] = whole, ["local_port?"] = whole,
    ["query_size?"] = whole, ["from?"] = ENDPOINT, ["stray?"] = { "each", { from = ENDPOINT, size = whole, after_us = whole } },
    ["attempts?"] = { "each", whole }, ["question?"] = { name = "string", type = "string" } }

local REPORT = {
    tool = { version = "string" }, runbook = { name = "string", path = "string", sha256 = "string" }, started = "string",
    ["elapsed_ms?"] = "number", ["seed?"] = "number", ["command?"] = { "each", "string" },
    target = { name = "string", types = { "each", "string" } },
    vantage = { host = "string", os = "string", ["resolvers?"] = { "each", ENDPOINT }, ["search?"] = { "each", "string" } },
    verdict = { status = one_of("ok", "warning", "critical", "unknown"), summary = "string", ["cause?"] = "string",
        ["confidence?"] = "number", ["layer?"] = "string" },
    steps = { "each", { id = "string", title = "string", status = "string", ["why?"] = "string", ["elapsed_ms?"] = "number",
        ["sent?"] = whole, ["data?"] = "table" } },
    findings = { "each", FINDING }, sent = { queries = whole, bytes = whole },
    ["exchanges?"] = { "each", EXCHANGE },
    ["recorded?"] = { measured = "table", ["own?"] = "table", ["params?"] = "table", ["host?"] = "table",
        ["resolvers?"] = { "each", ENDPOINT }, ["nameservers?"] = { "each", "table" }, ["samples?"] = "number",
        ["detect?"] = "number", ["zone?"] = "string" },
}

-- Members of a form in the order in which they are looked at, each as { key, form, optional }; made once.
local members = setmetatable({}, { __mode = "k" })

local function members_of(form)
    local list = members[form]
    if not list then
        local names = {}
        for name in pairs(form) do
            names[#names + 1] = name
        end
        table.sort(names)
        list = {}
        for i, name in ipairs(names) do
            local key = name:gsub("%?$", "")
            list[i] = { key = key, form = form[name], optional = key ~= name }
        end
        members[form] = list
    end
    return list
end

local complaint -- of a value that does not have its form, or nil: where in the value (".key", "[0]"), what is wrong

local function list_complaint(list, form)
    if type(list) ~= "table" then
        return "", " is no list"
    end
    local count = 0
    for key in pairs(list) do
        count = count + 1
        if math.type(key) ~= "integer" then
            return "", " is no list"
        end
    end
    for i = 1, count do
        local where, wrong = complaint(list[i], form)
        if wrong then
            return ("[%d]%s"):format(i - 1, where), wrong
        end
    end
    return nil
end

function complaint(value, form)
    if type(form) == "function" then
        local wrong = form(value)
        return "", wrong and " " .. wrong
    elseif type(form) == "string" then
        return "", type(value) ~= form and (" is no %s"):format(form == "table" and "object" or form) or nil
    elseif form[1] == "each" then
        return list_complaint(value, form[2])
    elseif type(value) ~= "table" then
        return "", value == nil and " is missing" or " is no object"
    end
    for _, member in ipairs(members_of(form)) do
        local given = value[member.key]
        if given ~= nil or not member.optional then
            local where, wrong = complaint(given, member.form)
            if wrong then
                return "." .. member.key .. where, wrong
            end
        end
    end
    return nil
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

--- What is wrong with the form of a report, or nil.
---@param report any
---@return string?
function M.complaint(report)
    local where, wrong = complaint(report, REPORT)
    return wrong and where:gsub("^%.", "") .. wrong or nil
end

--- The text of a report, as JSON or in a bundle. Raises a Failure (exit 64: unreadable, 65: a broken bundle).
---@param path string
---@return string
function M.text(path)
    local text, err = fs.read(path)
    if not text then
        exit.usage("%s: cannot be read: %s", path, err or "unknown reason")
    end
    if bundle.is_packed(text) then
        text, err = bundle.unpack(text)
        if not text then
            exit.input("%s: %s", path, err)
        end
    end
    return text
end

--- The value of a file: a report or a bundle whose own members are checked. Raises a Failure.
---@param path string
---@return any
function M.file(path)
    local value, why = json.decode(M.text(path))
    if value == nil then
        exit.input("%s: %s", path, why)
    end
    value = without_null(value)
    local wrong = type(value) == "table" and value.schema == bundle.SCHEMA and bundle.complaint(value)
    if wrong then
        exit.input("%s: %s", path, wrong)
    end
    return value
end

--- The same, of a bundle its report.
---@param path string
---@return any
function M.value(path)
    local value = M.file(path)
    return type(value) == "table" and value.schema == bundle.SCHEMA and value.report or value
end

--- Checks what was read. Raises a Failure (exit 65).
---@param path string for the message
---@param value any
---@return table report
function M.checked(path, value)
    if type(value) ~= "table" or value.schema ~= M.SCHEMA then
        exit.input("%s: not a report of schema %s", path, M.SCHEMA)
    end
    local wrong = M.complaint(value)
    if wrong then
        exit.input("%s: %s", path, wrong)
    end
    return value
end

--- A report. Raises a Failure (exit 64: unreadable; 65: no report, or a broken one).
---@param path string
---@return table
function M.report(path)
    return M.checked(path, M.value(path))
end

return M
