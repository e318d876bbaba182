-- SPDX-License-Identifier: MIT
-- Everything that can be said about a runbook without a network: it is loaded as a run would load it, and its
-- text and those of the files that it names are looked at.

local environment = require "dnsprobe.guest.environment"
local api = require "dnsprobe.api.reference"
local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local fs = require "dnsprobe.fs"
local lexer = require "dnsprobe.check.lexer"
local parser = require "dnsprobe.check.parser"
local runbook = require "dnsprobe.book.runbook"
local sandbox = require "dnsprobe.guest.sandbox"
local texts = require "dnsprobe.check.texts"
local walk = require "dnsprobe.check.look"

local M = {}

local FILES_MAX = 200

---@class dnsprobe.check.Problem
---@field file string
---@field line? integer
---@field severity "error"|"warning"
---@field text string

local function new_list()
    local list, seen = {}, {}
    local function add(file, line, text, severity)
        local key = ("%s:%s:%s"):format(file, line or "", text)
        if not seen[key] then
            seen[key] = true
            list[#list + 1] = { file = file, line = line, severity = severity or "error", text = text }
        end
    end
    return list, add
end

-- ---- loading ----

-- The message of a failed load as a problem.
local function add_failure(message, path, add)
    local file, line, text = message:match("^(.-%.lua):(%d+): (.*)$")
    if file then
        add(file, math.tointeger(tonumber(line)), text)
        return
    end
    file, text = message:match("^(.-%.lua): (.*)$")
    add(file or path, nil, text or message)
end

local function load_book(path, add)
    local ok, book = pcall(runbook.load, path)
    if ok then
        return book
    end
    local failure = exit.failure(book)
    if not failure then
        error(book, 0)
    end
    add_failure(failure.message, path, add)
    return nil
end

-- ---- looking ----

local shown = {}
for _, module in ipairs(api.modules) do
    if module.require then
        shown[module.require] = module.shown
    end
end

local function module_of(name)
    if name == "dnsprobe.runbook" then
        return { define = runbook.load, extend = runbook.load }, "runbook"
    end
    local value = sandbox.library(name)
    return value, shown[name]
end

local function globals()
    local out = sandbox.is_trusted() and setmetatable({}, { __index = _G }) or environment.new()
    out.require = sandbox.module
    return out
end

-- Files beside this one that the text names.
local function named_files(tokens, path, queue)
    for _, token in ipairs(tokens) do
        local text = token.kind == "string" and token.value
        if text and text:match("%.lua$") and not text:find("\n", 1, true) then
            local ok, file = pcall(sandbox.beside, path, text)
            if ok and fs.exists(file) then
                queue[#queue + 1] = file
            end
        end
    end
end

-- A file's statements; what does not compile is told.
local function parsed(path, text, add)
    local _, err = load(text, "@" .. path, "t", {})
    if err then
        add_failure(tostring(err), path, add)
        return nil
    end
    return parser.parse(text)
end

-- The runbook's file and those below its folder that it names, in the order in which they are named.
local function read_all(path, book, add)
    local queue, seen, out, folder = { path }, {}, {}, sandbox.folder(path)
    for _, step in ipairs(book and book.steps or {}) do
        if step.path and step.path:sub(1, #folder) == folder then
            queue[#queue + 1] = step.path
        end
    end
    local at = 1
    while queue[at] and #out < FILES_MAX do
        local file = queue[at]
        local text = not seen[file] and fs.read(file)
        if text then
            local body = parsed(file, text, add)
            out[#out + 1] = { path = file, body = body, tokens = body and lexer.tokens(text) or {} }
            named_files(out[#out].tokens, file, queue)
        end
        seen[file], at = true, at + 1
    end
    return out
end

local function params_in(body, out)
    walk.look(body, {
        globals = globals(),
        module = function() end,
        modules = {},
        add = function() end,
        on_table = function(_, keys)
            for _, item in ipairs(keys.params and keys.params.kind == "Table" and keys.params.items or {}) do
                if item.key and item.key.kind == "String" then
                    out[item.key.value] = true
                end
            end
        end,
    })
end

-- The parameters of a runbook that cannot be loaded: those that its files, and the steps and runbooks that
-- they name, declare.
local function declared(files, path)
    local out, seen, folder = {}, {}, sandbox.folder(path)
    for _, file in ipairs(files) do
        if file.body then
            params_in(file.body, out)
        end
        for _, token in ipairs(file.tokens) do
            local word = token.kind == "string" and token.value:match("^%l[%w-]*$")
            if word and not seen[word] then
                seen[word] = true
                local step, base = find.step(word, folder), find.runbook(word, { [path] = true })
                local text = step and fs.read(step)
                if text and load(text, "@" .. step, "t", {}) then
                    params_in(parser.parse(text), out)
                end
                local ok, book = pcall(runbook.load, base or "")
                for key in pairs(ok and book.params or {}) do
                    out[key] = true
                end
            end
        end
    end
    return out
end

local function look_at_all(files, path, book, add)
    local params = book and book.params or declared(files, path)
    for _, file in ipairs(files) do
        local function told(line, message, severity)
            add(file.path, line, message, severity)
        end
        if file.body then
            walk.look(file.body, {
                globals = globals(), module = module_of, modules = sandbox.library_names(), params = params,
                add = told, on_table = function(node, keys)
                    texts.check(node, keys, sandbox.folder(file.path), told)
                end,
            })
        end
    end
end

-- ---- scenarios ----

-- What the runbook is tested with is loaded as `test` would load it; the team's own are built, too: what
-- `change` does to the net is looked at without a socket.
local function look_at_scenarios(path, book, add)
    for _, entry in ipairs(book and book.scenarios or {}) do
        local own = type(entry) == "table" or entry:find("/", 1, true) ~= nil
        local lab = require "dnsprobe.lab.scenarios" -- only a runbook with scenarios needs it
        local ok, scenario = pcall(lab.load, entry, book.path)
        if not ok then
            add_failure(
                tostring(exit.failure(scenario) and exit.failure(scenario).message or scenario),
                path,
                add
            )
        elseif own then
            local built, err = pcall(lab.net, scenario, 1)
            if not built then
                local message =
                    tostring(exit.failure(err) and exit.failure(err).message or err):match("^[^\n]*")
                add_failure(message:match("%.lua:%d+: ") and message
                    or ("%s: scenario %s: %s"):format(scenario.path, scenario.name, message), path, add)
            end
        end
    end
end

-- ---- budget ----

-- "5 queries ...", "one query ...": how many; nil where the sentence depends on the run.
local function number_in(sends)
    if
        not sends
        or sends:find("each", 1, true)
        or sends:find(" x ", 1, true)
        or sends:find("samples", 1, true)
    then
        return nil
    end
    local n = sends:match("^(%d+) [%a%s]-quer") or (sends:match("^one [%a%s]-query") and 1)
        or (sends:match("^nothing") and 0)
    return math.tointeger(tonumber(n))
end

local function budget_of(book)
    local out =
        { steps = {}, max_queries = math.min(book.max_queries or math.huge, sandbox.defaults.queries) }
    for i, step in ipairs(book.steps) do
        out.steps[i] = { id = step.id, sends = step.sends, queries = number_in(step.sends) }
    end
    return out
end

-- A mistake that both the loader and the look have found is told once, by the look. The files stand in the
-- order in which they were read.
local function without_twice(list, loaded, files)
    local lines, out, rank = {}, {}, {}
    for i, file in ipairs(files) do
        rank[file] = i
    end
    for i = loaded + 1, #list do
        if list[i].severity == "error" then
            lines[list[i].file .. ":" .. (list[i].line or "")] = true
        end
    end
    for i, problem in ipairs(list) do
        if i > loaded or not problem.line or not lines[problem.file .. ":" .. problem.line] then
            out[#out + 1] = problem
        end
    end
    table.sort(out, function(a, b)
        if a.file ~= b.file then
            return (rank[a.file] or 0) < (rank[b.file] or 0)
        elseif a.line ~= b.line then
            return (a.line or 0) < (b.line or 0)
        end
        return a.text < b.text
    end)
    return out
end

--- Checks a runbook. Raises a usage Failure where there is none of that name.
---@param name string
---@return { path: string, problems: dnsprobe.check.Problem[], book: dnsprobe.Runbook?, budget: table?, files: string[] }
function M.check(name)
    local path, missing = find.runbook(name)
    if not path then
        exit.usage("%s", missing)
    end
    local list, add = new_list()
    local book = load_book(path, add)
    local loaded = #list
    local files, names = read_all(path, book, add), {}
    look_at_all(files, path, book, add)
    look_at_scenarios(path, book, add)
    for i, file in ipairs(files) do
        names[i] = file.path
    end
    return {
        path = path,
        problems = without_twice(list, loaded, names),
        book = book,
        budget = book and budget_of(book),
        files = names,
    }
end

return M
