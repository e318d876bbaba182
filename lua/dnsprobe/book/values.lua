-- SPDX-License-Identifier: MIT
-- What the values of options and of config files may be: one check each, for both.
--
-- A check takes the text of a command line or a Lua value, and returns the value, or nil and what is wanted
-- instead.

local dns = require "dnsprobe"

local M = {}

--- A check for numbers in a range.
---@param low number
---@param high number
---@param whole boolean?
---@return fun(given: any): number?, string?
function M.number(low, high, whole)
    return function(given)
        local value = tonumber(given)
        if value and whole then
            value = math.tointeger(value)
        end
        if not value or value ~= value or value < low or value > high then
            return nil, ("a %snumber from %s to %s is needed, got '%s'"):format(whole and "whole " or "", low,
                high == math.huge and "any" or ("%g"):format(high), tostring(given))
        end
        return value
    end
end

--- A check for one of these words.
---@param allowed string[]
---@return fun(given: any): string?, string?
function M.word(allowed)
    return function(given)
        for _, word in ipairs(allowed) do
            if word == given then
                return word
            end
        end
        return nil, ("one of %s is needed, got '%s'"):format(table.concat(allowed, ", "), tostring(given))
    end
end

--- A rate: `4%` and `0.04` both are four in a hundred.
---@param given string|number
---@return number? rate
---@return string? err
function M.rate(given)
    local digits, sign = tostring(given):match("^([%d.]+)(%%?)$")
    local value = tonumber(digits or "")
    if value and sign == "%" then
        value = value / 100
    end
    if not value or value <= 0 or value >= 1 then
        return nil, ("a rate such as 4%% or 0.04 is needed, got '%s'"):format(tostring(given))
    end
    return value
end

--- Words between commas, or a list of them.
---@param given string|string[]
---@return string[]
function M.list(given)
    local out = {}
    for word in (type(given) == "table" and table.concat(given, ",") or tostring(given)):gmatch("[^,]+") do
        out[#out + 1] = word
    end
    return out
end

--- Record types, checked.
---@param given string|string[]
---@return string[]? types in capitals
---@return string? err
function M.types(given)
    for _, item in ipairs(type(given) == "table" and given or {}) do
        if type(item) ~= "string" then
            return nil, ("record types are needed, got a %s among them"):format(type(item))
        end
    end
    local out = M.list(given)
    for i, word in ipairs(out) do
        out[i] = word:upper()
        if not dns.is_type(out[i]) then
            return nil, ("unknown record type '%s'%s"):format(dns.escape(word),
                require("dnsprobe.base.nearest").hint(out[i], dns.types()))
        end
    end
    if #out == 0 then
        return nil, "a record type is needed"
    end
    return out
end

M.timeout_s = M.number(0.01, 60)
M.late_ms = M.number(0, 60000)
M.deadline_s = M.number(0.1, 86400)
M.qps = M.number(0.1, 100000) -- above what the Internet's servers like: for one's own
M.max_queries = M.number(1, 1000000000, true)
M.max_cpu_s = M.number(0.1, 86400)
M.max_memory_mib = M.number(16, 65536, true)
M.samples = M.number(1, 100000, true)
M.jobs = M.number(1, 10000, true)
M.port = M.number(1, 65535, true)
M.seed = M.number(0, math.maxinteger, true)

--- The words of --color.
M.colors = { "auto", "always", "never" }

--- A share of a list, "2/8": the second of eight.
---@param given string
---@return { [1]: integer, [2]: integer }? share
---@return string? err
function M.shard(given)
    local i, n = tostring(given):match("^(%d+)/(%d+)$")
    i, n = math.tointeger(tonumber(i or "")), math.tointeger(tonumber(n or ""))
    if not i or not n or i < 1 or i > n then
        return nil, ("I/N with I from 1 to N is needed, got '%s'"):format(tostring(given))
    end
    return { i, n }
end

return M
