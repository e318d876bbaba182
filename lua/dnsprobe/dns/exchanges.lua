-- SPDX-License-Identifier: MIT
-- An Exchange as a table that somebody has in his hands: whether a value is one, who sent it, and how another
-- table of the same exchange is made, into which somebody else may write.

local core = require "dnsprobe.sandbox.core"
local environment = require "dnsprobe.guest.environment"

local M = {}

local ours = {} -- metatables of exchanges: the core's and the ledger's
-- Exchanges of one run that others point at: they did not send them
local lent = setmetatable({}, { __mode = "k" })

--- Is the value an exchange?
---@param value any
---@return boolean
function M.is_exchange(value)
    local meta = type(value) == "table" and getmetatable(value)
    if meta == false or meta == nil then
        return false
    elseif ours[meta] then
        return true
    end
    local is = type(meta) == "table"
        and rawget(meta, "__name") == "dnsprobe.Exchange"
        and not environment.owns(meta)
    if is then
        ours[meta] = true
    end
    return is
end

--- From now on, ledgers that the exchange is entered into do not count it as sent.
---@param exchange dnsprobe.Exchange
function M.lend(exchange)
    lent[exchange] = true
end

--- Did another run send it?
---@param exchange dnsprobe.Exchange
---@return boolean
function M.is_lent(exchange)
    return next(lent) ~= nil and lent[exchange] == true
end

--- The Message by which the engine's exchange can be had again; nil for one that was read from a report.
---@param exchange dnsprobe.Exchange
---@return userdata?
function M.message_of(exchange)
    local message = rawget(exchange, "response")
    if type(message) ~= "userdata" then
        message = rawget(exchange, "query")
    end
    return type(message) == "userdata" and message or nil
end

local again

-- The attempts of an exchange, made anew; `fresh` stands for itself.
local function attempts_again(exchange, fresh)
    local attempts = rawget(exchange, "attempts")
    local out = {}
    for i, attempt in ipairs(type(attempts) == "table" and attempts or {}) do
        out[i] = attempt == exchange and fresh or again(attempt)
    end
    return #out > 1 and out or nil
end

--- Another table of the same exchange: what is written into the one is not in the other. What was lent stays
--- lent.
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Exchange
function again(exchange)
    local fresh = core.again(M.message_of(exchange), exchange)
    if fresh and fresh ~= exchange then
        fresh.lab_speed, fresh.server.label = rawget(exchange, "lab_speed"), exchange.server.label
        fresh.attempts = attempts_again(exchange, fresh)
        lent[fresh] = lent[exchange]
    end
    return fresh or exchange
end

--- A copy, in depth, of what several runs are handed: each writes into its own.
---@param value any data of the library's own, with exchanges in it
---@param seen table<table, table>? what has been copied already
---@return any
function M.copied(value, seen)
    if type(value) ~= "table" then
        return value
    end
    seen = seen or {}
    if seen[value] then
        return seen[value]
    end
    if M.is_exchange(value) then
        seen[value] = again(value)
        return seen[value]
    end
    local out = {}
    seen[value] = out
    for key, member in pairs(value) do
        out[key] = M.copied(member, seen)
    end
    return out
end

return M
