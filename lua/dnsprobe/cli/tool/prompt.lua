-- SPDX-License-Identifier: MIT
-- What `dnsprobe repl` evaluates: lines become chunks, chunks run as tasks in one environment, values become
-- text.
--
-- The environment is that of a runbook, with every module of the API under its name and `ctx` and `report` of
-- a run whose target is the prompt's. Calls that wait just wait: each chunk is a task. Ctrl-C cancels it
-- where it waits, and a hook stops it where it does not.

local api = require "dnsprobe.api.reference"
local core = require "dnsprobe.task.core"
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local leashes = require "dnsprobe.sandbox.core"
local runbook = require "dnsprobe.book.runbook"
local sandbox = require "dnsprobe.guest.sandbox"
local task = require "dnsprobe.base.task"
local value = require "dnsprobe.format.tool.value"

local M = {}

local HOOK_EVERY = 100000 -- VM instructions between two looks for Ctrl-C

-- ---- the environment ----

local BASE = {
    "assert",
    "error",
    "ipairs",
    "next",
    "pairs",
    "pcall",
    "xpcall",
    "select",
    "tonumber",
    "tostring",
    "type",
    "rawequal",
    "rawget",
    "rawlen",
    "rawset",
    "getmetatable",
    "setmetatable",
    "math",
    "string",
    "table",
    "utf8",
}

local function safe_lines(text)
    return (text:gsub("[^\n]+", dns.escape))
end

local function environment(ctx, report, write)
    local env = { os = { time = os.time, date = os.date, clock = os.clock }, ctx = ctx, report = report }
    for _, name in ipairs(BASE) do
        env[name] = _G[name]
    end
    function env.require(name)
        if name == "dnsprobe.runbook" then
            return runbook.api "./repl"
        end
        return sandbox.module("./repl", name, { ["dnsprobe.runbook"] = runbook.api "./repl" })
    end
    for _, module in ipairs(api.modules) do
        if module.require then
            env[module.shown] = env.require(module.require)
        end
    end
    function env.print(...)
        local parts = table.pack(...)
        for i = 1, parts.n do
            parts[i] = type(parts[i]) == "string" and safe_lines(parts[i]) or value.text(parts[i])
        end
        write(table.concat(parts, "\t") .. "\n")
    end
    function env.help(name)
        write(require("dnsprobe.cli.help.api").page { name })
    end
    env._G = env
    return env
end

-- ---- chunks ----

-- `local x = ...` would be gone with its line: at the prompt it is kept. So lines of a runbook can be pasted.
local function without_local(text)
    if text:match("^%s*local%s+function%s") or text:match("^%s*local%s+[%a_][%w_%s,]*=") then
        return (text:gsub("local%s", "", 1))
    end
    return text
end

-- A function, nil and "more" where the text is not complete, or nil and what is wrong with it.
local function compile(text, name, env, line)
    local lines = ("\n"):rep(line - 1)
    local chunk, first = load(lines .. "return " .. text, "=" .. name, "t", env)
    if chunk then
        return chunk
    end
    local second
    chunk, second = load(lines .. without_local(text), "=" .. name, "t", env)
    if chunk then
        return chunk
    end
    if first:match("near <eof>$") or second:match("near <eof>$") then
        return nil, "more"
    end
    return nil, second
end

-- Looks for Ctrl-C while the chunk runs and does not wait. Once it came, every instruction fails: no pcall
-- holds it up.
local function watch()
    debug.sethook(function()
        if core.interrupted() then
            debug.sethook(function() error("interrupted", 0) end, "", 1)
            error("interrupted", 0)
        end
    end, "", HOOK_EVERY)
end

-- The results of a chunk, packed; nil and the error. It is on a leash that holds nothing but its queries.
local function call(chunk, ceiling)
    local handle = leashes.leash({ trusted = true, typed = true }, function()
        watch()
        local results = table.pack(chunk())
        debug.sethook()
        return results
    end)
    core.on_signal(function() handle:cancel() end, true)
    local ok, results = pcall(handle.await, handle)
    core.on_signal(nil, true)
    if ok then
        return results
    elseif leashes.stopped(handle) == "queries" then
        return nil, "stopped: the ceiling of queries is reached: " .. ceiling
    end
    return nil, results
end

---@class dnsprobe.Repl
---@field env table<string, any>
---@field ceiling string
local Repl = {}
Repl.__index = Repl

local function error_text(err)
    if task.is_canceled(err) then
        return "interrupted"
    end
    local failure = exit.failure(err)
    return failure and failure.message or type(err) == "string" and err or value.text(err)
end

-- One result that is an exchange or a message stands whole, several stand in one line.
local function shown(results)
    if results.n == 0 then
        return ""
    elseif results.n == 1 then
        return value.full(results[1]) .. "\n"
    end
    local parts = {}
    for i = 1, results.n do
        parts[i] = value.text(results[i])
    end
    return table.concat(parts, ", ") .. "\n"
end

--- Takes one line.
---@param line string
---@return "more"|"done"|"failed" state more: the statement goes on in the next line
---@return string text what to print; of "failed" the error in one line
function Repl:feed(line)
    self.number = self.number + 1
    if not self.pending then
        self.pending, self.first = line, self.numbered and self.number or 1
    else
        self.pending = self.pending .. "\n" .. line
    end
    if self.pending:match("^%s*$") or self.pending:match("^%s*%-%-[^%[\n]*$") then
        self.pending = nil
        return "done", ""
    end
    local chunk, problem = compile(self.pending, self.name, self.env, self.first)
    if problem == "more" then
        return "more", ""
    end
    self.pending = nil
    local results
    if chunk then
        results, problem = call(chunk, self.ceiling)
    end
    if not results then
        return "failed", safe_lines((error_text(problem):match("^[^\n]*")))
    end
    if results.n > 0 then
        self.env._ = results[1]
    end
    return "done", shown(results)
end

--- Forgets a statement that is not complete.
---@return boolean was there one?
function Repl:forget()
    local was = self.pending ~= nil
    self.pending = nil
    return was
end

-- ---- completion ----

local function add_matching(out, keys, start)
    for key in pairs(keys) do
        if type(key) == "string" and key:match("^[%a_][%w_]*$") and key:sub(1, #start) == start then
            out[#out + 1] = key
        end
    end
end

local function methods_of(path)
    local out = {}
    for _, one in ipairs(api.items()) do
        local owner, name = one.name:match("^(.*)[:.]([%w_]+)$")
        if one.kind == "function" and owner == path:gsub("^ctx%.state$", "state") then
            out[name] = true
        end
    end
    return out
end

local function common_prefix(list)
    local prefix = list[1]
    for _, word in ipairs(list) do
        while word:sub(1, #prefix) ~= prefix do
            prefix = prefix:sub(1, -2)
        end
    end
    return prefix
end

--- What TAB does.
---@param before string the line up to the cursor
---@return string insert
---@return string? shown the choices, where there are several
function Repl:complete(before)
    local word = before:match("[%w_.:]+$") or ""
    local path, start = word:match("^(.*)[.:]([%w_]*)$")
    local out, seen = {}, self.env
    if not path then
        add_matching(out, self.env, word)
        start = word
    else
        for part in path:gmatch("[^.:]+") do
            seen = type(seen) == "table" and rawget(seen, part) or nil
        end
        local keys = methods_of(path)
        for key in pairs(type(seen) == "table" and seen or {}) do
            keys[key] = true
        end
        add_matching(out, keys, start)
    end
    table.sort(out)
    if #out == 0 then
        return ""
    end
    local insert = common_prefix(out):sub(#start + 1)
    return insert, #out > 1 and insert == "" and table.concat(out, "  ") or nil
end

---@class dnsprobe.ReplOptions
---@field ctx dnsprobe.Ctx
---@field report dnsprobe.StepReport
---@field write fun(text: string)
---@field name string how errors call the input: "repl", "stdin"
---@field ceiling string? of queries, for the error that tells of it
---@field numbered boolean errors count all lines, not those of the statement

--- A prompt without its input.
---@param options dnsprobe.ReplOptions
---@return dnsprobe.Repl
function M.new(options)
    return setmetatable(
        {
            env = environment(options.ctx, options.report, options.write),
            number = 0,
            name = options.name,
            numbered = options.numbered,
            ceiling = options.ceiling or "",
        },
        Repl
    )
end

return M
