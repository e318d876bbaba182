-- SPDX-License-Identifier: MIT
-- ② Runbooks: what `runbook.define` and `runbook.extend` accept, and how a file becomes a checked runbook.
--
-- A runbook is a list of steps and parameters, no logic. Everything is checked when it is loaded, so that
-- `dnsprobe check` can say what is wrong before the incident; errors carry file and line.

local exit = require "dnsprobe.exit"
local find = require "dnsprobe.runbook.find"
local fs = require "dnsprobe.fs"
local params = require "dnsprobe.runbook.params"
local sandbox = require "dnsprobe.sandbox"

local M = {}

---@class dnsprobe.Step
---@field id string
---@field title string
---@field measure? fun(ctx: dnsprobe.Ctx): table
---@field judge? fun(data: table, report: dnsprobe.StepReport)
---@field run? fun(ctx: dnsprobe.Ctx)
---@field params? table<string, table>
---@field sends? string what it sends at defaults, for `show`
---@field essential? boolean false: that it could not be measured does not make the verdict unknown
---@field path? string

---@class dnsprobe.Runbook
---@field name string
---@field summary string
---@field params table<string, table>
---@field steps dnsprobe.Step[]
---@field resolvers? any[]
---@field scenarios? string[] lab scenarios that `dnsprobe test` runs
---@field path string
---@field sha256 string

local Runbook = { __name = "dnsprobe.Runbook" }

local define_keys = { name = "string", summary = "string", params = "table", steps = "table", resolvers = "table",
    scenarios = "table" }
local extend_keys = { name = "string", summary = "string", params = "table", resolvers = "table",
    scenarios = "table", before = "table", after = "table", replace = "table", skip = "table" }
local step_keys = { id = "string", title = "string", measure = "function", judge = "function", run = "function",
    params = "table", sends = "string", summary = "string", essential = "boolean" }

local function check_keys(what, t, keys)
    if type(t) ~= "table" then
        error(("%s: a table is needed, got %s"):format(what, type(t)), 0)
    end
    for key, value in pairs(t) do
        local want = keys[key]
        if not want then
            error(("%s: unknown member %q; there are: %s"):format(what, tostring(key),
                table.concat(params.sorted_keys(keys), ", ")), 0)
        end
        if type(value) ~= want then
            error(("%s: %s is a %s, not a %s"):format(what, key, want, type(value)), 0)
        end
    end
end

local function checked_step(step, origin)
    check_keys(origin, step, step_keys)
    if not step.id or not step.id:match("^%l[%w-]*$") then
        error(origin .. ": id: lower-case letters, digits and - are needed", 0)
    end
    if not step.title then
        error(origin .. ": title is missing", 0)
    end
    if step.run and (step.measure or step.judge) then
        error(origin .. ": either run, or measure and judge", 0)
    end
    if not step.run and not (step.measure and step.judge) then
        error(origin .. ": measure and judge are needed, or run", 0)
    end
    for key, spec in pairs(step.params or {}) do
        params.check_spec(key, spec)
    end
    return step
end

local api -- the runbook module as a file at some path sees it

-- Loads and runs a Lua file in the sandbox; raises one line.
local function evaluate(path, without)
    local chunk, err, text = sandbox.load(path, { ["dnsprobe.runbook"] = api(path, without) })
    if not chunk then
        error(err, 0)
    end
    return sandbox.guard(chunk), text
end

-- A step as written in a list: an id, a relative file, or the table itself.
local function resolve_step(entry, path, without)
    if type(entry) == "table" then
        return checked_step(entry, ("%s: step %s"):format(path, tostring(entry.id or "?")))
    end
    if type(entry) ~= "string" then
        error(("%s: a step is an id, a file or a table, not a %s"):format(path, type(entry)), 0)
    end
    local file
    if entry:find("/", 1, true) or entry:match("%.lua$") then
        file = sandbox.beside(path, entry)
    else
        file = find.step(entry, sandbox.folder(path))
        if not file then
            error(("%s: no step named %q (steps/%s.lua) was found"):format(path, entry, entry), 0)
        end
    end
    local step = checked_step((evaluate(file, without)), file)
    step.path = file
    return step
end

local function check_unique(steps, path)
    local seen = {}
    for _, step in ipairs(steps) do
        if seen[step.id] then
            error(("%s: two steps with the id %q"):format(path, step.id), 0)
        end
        seen[step.id] = true
    end
end

-- Parameters of all steps, then the runbook's own on top of them.
local function all_params(steps, own)
    local out = {}
    for _, step in ipairs(steps) do
        out = params.merged(out, step.params or {})
    end
    return params.merged(out, own or {})
end

local function define(spec, path, without)
    check_keys("runbook.define", spec, define_keys)
    for _, key in ipairs { "name", "summary", "steps" } do
        if not spec[key] then
            error("runbook.define: " .. key .. " is missing", 0)
        end
    end
    local steps = {}
    for i, entry in ipairs(spec.steps) do
        steps[i] = resolve_step(entry, path, without)
    end
    check_unique(steps, path)
    return setmetatable({
        name = spec.name, summary = spec.summary, steps = steps, params = all_params(steps, spec.params),
        resolvers = spec.resolvers, scenarios = spec.scenarios,
    }, Runbook)
end

-- Checks that `before`, `after`, `replace` and `skip` name steps that are there.
local function check_places(spec, base, path)
    local known = {}
    for _, step in ipairs(base.steps) do
        known[step.id] = true
    end
    local function check(id)
        if not known[id] then
            error(("%s: runbook.extend: %s has no step %q; there are: %s"):format(path, base.name, tostring(id),
                table.concat(params.sorted_keys(known), ", ")), 0)
        end
    end
    for _, place in ipairs { "before", "after", "replace" } do
        for id in pairs(spec[place] or {}) do
            check(id)
        end
    end
    for _, id in ipairs(spec.skip or {}) do
        check(id)
    end
end

local function extended_steps(base, spec, path, without)
    local skip = {}
    for _, id in ipairs(spec.skip or {}) do
        skip[id] = true
    end
    local steps = {}
    local function add(place, id)
        local entry = spec[place] and spec[place][id]
        if entry == nil then
            return false
        end
        local several = type(entry) == "table" and #entry > 0
        for _, one in ipairs(several and entry or { entry }) do
            steps[#steps + 1] = resolve_step(one, path, without)
        end
        return true
    end
    for _, step in ipairs(base.steps) do
        add("before", step.id)
        if not add("replace", step.id) and not skip[step.id] then
            steps[#steps + 1] = step
        end
        add("after", step.id)
    end
    check_unique(steps, path)
    return steps
end

local function extend(base_name, spec, path, without)
    check_keys("runbook.extend", spec, extend_keys)
    if type(base_name) ~= "string" then
        error("runbook.extend: the name of a runbook is needed first", 0)
    end
    local base = M.load(base_name, without)
    check_places(spec, base, path)
    local steps = extended_steps(base, spec, path, without)
    return setmetatable({
        name = spec.name or base.name, summary = spec.summary or base.summary, steps = steps,
        params = params.merged(all_params(steps, base.params), spec.params or {}),
        resolvers = spec.resolvers or base.resolvers, scenarios = spec.scenarios or base.scenarios,
    }, Runbook)
end

-- Raises a mistake with the file that made it, unless it names a place already. (Its line is gone: the usual
-- `return runbook.define{...}` is a tail call.)
local function blame(err, path)
    if type(err) == "string" and not err:match("^%S+%.lua:") then
        err = path .. ": " .. err
    end
    error(err, 0)
end

function api(path, without)
    local inner = { [path] = true }
    for other in pairs(without or {}) do
        inner[other] = true
    end
    return {
        define = function(spec)
            local ok, book = pcall(define, spec, path, inner)
            return ok and book or blame(book, path)
        end,
        extend = function(name, spec)
            local ok, book = pcall(extend, name, spec, path, inner)
            return ok and book or blame(book, path)
        end,
    }
end

--- Finds, loads and checks a runbook. Raises a Failure (exit 64: none of that name; exit 65: broken).
---@param name string name, file name or path
---@param without table<string, boolean>? paths not to take
---@return dnsprobe.Runbook
function M.load(name, without)
    local path, missing = find.runbook(name, without)
    if not path then
        exit.usage("%s", missing)
    end
    local ok, book, text = pcall(evaluate, path, without)
    if not ok then
        if exit.failure(book) then
            error(book, 0)
        end
        exit.input("%s", tostring(book))
    end
    if getmetatable(book) ~= Runbook then
        exit.input("%s: the file does not return runbook.define{...} or runbook.extend(...)", path)
    end
    book.path, book.sha256 = path, fs.sha256(text)
    return book
end

--- The list of resolvers or any other plain table in a Lua file. Raises a Failure (exit 65).
---@param path string
---@return any
function M.evaluate_table(path)
    local ok, value = pcall(evaluate, path)
    if not ok then
        exit.input("%s", tostring(value))
    end
    return value
end

return M
