-- SPDX-License-Identifier: MIT
-- The sandbox in which runbooks, steps and scenarios run.
--
-- A runbook may come from a colleague or from a ticket. So it gets the language (tables, strings, maths), the
-- dnsprobe API, and files beside it that it names ("./steps/spf.lua"), and nothing else: no io, no os beyond
-- the clock, no load, no debug, no package. Rules:
--   1. Every table that is handed in is a copy or a read-only view: a runbook cannot change what others use.
--   2. Text only: precompiled chunks can crash the interpreter and are refused.
--   3. A file beside the runbook is named by a relative path without "..", and lies below its folder or an
--      installed one after all links are followed, so nothing else is read.
--   4. It runs on a leash (guest/onleash.lua): so much processor time between two waits, so much memory, so
--      many queries. Code that waits is stopped by the run's deadline.
--   5. Nothing is sent while it is loaded and while it judges.
--   6. What it gives back loses its metatables before the library reads it.
-- Under --trust it gets all of Lua, and no ceiling on time and memory; the report says so.
-- tests/lua/sandbox_spec.lua and tests/lua/bind/escape_spec.lua try to break each of them.

local answered = require "dnsprobe.guest.answered"
local environment = require "dnsprobe.guest.environment"
local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"
local located = require "dnsprobe.guest.located"
local onleash = require "dnsprobe.guest.onleash"

local M = {}

--- Ceilings of a leash; a config file may change them.
M.defaults = { cpu_s = 20, memory_mib = 256, queries = 50000 }

local limits = { cpu_s = M.defaults.cpu_s, memory_mib = M.defaults.memory_mib }
local trusted = false

-- What a runbook may require: name → { module, without }; see M.offer. The tools of shipped steps beside it.
local offered = {}
for name, room in pairs { survey = "measure", walk = "measure", truth = "judge", match = "judge" } do
    offered["dnsprobe." .. name] = { module = "dnsprobe." .. room .. "." .. name, without = {}, tool = true }
end

local function allowed(name)
    local judge = name:match("^dnsprobe%.judge%.%l+%.[%l-]+$")
    return offered[name] or judge and { module = judge, without = {} } or nil
end

--- Says what runbooks may require from now on.
---@param rows { require: string?, module: string?, without: string[]? }[] the list of the API
function M.offer(rows)
    for _, row in ipairs(rows) do
        if row.require then
            local without = {}
            for _, member in ipairs(row.without or {}) do
                without[member] = true
            end
            offered[row.require] = { module = row.module or row.require, without = without }
        end
    end
end

--- The names of the modules that a runbook may require, but for judge modules.
---@return string[] sorted
function M.library_names()
    local out = {}
    for name in pairs(offered) do
        out[#out + 1] = name
    end
    table.sort(out)
    return out
end

--- What `require(name)` gives a runbook, to look at; nil where it gives none.
---@param name string
---@return table?
function M.library(name)
    local row = allowed(name)
    local ok, value = pcall(require, row and row.module or name)
    return row and ok and type(value) == "table" and environment.copied(value, row.without) or nil
end

-- The functions of `dns` that bring addresses note them before the runbook sees them.
local function with_notes(dns)
    local exchange, query, trace, stub = dns.exchange, dns.query, dns.trace, dns.stub or {}
    function dns.exchange(options)
        local result, message, code = exchange(options)
        return answered.note(result), message, code
    end
    function dns.query(options)
        local result, message, code = query(options)
        return answered.note(result), message, code
    end
    function dns.trace(name, type_of, options)
        if type(options) == "table" and options.remember ~= nil then
            local own = {}
            for key, value in pairs(options) do
                own[key] = value
            end
            -- What one walk finds others build on, so it is the library's alone
            options, own.remember = own, nil
        end
        local result, message, code = trace(name, type_of, options)
        for _, one in ipairs(result and result.exchanges or {}) do
            answered.note(one)
        end
        return result, message, code
    end
    for _, name in ipairs { "lookup", "getaddrinfo" } do
        local f = stub and stub[name]
        stub[name] = f and function(host, ...)
            local result, message, code = f(host, ...)
            if result then
                answered.note_stub(host, result.addresses)
            end
            return result, message, code
        end
    end
    local hosts = stub and stub.hosts
    stub.hosts = hosts and function(host)
        local list, message = hosts(host)
        for _, entry in ipairs(list or {}) do
            answered.note_stub(host, { entry.address })
        end
        return list, message
    end
    return dns
end

-- A task that a runbook starts fails at the runbook's own line.
local function with_lines(task)
    local spawn, all, map, deadline = task.spawn, task.all, task.map, task.deadline
    function task.spawn(f, ...)
        return spawn(located.started(f), ...)
    end
    function task.all(functions)
        local list = {}
        for i = 1, #functions do
            list[i] = located.started(functions[i])
        end
        return all(list)
    end
    function task.map(list, f, options)
        return map(list, located.started(f), options)
    end
    function task.deadline(seconds, f, ...)
        return deadline(seconds, located.started(f), ...)
    end
    return task
end

local finished = { ["dnsprobe"] = with_notes, ["dnsprobe.task"] = with_lines }

--- Runs everything with all of Lua from now on: --trust.
---@param on boolean
function M.trust(on)
    trusted = on
    environment.trust(on)
end

---@return boolean
function M.is_trusted() return trusted end

--- Sets the ceilings of leashes that are made from now on.
---@param given { cpu_s: number?, memory_mib: integer? }
function M.limit(given)
    limits.cpu_s = given.cpu_s or limits.cpu_s
    limits.memory_mib = given.memory_mib or limits.memory_mib
end

--- The folder part of a path, with its slash; "./" for a bare file name.
---@param path string
---@return string
function M.folder(path)
    return path:match("^(.*/)[^/]*$") or "./"
end

local function is_below(path, folder)
    local real = fs.realpath(folder)
    return real ~= nil and path:sub(1, #real + 1) == (real == "/" and "/" or real .. "/")
end

--- `file` itself, which the file at `path` names; raises where links lead out of its folder and the installed
--- ones.
---@param path string
---@param file string
---@return string
function M.checked(path, file)
    local real = fs.realpath(file)
    if not real or is_below(real, M.folder(path)) then
        return file -- what is not there is told by whoever reads it
    end
    local origin = fs.realpath(path)
    if origin and is_below(real, M.folder(origin)) then
        return file
    end
    for _, folder in ipairs(find.folders()) do
        if folder ~= "./" and is_below(real, folder) then
            return file
        end
    end
    error(("%q is a link out of the folder of %s"):format(file, path), 0)
end

--- The path of `relative` ("./steps/x.lua") beside `path`; raises where it would leave the folder.
---@param path string file that names it
---@param relative string
---@return string
function M.beside(path, relative)
    local rest = relative:gsub("^%./", "")
    if rest:find("\0", 1, true) then
        error(("%q is no path"):format(relative), 0)
    end
    if rest:match("^/") or ("/" .. rest .. "/"):find("/../", 1, true) then
        error(("%q leaves the folder of %s"):format(relative, path), 0)
    end
    if not rest:match("%.lua$") then
        error(("%q: only .lua files can be used by a runbook"):format(relative), 0)
    end
    return M.checked(path, M.folder(path) .. rest)
end

--- Loads a file for the sandbox without running it.
---@param path string
---@param extra table<string, any>? modules given under these names to `require` (the runbook API of the loader)
---@return function? chunk
---@return string? err one line with file and line
---@return string? text the file's bytes
function M.load(path, extra)
    local text, err = fs.read(path, true)
    if not text then
        return nil, ("%s: cannot be read: %s"):format(path, err or "unknown reason")
    end
    local env = trusted and environment.trusted() or environment.new()
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
    located.note(path)
    local chunk, syntax = load(text, "@" .. path, "t", env)
    return chunk, syntax, text
end

--- The list of resolvers or any other plain table in a Lua file. Raises a Failure (exit 65).
---@param path string
---@return any
function M.plain_table(path)
    local chunk, err = M.load(path)
    local ok, value = false, err
    if chunk then
        ok, value = pcall(M.guard, chunk)
    end
    if not ok then
        exit.input("%s", tostring(value))
    end
    return value
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
    local row = allowed(name)
    if not row and trusted then
        return require(name)
    elseif not row then
        error(("module %q is not available to runbooks"):format(name), 3)
    end
    local copy = environment.copied(require(row.module), row.without)
    return finished[name] and finished[name](copy) or copy
end

-- ---- on the leash ----

M.is_ceiling = onleash.is_ceiling

local function options(quiet)
    return { quiet = quiet, trusted = trusted, cpu_s = limits.cpu_s, memory_mib = limits.memory_mib }
end

--- Calls f on a leash that lets it neither wait nor send: for what is loaded and what judges. Errors pass
--- through.
---@param f function
---@return any ... results of f
function M.guard(f, ...)
    return onleash.call(options(true), f, ...)
end

--- Calls f on a leash that lets it send: for what measures.
---@param f function
---@return any ... results of f
function M.guard_measure(f, ...)
    return onleash.call(options(false), f, ...)
end

return M
