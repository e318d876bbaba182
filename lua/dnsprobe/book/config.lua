-- SPDX-License-Identifier: MIT
-- Config files: the defaults of a host and of a user, so that a team need not repeat its resolvers and
-- ceilings.
--
--   1. /etc/dnsprobe/config.lua is read, then $XDG_CONFIG_HOME/dnsprobe/config.lua
--      (~/.config/dnsprobe/config.lua); the second wins, key by key. With DNSPROBE_CONFIG=FILE that file
--      stands for both; empty: none is read.
--   2. A file is Lua that sees no function and no variable, and returns a table. All of it is checked before
--      anything is sent: a mistake ends the command with exit 65 and one line.
--   3. It sets defaults only. Options: command line > scenario of the lab > config files > built in.
--      Parameters: --set > scenario > DNSPROBE_SET_key > the user's file > the system's > runbook. Resolvers:
--      command line > runbook > config files > the majors; a run in the lab asks the lab's.

local exit = require "dnsprobe.base.exit"
local formats = require "dnsprobe.base.formats"
local fs = require "dnsprobe.fs"
local nearest = require "dnsprobe.base.nearest"
local params = require "dnsprobe.book.runbook.params"
local sandbox = require "dnsprobe.guest.sandbox"
local values = require "dnsprobe.book.values"

local M = {}

local SYSTEM = "/etc/dnsprobe/config.lua"
local SET = "DNSPROBE_SET_"

---@class dnsprobe.Config
---@field files string[] those that were read, the system's first
---@field values table<string, any> by key
---@field from table<string, string> the file that a key's value comes from
---@field params { path: string, groups: table<string, table<string, any>> }[] in the order of `files`

local function resolver_list(given)
    if type(given) ~= "table" then
        return nil, ("a list of addresses or groups is needed, got a %s"):format(type(given))
    end
    if #given == 0 then
        return nil, "an address or a group is needed"
    end
    local ok, err = require("dnsprobe.book.resolvers").of_list(given, nil, 53)
    return ok and given, err
end

--- The keys of a config file. `params` is the one that is not an option.
---@type { key: string, check: fun(given: any): any, string?, built_in: string, help: string }[]
M.keys = {
    { key = "resolvers", check = resolver_list, built_in = "@majors",
        help = 'recursive resolvers to ask: { "192.0.2.53 office", "@regional" }' },
    { key = "types", check = values.types, built_in = "A,AAAA", help = 'record types: { "A", "AAAA" }' },
    { key = "detect", check = values.rate, built_in = "10%",
        help = "the faintest fault to see: \"4%\" or 0.04" },
    { key = "samples", check = values.samples, built_in = "from detect",
        help = "samples, instead of a count from detect" },
    { key = "qps", check = values.qps, built_in = "20", help = "queries a second at one server, at most" },
    { key = "max_queries", check = values.max_queries, built_in = "50000",
        help = "queries of a whole run, at most" },
    { key = "max_cpu", check = values.max_cpu_s, built_in = "20",
        help = "seconds of processor time that a runbook may take between two waits" },
    { key = "max_memory", check = values.max_memory_mib, built_in = "256",
        help = "MiB that a runbook may take" },
    { key = "timeout", check = values.timeout_s, built_in = "2",
        help = "seconds that one exchange may take" },
    { key = "late", check = values.late_ms, built_in = "3000", help = "ms to listen after a timeout" },
    { key = "deadline", check = values.deadline_s, built_in = "120",
        help = "seconds that the whole run may take" },
    { key = "port", check = values.port, built_in = "53", help = "port of servers that name none" },
    { key = "format", check = function(given)
        return values.word(formats.names())(given)
    end, built_in = "text",
        help = "the report's format" },
    { key = "color", check = values.word(values.colors), built_in = "auto",
        help = table.concat(values.colors, ", ") },
}

local checks, names = {}, {}
for i, row in ipairs(M.keys) do
    checks[row.key], names[i] = row.check, row.key
end
names[#names + 1] = "params"
table.sort(names)

-- ---- one file ----

local function check_params(path, groups)
    if type(groups) ~= "table" then
        exit.input("%s: params: a table by runbook is needed, got a %s", path, type(groups))
    end
    for name, group in pairs(groups) do
        if type(name) ~= "string" or type(group) ~= "table" then
            exit.input(
                '%s: params: { ["*" or a runbook\'s name] = { KEY = VALUE } } is needed; entry %s is a %s',
                path,
                tostring(name),
                type(group)
            )
        end
        for key in pairs(group) do
            if type(key) ~= "string" then
                exit.input(
                    "%s: params: %s: KEY = VALUE is needed, got an entry %s without a key",
                    path,
                    name,
                    tostring(key)
                )
            end
        end
    end
    return groups
end

local function evaluate(path, text)
    local chunk, err = load(text, "@" .. path, "t", {})
    if not chunk then
        exit.input("%s", err)
    end
    local ok, result = pcall(sandbox.guard, chunk)
    if not ok then
        exit.input("%s", (tostring(result):match("^[^\n]*")))
    end
    if type(result) ~= "table" then
        exit.input("%s: a config file returns a table, this one a %s; keys: %s", path, type(result),
            table.concat(names, ", "))
    end
    return result
end

-- Lays what the file says over what is there.
local function add(config, path, text)
    config.files[#config.files + 1] = path
    local given = evaluate(path, text)
    for key in pairs(given) do
        if key ~= "params" and not checks[key] then
            exit.input(
                "%s: unknown key %s%s",
                path,
                type(key) == "string" and ("%q"):format(key) or tostring(key),
                nearest.listed(key, names)
            )
        end
    end
    for _, row in ipairs(M.keys) do
        if given[row.key] ~= nil then
            local value, err = row.check(given[row.key])
            if value == nil or value == false then
                exit.input("%s: %s: %s", path, row.key, err)
            end
            config.values[row.key], config.from[row.key] = value, path
        end
    end
    if given.params ~= nil then
        table.insert(config.params, { path = path, groups = check_params(path, given.params) })
    end
end

-- ---- all files ----

--- The files that are looked for, the system's first.
---@return string[] paths
---@return boolean named by DNSPROBE_CONFIG: it has to be there
function M.paths()
    local named = fs.getenv("DNSPROBE_CONFIG")
    if named then
        return named ~= "" and { named } or {}, true
    end
    local folder, home = fs.getenv("XDG_CONFIG_HOME"), fs.getenv("HOME")
    if (not folder or folder == "") and home and home ~= "" then
        folder = home .. "/.config"
    end
    if not folder or folder == "" then
        return { SYSTEM }, false
    end
    return { SYSTEM, folder .. "/dnsprobe/config.lua" }, false
end

--- Reads and checks the config files. Raises a Failure (exit 65) that names file and key.
---@return dnsprobe.Config
function M.load()
    local config = { files = {}, values = {}, from = {}, params = {} }
    local paths, named = M.paths()
    for _, path in ipairs(paths) do
        local text, err = fs.read(path)
        if text then
            add(config, path, text)
            if config.from.detect == path and config.from.samples ~= path then
                config.values.samples, config.from.samples = nil, nil -- the user's rate over the system's count
            end
        elseif named or fs.exists(path) then
            exit.input(
                "%s%s: cannot be read: %s",
                named and "DNSPROBE_CONFIG=" or "",
                path,
                err or "unknown reason"
            )
        end
    end
    return config
end

-- ---- parameters of a runbook ----

local function of_group(file, name, book, given, from)
    local group = file.groups[name] or {}
    for _, key in ipairs(params.sorted_keys(group)) do
        local spec, where = book.params[key], ("%s: params: %s"):format(file.path, name)
        if spec then
            local value, err = params.value(key, spec, group[key])
            if value == nil then
                exit.input("%s: %s", where, err)
            end
            given[key], from[key] = value, file.path
        elseif name ~= "*" then
            local valid = params.sorted_keys(book.params)
            exit.input("%s: unknown parameter %q%s", where, key,
                #valid > 0 and nearest.listed(key, valid) or "; this runbook has none")
        end
    end
end

-- A variable of the environment may be meant for another runbook. One that is nearly a parameter of this one
-- is a slip.
local function check_environment(book)
    local valid = params.sorted_keys(book.params)
    for _, name in ipairs(fs.environment(SET)) do
        local key = name:sub(#SET + 1)
        local near = not book.params[key] and nearest.word(key, { table.unpack(valid) })
        if near then
            exit.usage("%s: %s has no parameter %q; did you mean %s%s?", name, book.name, key, SET, near)
        end
    end
end

--- What config files and environment say about a runbook's parameters. Raises a Failure that names what is
--- wrong.
---@param config dnsprobe.Config
---@param book dnsprobe.Runbook
---@return table<string, any> values by key; without those that only the runbook sets
---@return table<string, string> from where each comes from
function M.params(config, book)
    local given, from = {}, {}
    for _, file in ipairs(config.params) do
        of_group(file, "*", book, given, from)
        of_group(file, book.name, book, given, from)
    end
    check_environment(book)
    for _, key in ipairs(params.sorted_keys(book.params)) do
        local text = fs.getenv(SET .. key)
        if text then
            local value, err = params.value(key, book.params[key], text)
            if value == nil then
                exit.usage("%s%s: %s", SET, key, err)
            end
            given[key], from[key] = value, SET .. key
        end
    end
    return given, from
end

return M
