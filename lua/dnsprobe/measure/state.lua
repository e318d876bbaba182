-- SPDX-License-Identifier: MIT
--- What a runbook keeps from one run to the next: ctx.state, a small store of keys and plain values.
--
-- One JSON file per runbook below $XDG_STATE_HOME/dnsprobe, by the runbook's name. It is read when the first
-- step looks and written, whole, when measuring has ended; runs that overlap keep one another's keys. In the
-- lab it lives for the run only, unless `--state FILE` says otherwise. Judges have no state: what they need,
-- `measure` returns.

local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"

local M = {}

local SCHEMA = "dnsprobe.state/1"
local KEY_BYTES_MAX, KEYS_MAX, DEPTH_MAX = 200, 1000, 8
local VALUES_BYTES_MAX, FILE_BYTES_MAX = 255 * 1024, 1024 * 1024 -- the file is indented

---@class dnsprobe.State
---@field kept boolean false: what is set is forgotten when the run ends
local State = {}

--- The file of a runbook's state; nil where this user has no home.
---@param runbook string its name
---@return string?
function M.path(runbook)
    local base = fs.getenv "XDG_STATE_HOME"
    if not base or base == "" then
        local home = fs.getenv "HOME"
        base = home and home ~= "" and home .. "/.local/state" or nil
    end
    local name = runbook:gsub("[^%w_-]", function(c) return ("%%%02x"):format(c:byte()) end):sub(1, 100)
    return base and base .. "/dnsprobe/" .. name .. ".json" or nil
end

local function broken(path, why)
    exit.input("%s: this state of a runbook cannot be read (%s); remove the file to begin anew", path, why)
end

local function read(path)
    if not path or not fs.exists(path) then
        return {}
    end
    local text, message = fs.read(path)
    if not text then
        broken(path, message or "unknown reason")
    elseif #text > FILE_BYTES_MAX then
        broken(path, ("larger than %d bytes"):format(FILE_BYTES_MAX))
    end
    local document, err = json.decode(text, { max_bytes = FILE_BYTES_MAX, max_depth = DEPTH_MAX + 4 })
    if type(document) ~= "table" or document.schema ~= SCHEMA or type(document.values) ~= "table" then
        broken(path, err or "it is not " .. SCHEMA)
    end
    return document.values
end

-- Tables of json carry its marks.
local marks = {
    none = true,
    [getmetatable(json.array {}) or "none"] = true,
    [getmetatable(json.object {}) or "none"] = true,
}

local function is_finite(number)
    return number == number and number ~= math.huge and number ~= -math.huge
end

local function check_table(value, where, depth)
    if type(value) ~= "table" or not marks[getmetatable(value) or "none"] then
        error(("state: %s is a %s; strings, numbers, booleans and plain tables can be kept"):format(where,
            type(value) == "table" and "table with a metatable" or type(value)), 0)
    elseif depth > DEPTH_MAX then
        error(("state: %s: more than %d tables in one another"):format(where, DEPTH_MAX), 0)
    end
end

-- A plain copy; raises what cannot be kept.
local function plain(value, where, depth)
    local kind = type(value)
    if kind == "number" and not is_finite(value) then
        error(("state: %s is no finite number"):format(where), 0)
    elseif kind == "string" or kind == "number" or kind == "boolean" then
        return value
    end
    check_table(value, where, depth)
    local out, n = {}, #value
    for key, member in next, value do
        local listed = math.type(key) == "integer" and key >= 1 and key <= n
        if not listed and (type(key) ~= "string" or n > 0) then
            error(("state: %s is neither a list nor a table by names"):format(where), 0)
        end
        out[key] = plain(member, where .. "." .. tostring(key), depth + 1)
    end
    return out
end

local function check_key(key, level)
    if type(key) ~= "string" or key == "" or #key > KEY_BYTES_MAX then
        error(("state: a key is a text of 1 to %d bytes"):format(KEY_BYTES_MAX), level + 1)
    end
end

local function size_of(values)
    local count = 0
    for _ in pairs(values) do
        count = count + 1
    end
    return count, #json.encode(values)
end

local function encoded(values, runbook)
    return json.encode(
        { schema = SCHEMA, runbook = runbook, values = values },
        { pretty = true, sort = true }
    ) .. "\n"
end

-- What a store holds: out of a runbook's reach, which has the methods only.
local cells = setmetatable({}, { __mode = "k" })

local function values_of(self, level)
    local cell = cells[self]
    if not cell then
        error("state: call it as ctx.state:get(...), with a colon", level + 1)
    end
    cell.values = cell.values or read(cell.path)
    return cell.values, cell
end

--- What was kept under a key; `default` where there is nothing. A table is a copy: change it and `set` it
--- again.
--- ```lua
--- ctx.state:get("serial", 0) --> 0
--- ```
---@param key string
---@param default? any
---@return any
function State:get(key, default)
    local values = values_of(self, 2)
    check_key(key, 2)
    local value = values[key]
    if value == nil then
        return default
    end
    return plain(value, key, 1)
end

--- Keeps a value for later runs: text, numbers, booleans, and tables of these. nil removes the key. Raises
--- where it does not fit: at most 1000 keys and 255 KiB are kept, a key has at most 200 bytes.
--- ```lua
--- ctx.state:set("serial", 2026112201)
--- ctx.state:set("seen", { "192.0.2.1", "192.0.2.2" })
--- ctx.state:get("serial") --> 2026112201
--- ```
---@param key string
---@param value any
function State:set(key, value)
    local values, cell = values_of(self, 2)
    check_key(key, 2)
    local ok, kept = true, nil
    if value ~= nil then
        ok, kept = pcall(plain, value, key, 1)
    end
    if not ok then
        error(kept, 2)
    end
    local old = values[key]
    values[key] = kept
    local count, bytes = size_of(values)
    if kept ~= nil and (count > KEYS_MAX or bytes > VALUES_BYTES_MAX) then
        values[key] = old
        error(("state: %s does not fit: at most %d keys and %d bytes are kept"):format(key, KEYS_MAX,
            VALUES_BYTES_MAX), 2)
    end
    cell.changed[key] = true
end

--- The keys that there are, sorted; those that begin with `prefix`.
--- ```lua
--- ctx.state:set("serial", 1)
--- ctx.state:keys "ser" --> { "serial" }
--- ```
---@param prefix? string
---@return string[]
function State:keys(prefix)
    local out = {}
    for key in pairs((values_of(self, 2))) do
        out[#out + 1] = (not prefix or key:sub(1, #prefix) == prefix) and key or nil
    end
    table.sort(out)
    return out
end

--- A store, and the function that writes what was set. Not for runbooks: they have ctx.state.
---@param path string? file; nil: it is forgotten
---@param runbook string? name, written into the file
---@return dnsprobe.State state
---@return fun(): true?, string? save
function M.open(path, runbook)
    local cell, kept = { path = path, changed = {} }, path ~= nil
    local state = setmetatable({}, {
        __index = function(_, key)
            if key == "kept" then
                return kept
            end
            return State[key]
        end,
        __newindex = function() error("state: use ctx.state:set(key, value)", 2) end,
        __metatable = false,
    })
    cells[state] = cell
    return state, function()
        if not path or not next(cell.changed) then
            return true
        end
        local latest = read(path) -- another run may have written meanwhile
        for key in pairs(cell.changed) do
            latest[key] = cell.values[key]
        end
        cell.changed = {}
        local ok, message = fs.mkdir_p(path:match("^(.*)/[^/]*$") or ".")
        if ok then
            ok, message = fs.write_atomic(path, encoded(latest, runbook))
        end
        return ok, message
    end
end

return M
