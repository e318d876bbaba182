-- SPDX-License-Identifier: MIT
-- ② Runbooks: what `runbook.define` and `runbook.extend` accept, and how a file becomes a checked runbook.
--
-- A runbook is a list of steps and parameters, no logic. Everything is checked when it is loaded, so that
-- `dnsprobe check` can say what is wrong before the incident; errors carry file and line.

local environment = require "dnsprobe.guest.environment"
local exit = require "dnsprobe.base.exit"
local explains = require "dnsprobe.book.runbook.explains"
local extension = require "dnsprobe.book.runbook.extension"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"
local given = require "dnsprobe.book.runbook.given"
local mistake = require "dnsprobe.book.runbook.mistake"
local modules = require "dnsprobe.api.modules"
local nearest = require "dnsprobe.base.nearest"
local params = require "dnsprobe.book.runbook.params"
local sandbox = require "dnsprobe.guest.sandbox"

local M = {}

sandbox.offer(modules)

---@class dnsprobe.Step
---@field id string
---@field title string
---@field measure? fun(ctx: dnsprobe.Ctx): table
---@field judge? fun(data: table, report: dnsprobe.StepReport)
---@field run? fun(ctx: dnsprobe.Ctx)
---@field params? table<string, table>
---@field sends? string what it sends at defaults, for `show`
---@field essential? boolean false: that it could not be measured does not make the verdict unknown
---@field provides? string[] what its data offers to other judges (judge/tool/evidence.lua)
---@field path? string
---@field origin string folder of its runbook or of runbooks as it: only steps of one folder share what they are handed
---@field shipped? boolean its file lies where dnsprobe is installed, or in its source tree

---@class dnsprobe.Runbook
---@field name string
---@field summary string
---@field params table<string, table>
---@field steps dnsprobe.Step[]
---@field resolvers? any[]
---@field scenarios? (string|table)[] lab scenarios that `dnsprobe test` runs: names, files, or in place
---@field explains? table[] own rows of what explains what (book/runbook/explains.lua)
---@field max_queries? integer its own ceiling of queries, below that of the run
---@field path string
---@field sha256 string

-- What a file is given of its runbook is a copy: it can read and return it, and not reach into the steps of a
-- runbook that it extends.
local books = setmetatable({}, { __mode = "k" }) -- copy → dnsprobe.Runbook

local function handed_out(book)
    local copy = environment.copied(book)
    books[copy] = book
    return copy
end

local define_keys = {
    name = "string",
    summary = "string",
    params = "table",
    steps = "table",
    resolvers = "table",
    scenarios = "table",
    explains = "table",
    max_queries = "number",
}
local extend_keys = {
    name = "string",
    summary = "string",
    params = "table",
    resolvers = "table",
    scenarios = "table",
    explains = "table",
    max_queries = "number",
    before = "table",
    after = "table",
    replace = "table",
    skip = "table",
}
local step_keys = {
    id = "string",
    title = "string",
    measure = "function",
    judge = "function",
    run = "function",
    params = "table",
    sends = "string",
    summary = "string",
    essential = "boolean",
    provides = "table",
}

-- `what` names the table in the message, `near` is a word of the file close to it.
local function check_keys(path, what, t, keys, near)
    if type(t) ~= "table" then
        mistake.raise(path, { near }, "%s: a table is needed, got %s", what, type(t))
    end
    for _, key in ipairs(params.sorted_keys(t)) do
        local value, want = t[key], keys[key]
        if not want then
            mistake.raise(path, { key, near }, "%s: unknown member %q%s", what, tostring(key),
                nearest.listed(key, params.sorted_keys(keys)))
        end
        if type(value) ~= want then
            mistake.raise(path, { key, near }, "%s: %s is a %s, not a %s", what, key, type(value), want)
        end
    end
end

local function checked_step(path, step)
    local id = type(step) == "table" and type(step.id) == "string" and step.id or nil
    local what = id and "step " .. id or "step"
    check_keys(path, what, step, step_keys, id)
    local function need(holds, text)
        if not holds then
            mistake.raise(path, { id or "id" }, "%s: %s", what, text)
        end
    end
    need(id and id:match("^%l[%w-]*$"), "id: lower-case letters, digits and - are needed")
    need(step.title, "title is missing")
    need(not (step.run and (step.measure or step.judge)), "either run, or measure and judge")
    need(step.run or (step.measure and step.judge), "measure and judge are needed, or run")
    for _, key in ipairs(params.sorted_keys(step.params or {})) do
        mistake.within(path, { key, id }, params.check_spec, key, step.params[key])
    end
    local out = {} -- ours: nothing that it inherited or answers by itself
    for key in pairs(step_keys) do
        out[key] = step[key]
    end
    out.origin = sandbox.folder(path):gsub("steps/$", "")
    return out
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
local function resolve_step(entry, path, without, near)
    if type(entry) == "table" then
        return checked_step(path, entry)
    end
    if type(entry) ~= "string" then
        mistake.raise(path, { near or "steps" }, "a step is an id, a file or a table, not a %s", type(entry))
    end
    local file
    if entry:find("/", 1, true) or entry:match("%.lua$") then
        file = mistake.within(path, { entry }, sandbox.beside, path, entry)
    else
        file = find.step(entry, sandbox.folder(path))
        file = file and mistake.within(path, { entry }, sandbox.checked, path, file)
        if not file then
            mistake.raise(path, { entry }, "no step named %q (steps/%s.lua) was found", entry, entry)
        end
    end
    if not fs.exists(file) then
        mistake.raise(path, { entry }, "the step's file %s is not there", file)
    end
    local step = checked_step(file, (evaluate(file, without)))
    step.path, step.shipped = file, find.is_shipped(file)
    return step
end

local function check_unique(steps, path)
    local seen = {}
    for _, step in ipairs(steps) do
        if seen[step.id] then
            mistake.raise(path, { step.id }, "two steps with the id %q", step.id)
        end
        seen[step.id] = true
    end
end

-- Scenarios as `test` takes them: names of the search path and tables in place stay, files are beside the
-- runbook.
local function scenarios_of(list, path)
    local out = list and {}
    for i, entry in ipairs(list or {}) do
        if type(entry) ~= "string" and type(entry) ~= "table" then
            mistake.raise(
                path,
                { "scenarios" },
                "scenarios: a name, a file or a table is needed, got a %s",
                type(entry)
            )
        end
        local is_file = type(entry) == "string" and entry:find("/", 1, true)
        out[i] = is_file and mistake.within(path, { entry }, sandbox.beside, path, entry) or entry
    end
    return out
end

-- Lays declarations and new defaults over `base`; `owner` is whose parameters those of `base` are.
local function merged_params(path, base, over, owner)
    local out = base
    for key in pairs(over) do
        if type(key) ~= "string" then
            mistake.within(path, { "params" }, params.check_spec, key, {})
        end
    end
    for _, key in ipairs(params.sorted_keys(over)) do
        if type(over[key]) ~= "table" and not base[key] then
            local valid = params.sorted_keys(base)
            mistake.raise(
                path,
                { key },
                "%s has no parameter %q%s; a new one needs { type =, default =, help = }",
                owner,
                key,
                #valid > 0 and nearest.listed(key, valid) or "; it has none"
            )
        end
        out = mistake.within(path, { key }, params.merged, out, { [key] = over[key] })
    end
    return out
end

local function params_of_steps(path, steps, base)
    local out = base
    for _, step in ipairs(steps) do
        out = merged_params(step.path or path, out, step.params or {}, "step " .. step.id)
    end
    return out
end

local function define(spec, path, without)
    check_keys(path, "runbook.define", spec, define_keys)
    for _, key in ipairs { "name", "summary", "steps" } do
        if not spec[key] then
            mistake.raise(path, {}, "runbook.define: %s is missing", key)
        end
    end
    local steps = {}
    for i, entry in ipairs(spec.steps) do
        steps[i] = resolve_step(entry, path, without)
    end
    check_unique(steps, path)
    return handed_out {
        name = given.name(path, spec.name),
        summary = spec.summary,
        steps = steps,
        resolvers = given.resolvers(path, spec.resolvers),
        params = merged_params(path, params_of_steps(path, steps, {}), spec.params or {}, spec.name),
        scenarios = scenarios_of(spec.scenarios, path),
        explains = explains.rows(path, spec.explains),
        max_queries = given.max_queries(path, spec.max_queries),
    }
end

local function extend(base_name, spec, path, without)
    if type(base_name) ~= "string" then
        mistake.raise(path, {}, "runbook.extend: the name of a runbook is needed first")
    end
    check_keys(path, "runbook.extend", spec, extend_keys, base_name)
    if base_name:find("/", 1, true) then -- a file is one beside this, as for steps
        base_name = mistake.within(path, { base_name }, sandbox.beside, path, base_name)
    end
    local found, missing = find.runbook(base_name, without)
    if not found then
        mistake.raise(path, { base_name }, "runbook.extend: %s", missing)
    end
    local base = M.load(base_name, without)
    local steps, added = extension.steps(base, spec, path, function(entry, near)
        return resolve_step(entry, path, without, near)
    end)
    return handed_out {
        name = given.name(path, spec.name or base.name),
        summary = spec.summary or base.summary,
        steps = steps,
        params = merged_params(path, params_of_steps(path, added, base.params), spec.params or {}, base.name),
        resolvers = given.resolvers(path, spec.resolvers) or base.resolvers,
        scenarios = scenarios_of(spec.scenarios, path) or base.scenarios,
        explains = explains.rows(path, spec.explains, base.explains),
        max_queries = given.max_queries(path, spec.max_queries) or base.max_queries,
    }
end

function api(path, without)
    local inner = { [path] = true }
    for other in pairs(without or {}) do
        inner[other] = true
    end
    return {
        define = function(spec)
            return define(spec, path, inner)
        end,
        extend = function(name, spec)
            return extend(name, spec, path, inner)
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
    local ok, copy, text = pcall(evaluate, path, without)
    if not ok then
        if exit.failure(copy) then
            error(copy, 0)
        end
        exit.input("%s", tostring(copy))
    end
    local book = books[copy]
    if not book then
        exit.input("%s: the file does not return runbook.define{...} or runbook.extend(...)", path)
    end
    book.path, book.sha256 = path, fs.sha256(text)
    return book
end

--- The module `dnsprobe.runbook` as the file at a path sees it: define, extend.
---@param path string
---@return table
function M.api(path)
    return api(path)
end

return M
