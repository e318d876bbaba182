-- SPDX-License-Identifier: MIT
-- The environment in which runbooks, steps and scenarios run.
--
-- A runbook may come from a colleague or from a ticket. So it gets the language (tables, strings, maths), the
-- dnsprobe API, and files beside it that it names ("./steps/spf.lua"), and nothing else: no io, no os beyond the
-- clock, no load, no debug, no package. Rules:
--   1. Every table that is handed in is a copy or a read-only view: a runbook cannot change what others use.
--   2. Text only: precompiled chunks can crash the interpreter and are refused.
--   3. A file beside the runbook is named by a relative path without "..", so nothing outside its folder is read.
--   4. Code that never waits is stopped after CPU_LIMIT_S seconds of processor time (guard); code that waits is
--      stopped by the run's deadline.
-- tests/lua/sandbox_spec.lua tries to break each of them.

local fs = require "dnsprobe.fs"

local M = {}

local CPU_LIMIT_S = 20
local HOOK_EVERY = 1000000 -- VM instructions between two looks at the clock
local REP_LIMIT_BYTES = 16 * 1024 * 1024

local function copied(library, without)
    local out = {}
    for key, value in pairs(library) do
        if not (without and without[key]) then
            out[key] = type(value) == "table" and copied(value) or value
        end
    end
    return out
end

-- Modules a runbook may require, as name → members left out. The C module loses what configures the run.
local modules = {
    ["dnsprobe"] = { setup = true, allow = true },
    ["dnsprobe.task"] = { run = true, on_signal = true },
    ["dnsprobe.stats"] = {},
    ["dnsprobe.json"] = {},
    ["dnsprobe.addresses"] = {},
    ["dnsprobe.answers"] = {},
    ["dnsprobe.ask"] = {},
    ["dnsprobe.agree"] = {},
    ["dnsprobe.decide"] = {},
    ["dnsprobe.names"] = {},
    ["dnsprobe.records"] = {},
    ["dnsprobe.samples"] = {},
    ["dnsprobe.servers"] = {},
    ["dnsprobe.text"] = {},
    ["dnsprobe.survey"] = {},
    ["dnsprobe.truth"] = {},
    ["dnsprobe.match"] = {},
    ["dnsprobe.walk"] = {},
}

local function allowed(name)
    return modules[name] or (name:match("^dnsprobe%.judge%.[%w_]+$") and {}) or nil
end

local function safe_string()
    local out = copied(string, { dump = true })
    function out.rep(text, n, separator)
        if type(n) == "number" and n * (#tostring(text) + #(separator or "")) > REP_LIMIT_BYTES then
            error("string.rep: the result would be too large", 2)
        end
        return string.rep(text, n, separator)
    end
    return out
end

local strings = safe_string()

-- ("x"):rep(n) looks its method up here, whoever calls it: methods of strings are shared by all Lua code.
getmetatable("").__index = strings

-- Only metatables of tables may be seen or set: those of strings and of our userdata are shared by everybody.
local function safe_getmetatable(value)
    if type(value) == "table" then
        return getmetatable(value)
    end
    return nil
end

local function safe_setmetatable(value, meta)
    if type(meta) == "table" and rawget(meta, "__gc") then
        error("setmetatable: __gc is not available in a runbook", 2)
    end
    return setmetatable(value, meta)
end

local function base_environment()
    return {
        assert = assert, error = error, ipairs = ipairs, next = next, pairs = pairs, pcall = pcall,
        xpcall = xpcall, select = select, tonumber = tonumber, tostring = tostring, type = type,
        rawequal = rawequal, rawget = rawget, rawlen = rawlen, rawset = rawset,
        getmetatable = safe_getmetatable, setmetatable = safe_setmetatable,
        math = copied(math, { randomseed = true }), string = copied(strings), table = copied(table),
        utf8 = copied(utf8), os = { time = os.time, date = os.date, clock = os.clock },
        _VERSION = _VERSION,
    }
end

--- The folder part of a path, with its slash; "./" for a bare file name.
---@param path string
---@return string
function M.folder(path)
    return path:match("^(.*/)[^/]*$") or "./"
end

--- The path of `relative` ("./steps/x.lua") beside `path`; raises where it would leave the folder.
---@param path string file that names it
---@param relative string
---@return string
function M.beside(path, relative)
    local rest = relative:gsub("^%./", "")
    if rest:match("^/") or ("/" .. rest .. "/"):find("/../", 1, true) then
        error(("%q leaves the folder of %s"):format(relative, path), 0)
    end
    if not rest:match("%.lua$") then
        error(("%q: only .lua files can be used by a runbook"):format(relative), 0)
    end
    return M.folder(path) .. rest
end

--- Loads a file for the sandbox without running it.
---@param path string
---@param extra table<string, any>? modules given under these names to `require` (the runbook API of the loader)
---@return function? chunk
---@return string? err one line with file and line
---@return string? text the file's bytes
function M.load(path, extra)
    local text, err = fs.read(path)
    if not text then
        return nil, ("%s: cannot be read: %s"):format(path, err or "unknown reason")
    end
    local env = base_environment()
    env._G = env
    local cache = {}
    function env.require(name)
        if type(name) ~= "string" then
            error("require: a name is needed", 2)
        end
        if extra and extra[name] then
            return extra[name]
        end
        if cache[name] == nil then
            cache[name] = M.module(path, name, extra)
        end
        return cache[name]
    end
    local chunk, syntax = load(text, "@" .. path, "t", env)
    return chunk, syntax, text
end

--- What `require(name)` gives to the file at `path`.
---@param path string
---@param name string
---@param extra table<string, any>?
---@return any
function M.module(path, name, extra)
    if name:match("^%./") then
        local chunk, err = M.load(M.beside(path, name), extra)
        if not chunk then
            error(err, 0)
        end
        return chunk()
    end
    local without = allowed(name)
    if not without then
        error(("module %q is not available to runbooks"):format(name), 3)
    end
    return copied(require(name), without)
end

--- Calls f with a limit on processor time, for code that does not wait. Errors pass through.
---@param f function
---@return any ... results of f
function M.guard(f, ...)
    if debug.gethook() then
        return f(...) -- a thread has one hook, and this one counts lines (dnsprobe test --coverage)
    end
    local started = os.clock()
    debug.sethook(function()
        if os.clock() - started > CPU_LIMIT_S then
            error(("runbook stopped: more than %d s of processor time without waiting"):format(CPU_LIMIT_S), 2)
        end
    end, "", HOOK_EVERY)
    local results = table.pack(pcall(f, ...))
    debug.sethook()
    if not results[1] then
        error(results[2], 0)
    end
    return table.unpack(results, 2, results.n)
end

return M
