-- SPDX-License-Identifier: MIT
-- Code of others, on a leash (lua/bind/leash.c): how it is called, and what its errors become.

local core = require "dnsprobe.sandbox.core"
local environment = require "dnsprobe.guest.environment"
local located = require "dnsprobe.guest.located"
require "dnsprobe.base.task" -- handle:await

local M = {}

-- What is raised becomes text here, on the leash: a __tostring of the runbook's is its code too.
local function told(f, ...)
    local where
    local results = table.pack(xpcall(f, function(err)
        err, where = located.line(err)
        return err
    end, ...))
    if results[1] then
        return table.unpack(environment.stripped(results), 2, results.n)
    end
    local err = results[2]
    if type(err) == "string" and err:find("not enough memory$") then
        core.out_of_memory()
    elseif type(err) == "table" and environment.owns(debug.getmetatable(err)) then
        local ok, text = pcall(tostring, err)
        err = (where or "") .. (ok and tostring(text) or "an error that has no text")
    elseif type(err) ~= "string" and debug.getmetatable(err) == nil then
        err = ("%sa %s was raised as an error; a text is needed"):format(where or "", type(err))
    end
    error(err, 0)
end

---@class dnsprobe.Ceiling the error value of a leash that ends a run at its ceiling of queries
local Ceiling = { __name = "dnsprobe.Ceiling", __tostring = function(self) return self.message end }

--- Did the ceiling of queries stop it?
---@param err any
---@return boolean
function M.is_ceiling(err)
    return type(err) == "table" and debug.getmetatable(err) == Ceiling
end

--- Calls f on a leash. Errors pass through; where a ceiling stopped it, the error says which.
---@param options { quiet: boolean, trusted: boolean, cpu_s: number, memory_mib: integer } quiet: it may neither wait nor send
---@param f function
---@return any ... results of f
function M.call(options, f, ...)
    if core.place() ~= "task" then
        return told(f, ...) -- already on one, or a test without tasks
    end
    local handle <close> = core.leash(options, told, f, ...)
    local results = table.pack(pcall(handle.await, handle))
    if results[1] then
        return table.unpack(results, 2, results.n)
    end
    if core.stopped(handle) == "queries" then
        error(setmetatable({ message = results[2] }, Ceiling), 0)
    end
    error(results[2], 0)
end

return M
