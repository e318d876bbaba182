-- SPDX-License-Identifier: MIT
-- What a run hands to runbooks of its own: a context and settings into which they can write without changing
-- the run.

local common = require "dnsprobe.measure.survey.common"
local ctx = require "dnsprobe.measure.ctx"
local walk = require "dnsprobe.measure.walk"

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

local function same(a, b)
    if type(a) ~= "table" or type(b) ~= "table" then
        return a == b
    end
    for key, member in next, a do
        if not same(member, b[key]) then
            return false
        end
    end
    for key in next, b do
        if a[key] == nil then
            return false
        end
    end
    return true
end

-- What runs share (samples and zone cuts) is measured with the run's own context, and they get copies. A
-- runbook that changed what is asked, or how, gets what it asks for, and shares it with nobody.
local function shared(out, own)
    out.common = own.common and { samples = function(_, name)
        if same(out.resolvers, own.resolvers) and same(out.host, own.host) then
            return own.common:samples(name, own)
        end
        return common.take(name, out)
    end }
    out.cuts = own.cuts and { walk = function(_, _, name, type_of)
        if out.family == own.family and out.timeout == own.timeout and out.late == own.late then
            return own.cuts:walk(own, name, type_of)
        end
        return walk.alone(out, name, type_of)
    end }
end

local settings = { "target", "params", "resolvers", "host", "allow" }

--- The context that runbooks are given: what they write into it changes nothing for the run itself, which
--- goes on with its own. What is measured once (`shared`) and between steps (`data`) is the same in both.
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
    out.meter = { plan = function(_, count, seconds)
        keeps:plan(math.tointeger(count) or 0, tonumber(seconds) or 0)
    end,
        sampled = function() keeps:sampled() end }
    out.on_progress = function(text) own.on_progress(text) end
    shared(out, own)
    return ctx.of(out)
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
