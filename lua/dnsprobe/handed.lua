-- SPDX-License-Identifier: MIT
-- What a run hands to runbooks of its own: a context and settings into which they can write without changing the run.

local ctx = require "dnsprobe.ctx"
local plain = require "dnsprobe.plain"

local M = {}

-- A deep copy of plain settings.
local function copied(value)
    if type(value) ~= "table" then
        return value
    end
    local out = {}
    for key, member in pairs(value) do
        out[key] = copied(member)
    end
    return out
end

local settings = { "target", "params", "resolvers", "host", "allow" }

--- The context that runbooks are given: what they write into it changes nothing for the run itself, which goes on with its
--- own. What is measured once (`shared`) and between steps (`data`) is the same in both.
---@param own dnsprobe.Ctx
---@return dnsprobe.Ctx
function M.ctx(own)
    local out, keeps = {}, own.meter
    for key, value in pairs(own) do
        out[key] = value
    end
    for _, key in ipairs(settings) do
        out[key] = copied(own[key])
    end
    out.ledger = own.ledger:handed()
    out.meter = { plan = function(_, count, seconds) keeps:plan(math.tointeger(count) or 0, tonumber(seconds) or 0) end,
        sampled = function() keeps:sampled() end }
    out.on_progress = function(text) own.on_progress(text) end
    return ctx.of(out)
end

--- The delegated servers, where they were measured: what runbooks made of the list is taken only if it is one.
---@param own dnsprobe.Ctx
---@return table[]
function M.nameservers(own)
    local cell = own.shared.nameservers
    local ok, list = pcall(plain.data, type(cell) == "table" and cell.value or {}, "nameservers")
    return ok and type(list) == "table" and list or {}
end

--- The settings of a run as judges get them: copies.
---@param own dnsprobe.Ctx
---@return table
function M.settings(own)
    local out = {}
    for _, key in ipairs(settings) do
        out[key] = copied(own[key])
    end
    return out
end

return M
