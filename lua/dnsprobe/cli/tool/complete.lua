-- SPDX-License-Identifier: MIT
-- What may stand at the end of a command line: `dnsprobe help complete WORD...`, which the completions of
-- bash, zsh and fish ask. Options come from the declarations of the commands; runbooks, steps, parameters,
-- scenarios and finding ids are those that there are at the moment. No candidates: a file is meant.

local args = require "dnsprobe.cli.tool.args"
local cli = require "dnsprobe.cli.entry"
local describe = require "dnsprobe.cli.tool.describe"
local find = require "dnsprobe.guest.find"
local findings = require "dnsprobe.book.findings"

local M = {}

---@alias dnsprobe.Candidate { [1]: string, [2]: string? } a word, and what it is

-- ---- what there is ----

local function runbooks()
    local out = {}
    for _, file in ipairs(find.all()) do
        local text = find.runbook_text(file.path)
        if text then
            out[#out + 1] = { file.name, text:match('summary%s*=%s*"([^"]*)"') }
        end
    end
    return out
end

local function scenarios()
    local out = {}
    for i, one in ipairs(require("dnsprobe.lab.scenarios").list()) do
        out[i] = { one.name, one.title }
    end
    return out
end

local function ids()
    local out = {}
    for i, id in ipairs(findings.ids()) do
        out[i] = { id, findings.get(id).title }
    end
    return out
end

local function plain(list)
    local out = {}
    for i, word in ipairs(list) do
        out[i] = { word }
    end
    return out
end

-- The runbook that the words name, loaded; nil where none is named or it is broken.
local function book_of(words)
    for i = 2, #words - 1 do
        if words[i]:sub(1, 1) ~= "-" then
            local ok, book = pcall(require("dnsprobe.book.runbook").load, words[i])
            if ok then
                return book
            end
        end
    end
    return nil
end

local function steps(words)
    local out = {}
    for i, step in ipairs((book_of(words) or { steps = {} }).steps) do
        out[i] = { step.id, step.title }
    end
    return out
end

local function parameters(words)
    local out, book = {}, book_of(words)
    for key, spec in pairs(book and book.params or {}) do
        out[#out + 1] = { key .. "=", spec.help }
    end
    table.sort(out, function(a, b) return a[1] < b[1] end)
    return out
end

local function groups()
    local ok, names = pcall(require("dnsprobe.book.resolvers").groups)
    local out = {}
    for i, group in ipairs(ok and names or {}) do
        out[i] = { "@" .. group }
    end
    return out
end

local function commands()
    local out = {}
    for i, name in ipairs(cli.commands) do
        out[i] = { name, cli.command(name).summary }
    end
    return out
end

local function types() return plain(require("dnsprobe").types()) end

-- By what stands for the value in help. `list`: several, separated by commas.
local VALUES = {
    SCENARIO = scenarios, RUNBOOK = runbooks, FINDING = ids, COMMAND = commands, TYPE = types,
    ["ID[,ID]"] = steps, ["KEY=VALUE"] = parameters, ["FILE|@GROUP"] = groups, ["T[,T...]"] = types,
    ["WHAT[,WHAT]"] = function() return plain(args.ALLOWED) end,
}

-- ---- where one stands ----

-- bash splits --option=value in three, and @group in two: there it wants what stands behind the @ (second
-- result).
local function joined(words)
    local out = {}
    for i, word in ipairs(words) do
        if i > 1 and words[i - 1] == "@" then
            out[#out] = "@" .. word
        elseif word == "=" and #out > 0 and out[#out]:match("^%-%-") then
            out[#out + 1] = words[i + 1] == nil and "" or nil
        else
            out[#out + 1] = word
        end
    end
    return out, words[#words - 1] == "@"
end

local function option_named(command, word)
    for _, option in ipairs(command.options) do
        for _, name in ipairs(option.names) do
            if name == word then
                return option
            end
        end
    end
    return nil
end

local function values_of(slot, choices, words)
    if choices then
        return plain(choices)
    end
    return VALUES[slot] and VALUES[slot](words) or {}
end

local function options_of(command)
    local out = {}
    for _, option in ipairs(command.options) do
        for _, name in ipairs(option.names) do
            out[#out + 1] = { name, option.text }
        end
    end
    return out
end

-- Which argument the last word is: those before it that are neither options nor their values.
local function argument_at(command, words)
    local place, i = 1, 2
    while i < #words do
        local option = option_named(command, words[i])
        if option and option.value then
            i = i + 1
        elseif words[i]:sub(1, 1) ~= "-" then
            place = place + 1
        end
        i = i + 1
    end
    return command.arguments[math.min(place, #command.arguments)]
end

-- Candidates for the part behind the last comma of a list.
local function behind_comma(list, last, slot)
    local before = slot and slot:find(",", 1, true) and last:match("^(.*,)[^,]*$")
    if not before then
        return list
    end
    local out = {}
    for _, one in ipairs(list) do
        if not ("," .. before):find("," .. one[1] .. ",", 1, true) then
            out[#out + 1] = { before .. one[1], one[2] }
        end
    end
    return out
end

-- dig's words: +word and +noword; a type, in the case that it is begun in.
local function query_words(words)
    local last, out, named = words[#words], {}, false
    for i = 2, #words - 1 do
        named = named or not words[i]:find("^[-+@]")
    end
    if last:sub(1, 1) == "+" then
        for word in require("dnsprobe.cli.tool.digwords").known():gmatch("%S+") do
            out[#out + 1] = { word }
            if last:sub(1, 3) == "+no" and not word:find("=", 1, true) then
                out[#out + 1] = { "+no" .. word:sub(2) }
            end
        end
    elseif named and last:match("^%a") then
        for i, one in ipairs(types()) do
            out[i] = { last:match("^%l") and one[1]:lower() or one[1] }
        end
    end
    return out
end

local function candidates(words)
    local name, last = words[1], words[#words]
    if #words <= 1 then
        return commands()
    elseif not pcall(cli.command, name) then
        return {}
    end
    local command = describe.command(name)
    local before = #words > 2 and option_named(command, words[#words - 1])
    if before and before.value then
        return behind_comma(values_of(before.value, before.choices, words), last, before.value)
    elseif last:sub(1, 1) == "-" then
        return options_of(command)
    elseif name == "query" then
        return query_words(words)
    elseif name == "help" then
        return commands()
    end
    local argument = argument_at(command, words)
    return argument and values_of(argument.name, argument.choices, words) or {}
end

--- The words that may stand in the last place.
---@param words string[] behind `dnsprobe`; the last one is what was typed of it, "" for nothing
---@return dnsprobe.Candidate[]
function M.candidates(words)
    local behind_at
    words, behind_at = joined(words)
    local last, out = words[#words] or "", {}
    local option, typed = last:match("^(%-%-[^=]+=)(.*)$")
    if option then -- --option=value in one word
        local split = { table.unpack(words, 1, #words - 1) }
        split[#split + 1], split[#split + 2] = option:sub(1, -2), typed
        for _, one in ipairs(candidates(split)) do
            out[#out + 1] = { option .. one[1], one[2] }
        end
    else
        out = candidates(#words > 0 and words or { "" })
    end
    local fitting = {}
    for _, one in ipairs(out) do
        if one[1]:sub(1, #last) == last then
            fitting[#fitting + 1] = behind_at and { one[1]:sub(2), one[2] } or one
        end
    end
    return fitting
end

return M
