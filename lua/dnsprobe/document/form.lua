-- SPDX-License-Identifier: MIT
-- The form of a report (schema dnsprobe.report/1), as far as those who read reports use it: what a run made
-- and what came from a file are held against the same.

local M = {}

M.SCHEMA = "dnsprobe.report/1"

-- A form: a type's name, a list { "each", form }, a function that returns what is wrong, or members by name
-- ("name?" may be absent).
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

local FINDING = {
    id = "string",
    step = "string",
    layer = "string",
    severity = one_of("info", "warning", "critical"),
    summary = "string",
    subject = { ["server?"] = "string", ["label?"] = "string", ["name?"] = "string" },
    ["title?"] = "string",
    ["fix?"] = "string",
    ["stats?"] = STATS,
    evidence = { "each", whole },
    reproduce = { "each", "string" },
}

local ENDPOINT = { address = "string", port = whole, ["label?"] = "string" }

local EXCHANGE = {
    n = whole,
    server = ENDPOINT,
    transport = one_of("udp", "tcp"),
    outcome = "string",
    ["query?"] = "table",
    ["response?"] = "table",
    ["sent?"] = "string",
    ["rtt_us?"] = whole,
    ["size?"] = whole,
    ["local_port?"] = whole,
    ["query_size?"] = whole,
    ["from?"] = ENDPOINT,
    ["stray?"] = { "each", { from = ENDPOINT, size = whole, after_us = whole } },
    ["attempts?"] = { "each", whole },
    ["question?"] = { name = "string", type = "string" },
}

local REPORT = {
    tool = { version = "string" },
    runbook = { name = "string", path = "string", sha256 = "string" },
    started = "string",
    ["elapsed_ms?"] = "number",
    ["seed?"] = "number",
    ["command?"] = { "each", "string" },
    target = { name = "string", types = { "each", "string" } },
    vantage = {
        host = "string",
        os = "string",
        ["resolvers?"] = { "each", ENDPOINT },
        ["search?"] = { "each", "string" },
    },
    verdict = {
        status = one_of("ok", "warning", "critical", "unknown"),
        summary = "string",
        ["cause?"] = "string",
        ["confidence?"] = "number",
        ["layer?"] = "string",
    },
    steps = {
        "each",
        {
            id = "string",
            title = "string",
            status = "string",
            ["why?"] = "string",
            ["elapsed_ms?"] = "number",
            ["sent?"] = whole,
            ["data?"] = "table",
        },
    },
    findings = { "each", FINDING },
    sent = { queries = whole, bytes = whole },
    ["exchanges?"] = { "each", EXCHANGE },
    ["recorded?"] = {
        measured = "table",
        ["own?"] = "table",
        ["params?"] = "table",
        ["host?"] = "table",
        ["resolvers?"] = { "each", ENDPOINT },
        ["nameservers?"] = { "each", "table" },
        ["samples?"] = "number",
        ["detect?"] = "number",
        ["zone?"] = "string",
    },
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

local function object_complaint(object, form)
    if type(object) ~= "table" then
        return "", object == nil and " is missing" or " is no object"
    end
    for _, member in ipairs(members_of(form)) do
        local given = object[member.key]
        if given ~= nil or not member.optional then
            local where, wrong = complaint(given, member.form)
            if wrong then
                return "." .. member.key .. where, wrong
            end
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
    end
    return object_complaint(value, form)
end

--- What is wrong with the form of a report, or nil.
---@param report any
---@return string?
function M.complaint(report)
    local where, wrong = complaint(report, REPORT)
    return wrong and where:gsub("^%.", "") .. wrong or nil
end

return M
