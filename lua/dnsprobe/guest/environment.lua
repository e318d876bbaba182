-- SPDX-License-Identifier: MIT
-- The globals of a runbook: the language without what reaches the host, and without what could run for ever.
--
-- A ceiling on processor time stops Lua code anywhere (leash.c), but not in the middle of a C function. So
-- functions that can be made to run for long are others here: patterns (pattern.c), string.rep, and those of
-- `table` on tables that answer through metamethods or pretend to be endless.

local core = require "dnsprobe.sandbox.core"
local coroutines = require "dnsprobe.coroutine"

local M = {}

local REP_LIMIT_BYTES = 16 * 1024 * 1024
local ELEMENTS_MAX = 1 << 24

local raw_metatable = debug.getmetatable
local owned = setmetatable({}, { __mode = "k" }) -- metatables that sandboxed code set

--- Did sandboxed code set this metatable?
---@param meta table?
---@return boolean
function M.owns(meta)
    return meta ~= nil and owned[meta] == true
end

--- A deep copy of a library, without these members.
---@param library table<string, any>
---@param without table<string, any>?
---@return table<string, any>
function M.copied(library, without)
    local out = {}
    for key, value in pairs(library) do
        if not (without and without[key]) then
            out[key] = type(value) == "table" and M.copied(value) or value
        end
    end
    return out
end

-- ---- string ----

local strings = M.copied(string, { dump = true })
strings.find, strings.match, strings.gmatch, strings.gsub = core.find, core.match, core.gmatch, core.gsub

local function is_text(value)
    return type(value) == "string" or type(value) == "number"
end

function strings.rep(text, n, separator)
    local count = math.tointeger(n) or math.tointeger(tonumber(n))
    if count and is_text(text) and (separator == nil or is_text(separator)) then
        local size_bytes = #tostring(text) + #tostring(separator or "")
        if size_bytes == 0 then
            return "" -- the loop of string.rep would go round for nothing
        elseif count > REP_LIMIT_BYTES // size_bytes then
            error("string.rep: the result would be too large", 2)
        end
    end
    return string.rep(text, n, separator)
end

-- ("x"):rep(n) looks its method up here, whoever calls it: methods of strings are shared by all Lua code.
getmetatable("").__index = strings

-- ---- table ----

local tables = M.copied(table)

-- A table without metamethods and of a length that it can really have: the library's function is quick on it.
local function is_plain(t)
    return type(t) == "table" and raw_metatable(t) == nil and #t <= ELEMENTS_MAX
end

local function check(t, what)
    if type(t) ~= "table" then
        error(("bad argument #1 to '%s' (table expected, got %s)"):format(what, type(t)), 3)
    elseif raw_metatable(t) == nil then
        error(("table.%s: a list of more than %d elements"):format(what, ELEMENTS_MAX), 3)
    end
end

local function put_in(t, at, value)
    local n = #t
    if at < 1 or at > n + 1 then
        error("bad argument #2 to 'insert' (position out of bounds)", 3)
    end
    for i = n, at, -1 do
        t[i + 1] = t[i]
    end
    t[at] = value
end

function tables.insert(t, ...)
    if is_plain(t) then
        return table.insert(t, ...)
    end
    check(t, "insert")
    if select("#", ...) == 1 then
        t[#t + 1] = (...)
    elseif select("#", ...) == 2 then
        local at, value = ...
        put_in(t, math.tointeger(at) or 0, value)
    else
        error("wrong number of arguments to 'insert'", 2)
    end
end

function tables.remove(t, at)
    if is_plain(t) then
        if at == nil then
            return table.remove(t)
        end
        return table.remove(t, at)
    end
    check(t, "remove")
    local n = #t
    at = at == nil and n or math.tointeger(at) or 0
    if n + 1 ~= at and (at < 1 or at > n + 1) and not (n == 0 and at == 0) then
        error("bad argument #2 to 'remove' (position out of bounds)", 2)
    end
    local value = t[at]
    for i = at, n - 1 do
        t[i] = t[i + 1]
    end
    if at <= n then
        t[n] = nil
    end
    return value
end

function tables.move(from, first, last, at, to)
    to = to == nil and from or to
    local a, b, c = math.tointeger(first), math.tointeger(last), math.tointeger(at)
    if type(from) ~= "table" or type(to) ~= "table" or not (a and b and c) then
        return table.move(from, first, last, at, to) -- which says what is wrong
    elseif b >= a and (b - a < 0 or b - a >= ELEMENTS_MAX) then
        error(("table.move: more than %d elements"):format(ELEMENTS_MAX), 2)
    elseif raw_metatable(from) == nil and raw_metatable(to) == nil then
        return table.move(from, a, b, c, to)
    end
    local up = c > b or c <= a or from ~= to
    for i = up and 0 or b - a, up and b - a or 0, up and 1 or -1 do
        to[c + i] = from[a + i]
    end
    return to
end

function tables.concat(t, separator, first, last)
    if is_plain(t) then
        return table.concat(t, separator, first, last)
    end
    check(t, "concat")
    first, last = first or 1, last or #t
    local copy = {}
    for i = first, last do
        copy[i - first + 1] = t[i]
        if not is_text(copy[i - first + 1]) then
            error(("invalid value (at index %d) in table for 'concat'"):format(i), 2)
        end
    end
    return table.concat(copy, separator)
end

function tables.sort(t, before)
    if is_plain(t) then
        return table.sort(t, before)
    end
    check(t, "sort")
    local copy = {}
    for i = 1, #t do
        copy[i] = t[i]
    end
    table.sort(copy, before)
    for i = 1, #copy do
        t[i] = copy[i]
    end
end

-- ---- the rest ----

-- Metatables of strings, of our userdata and of what the library hands out are shared by everybody: nobody
-- sees or changes them here.
local function safe_getmetatable(value)
    if type(value) ~= "table" or not M.owns(raw_metatable(value)) then
        return nil
    end
    return getmetatable(value)
end

local function safe_setmetatable(value, meta)
    if type(meta) == "table" and rawget(meta, "__gc") ~= nil then
        error("setmetatable: __gc is not available in a runbook", 2)
    end
    local old = type(value) == "table" and raw_metatable(value)
    if old and not M.owns(old) then
        error("setmetatable: this table belongs to dnsprobe", 2)
    end
    setmetatable(value, meta)
    if meta then
        owned[meta] = true
    end
    return value
end

-- A message handler runs where no hook is called: once the code has been stopped, it must not run at all.
local function safe_xpcall(f, handler, ...)
    return xpcall(f, function(err)
        if core.stopped() then
            return err
        end
        return handler(err)
    end, ...)
end

--- The globals of one file.
---@return table
function M.new()
    local env = {
        assert = assert,
        error = error,
        ipairs = ipairs,
        next = next,
        pairs = pairs,
        pcall = pcall,
        xpcall = safe_xpcall,
        select = select,
        tonumber = tonumber,
        tostring = tostring,
        type = type,
        rawequal = rawequal,
        rawget = rawget,
        rawlen = rawlen,
        rawset = rawset,
        getmetatable = safe_getmetatable,
        setmetatable = safe_setmetatable,
        coroutine = M.copied(coroutines),
        math = M.copied(math, { randomseed = true }),
        string = M.copied(strings),
        table = M.copied(tables),
        utf8 = M.copied(utf8),
        os = { time = os.time, date = os.date, clock = os.clock, difftime = os.difftime },
        _VERSION = _VERSION,
    }
    env._G = env
    return env
end

--- The globals of a file under --trust: all of Lua.
---@return table
function M.trusted()
    local env = setmetatable({}, { __index = _G })
    env._G = env
    return env
end

--- Whether methods of strings are the library's own, for everybody.
---@param on boolean
function M.trust(on)
    getmetatable("").__index = on and string or strings
end

--- Takes the metatables of sandboxed code off a value, in depth: what the library reads later, outside the
--- sandbox, answers by itself.
---@param value any
---@return any the same
function M.stripped(value)
    local seen, todo = {}, { value }
    while #todo > 0 do
        local t = table.remove(todo)
        if type(t) == "table" and not seen[t] then
            seen[t] = true
            if M.owns(raw_metatable(t)) then
                debug.setmetatable(t, nil)
            end
            for key, member in next, t do
                if type(key) == "table" then
                    todo[#todo + 1] = key
                end
                if type(member) == "table" then
                    todo[#todo + 1] = member
                end
            end
        end
    end
    return value
end

return M
