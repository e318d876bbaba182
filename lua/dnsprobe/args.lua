-- SPDX-License-Identifier: MIT
-- ① The command line of one command, on lua-argparse: options that several commands share are described once here.
--
-- argparse prints and exits by itself; we parse with pparse and turn its message into one line and exit 64.

local argparse = require "argparse"
local exit = require "dnsprobe.exit"

local M = {}

local function number(name, low, high, whole)
    return function(text)
        local value = tonumber(text)
        if value and whole then
            value = math.tointeger(value)
        end
        if not value or value ~= value or value < low or value > high then
            return nil, ("%s: a %snumber from %s to %s is needed, got '%s'"):format(name, whole and "whole " or "",
                low, high == math.huge and "any" or ("%g"):format(high), text)
        end
        return value
    end
end

--- Reads a rate: `4%` and `0.04` both are four in a hundred.
---@param text string
---@return number? rate
---@return string? err
function M.rate(text)
    local digits, sign = text:match("^([%d.]+)(%%?)$")
    local value = tonumber(digits or "")
    if value and sign == "%" then
        value = value / 100
    end
    if not value or value <= 0 or value >= 1 then
        return nil, ("--detect: a rate such as 4%% or 0.04 is needed, got '%s'"):format(text)
    end
    return value
end

local function words(name, allowed)
    local set = {}
    for _, word in ipairs(allowed) do
        set[word] = true
    end
    return function(text)
        local out = {}
        for word in text:gmatch("[^,]+") do
            if not set[word] then
                return nil, ("%s: unknown word '%s'; there are: %s"):format(name, word, table.concat(allowed, ", "))
            end
            out[#out + 1] = word
        end
        return out
    end
end

local function list(text)
    local out = {}
    for word in text:gmatch("[^,]+") do
        out[#out + 1] = word
    end
    return out
end

local function key_value(text)
    local key, value = text:match("^([^=]+)=(.*)$")
    if not key then
        return nil, ("--set: KEY=VALUE is needed, got '%s'"):format(text)
    end
    return { key, value }
end

-- name → function that adds the option to a parser
local shared = {}

function shared.format(parser)
    local formats = require "dnsprobe.formats"
    parser:option("--format", "Output: " .. table.concat(formats.names(), ", ") .. "."):choices(formats.names())
        :default("text")
    parser:flag("--json", "The same as --format json.")
end

function shared.output(parser)
    parser:option("-o --output", "Write the report there, atomically."):argname("FILE")
end

function shared.type(parser)
    parser:option("-t --type", "Record types (default A,AAAA)."):argname("T[,T...]"):convert(list)
end

function shared.resolvers(parser)
    parser:option("--resolver", "Ask this recursive resolver instead of the built-in list (repeat)."):argname("ADDR[#PORT]")
        :count("*")
    parser:option("--resolvers", "The resolvers in FILE, or a built-in group: @majors, @regional."):argname("FILE|@GROUP")
end

function shared.steps(parser)
    parser:option("--step", "Only these steps."):argname("ID[,ID]"):convert(list)
    parser:option("--skip", "Without these steps."):argname("ID[,ID]"):convert(list)
end

function shared.set(parser)
    parser:option("--set", "Set a parameter of the runbook (repeat)."):argname("KEY=VALUE"):count("*"):convert(key_value)
end

function shared.samples(parser)
    parser:option("--detect", "See a fault of this rate with 95 % probability (default 10%)."):argname("RATE"):convert(M.rate)
    parser:option("--samples", "Take so many samples instead."):argname("N"):convert(number("--samples", 1, 100000, true))
end

function shared.time(parser)
    parser:option("--timeout", "One exchange, in seconds (default 2)."):argname("SECONDS")
        :convert(number("--timeout", 0.01, 60))
    parser:option("--late", "Keep listening so many ms after a timeout (default 3000)."):argname("MS")
        :convert(number("--late", 0, 60000))
end

function shared.deadline(parser)
    parser:option("--deadline", "The whole run, in seconds (default 120)."):argname("SECONDS")
        :convert(number("--deadline", 0.1, 86400))
end

function shared.pace(parser)
    parser:option("--qps", "Ceiling per server (default 20)."):argname("N"):convert(number("--qps", 0.1, 1000))
end

function shared.allow(parser)
    parser:option("--allow", "flush, burst, private: what the run may do besides."):argname("WHAT[,WHAT]"):count("*")
        :convert(words("--allow", { "flush", "burst", "private" }))
end

function shared.network(parser)
    parser:option("--port", "Destination port of servers that name none (default 53)."):argname("N")
        :convert(number("--port", 1, 65535, true))
    parser:option("--root-hints", "Root servers, instead of the built-in 13."):argname("FILE")
    parser:flag("-4", "IPv4 only."):target("ipv4")
    parser:flag("-6", "IPv6 only."):target("ipv6")
end

function shared.lab(parser)
    parser:option("--lab", "Start this lab in-process and run against it."):argname("SCENARIO")
end

function shared.seed(parser)
    parser:option("--seed", "Make order, ids and jitter reproducible."):argname("N")
        :convert(number("--seed", 0, math.maxinteger, true))
end

function shared.exchanges(parser)
    parser:flag("--exchanges", "Put every exchange into the report: what `replay` reads.")
end

function shared.voice(parser)
    parser:flag("-q --quiet", "No progress.")
    parser:flag("-v --verbose", "Progress even when stderr is no terminal; more detail.")
    parser:option("--color", "auto, always, never."):choices { "auto", "always", "never" }:default("auto")
end

--- A parser for a command, with the shared options of these names.
---@param command { name: string, summary: string, options: fun(parser: table, add: fun(...)) }
---@return table parser of argparse
function M.parser(command)
    local parser = argparse("dnsprobe " .. command.name, command.summary):add_help(false)
        :usage_max_width(100):help_max_width(100):help_description_margin(30)
    parser:option("-h --help", "Show this help."):args(0):action("store_true")
    command.options(parser, function(...)
        for _, name in ipairs { ... } do
            shared[name](parser)
        end
    end)
    return parser
end

--- Parses the words of one command. Raises a usage Failure.
---@param command table
---@param words_given string[]
---@return table options
function M.parse(command, words_given)
    local ok, result = M.parser(command):pparse(words_given)
    if not ok then
        exit.usage_of(command.name, "%s", (result:gsub("\n", " ")))
    end
    if result.json then
        result.format = "json"
    end
    if result.ipv4 and result.ipv6 then
        exit.usage_of(command.name, "-4 and -6 exclude each other")
    end
    return result
end

return M
