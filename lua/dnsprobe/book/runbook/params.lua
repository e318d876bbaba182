-- SPDX-License-Identifier: MIT
-- Parameters of a runbook: declared once with type, default, range, unit and help; checked before anything is
-- sent.
--
--   params = { app_port = { type = "integer", default = 443, min = 0, max = 65535,
--                           help = "TCP port of the application; 0: no check" } }
-- A bare value (`app_port = 8443`) in `extend`, or beside a step that declares it, changes the default only.

local dns = require "dnsprobe"
local nearest = require "dnsprobe.base.nearest"
local typed = require "dnsprobe.book.typed"

local M = {}

local spec_keys = {
    type = "string", default = "any", min = "number", max = "number", unit = "string", help = "string",
    values = "table", source = "string",
}

-- Each reads the text of `--set KEY=VALUE` or a Lua value, and returns the value or nil and what is wanted.
local types = {}

function types.number(value)
    local number = tonumber(value)
    if not number or number ~= number or number == math.huge or number == -math.huge then
        return nil, "a number"
    end
    return number
end

function types.integer(value)
    local number = math.tointeger(tonumber(value))
    if not number then
        return nil, "a whole number"
    end
    return number
end

function types.boolean(value)
    local words = { ["true"] = true, yes = true, ["1"] = true, ["false"] = false, no = false, ["0"] = false }
    local word = words[tostring(value)]
    if word == nil then
        return nil, "true or false"
    end
    return word
end

function types.string(value)
    if type(value) ~= "string" then
        return nil, "a text"
    end
    return value
end

function types.name(value)
    local name = type(value) == "string" and typed.name(value)
    if not name then
        return nil, "a domain name"
    end
    return name
end

function types.address(value)
    local address = type(value) == "string" and dns.address.parse(value)
    if not address then
        return nil, "an address such as 192.0.2.1 or 192.0.2.1#5353"
    end
    return value
end

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = tostring(key)
    end
    table.sort(keys)
    return keys
end
M.sorted_keys = sorted_keys

-- What a declaration says about its values has to be of its type, and something has to be left.
local function check_range(key, spec)
    local type_of = spec.type or "string"
    local numeric = type_of == "number" or type_of == "integer"
    for _, member in ipairs { "min", "max" } do
        if spec[member] and not numeric then
            error(("parameter %s: %s is for numbers, and its type is %s"):format(key, member, type_of), 0)
        end
    end
    if spec.min and spec.max and spec.min > spec.max then
        error(("parameter %s: nothing is between min = %s and max = %s"):format(key, spec.min, spec.max), 0)
    elseif spec.values and #spec.values == 0 then
        error(("parameter %s: values is an empty list"):format(key), 0)
    end
    for _, allowed in ipairs(spec.values or {}) do
        local value, want = types[type_of](allowed)
        if value == nil then
            error(("parameter %s: values: %s is needed, got %q"):format(key, want, tostring(allowed)), 0)
        end
    end
end

--- Checks a declaration. Raises with the parameter's name.
---@param key string
---@param spec table
function M.check_spec(key, spec)
    if type(key) ~= "string" or not key:match("^[%a_][%w_]*$") then
        error(
            ("parameter %s: a name of letters, digits and _ is needed, for --set NAME=VALUE"):format(
                tostring(key)
            ),
            0
        )
    end
    for member, value in pairs(spec) do
        local want = spec_keys[member]
        if not want then
            error(("parameter %s: unknown member %q%s"):format(key, tostring(member),
                nearest.listed(member, sorted_keys(spec_keys))), 0)
        end
        if want ~= "any" and type(value) ~= want then
            error(("parameter %s: %s is a %s, not a %s"):format(key, member, type(value), want), 0)
        end
    end
    if not types[spec.type or "string"] then
        error(
            ("parameter %s: unknown type %q%s"):format(
                key,
                spec.type,
                nearest.listed(spec.type, sorted_keys(types))
            ),
            0
        )
    end
    check_range(key, spec)
    if spec.default ~= nil then
        local _, err = M.value(key, spec, spec.default)
        if err then
            error(("parameter %s: the default: %s"):format(key, err), 0)
        end
    end
end

local function in_range(spec, value)
    if spec.values then
        for _, allowed in ipairs(spec.values) do
            if allowed == value then
                return true
            end
        end
        return false, "one of " .. table.concat(spec.values, ", ")
    end
    if (spec.min and value < spec.min) or (spec.max and value > spec.max) then
        if spec.min and spec.max then
            return false, ("between %s and %s"):format(spec.min, spec.max)
        end
        return false, spec.min and ("at least %s"):format(spec.min) or ("at most %s"):format(spec.max)
    end
    return true
end

--- The checked value of one parameter.
---@param key string
---@param spec table declaration
---@param raw any text from the command line or a Lua value
---@return any value nil when it is refused
---@return string? err
function M.value(key, spec, raw)
    local value, want = types[spec.type or "string"](raw)
    if value == nil then
        return nil, ("%s needs %s, got %q"):format(key, want, tostring(raw))
    end
    local ok, range = in_range(spec, value)
    if not ok then
        return nil,
            ("%s must be %s%s, got %s"):format(
                key,
                range,
                spec.unit and " " .. spec.unit or "",
                tostring(raw)
            )
    end
    return value
end

--- Lays the changes of `over` on `base`: a declaration replaces, a bare value changes the default.
---@param base table<string, table>
---@param over table<string, any>
---@return table<string, table>
function M.merged(base, over)
    local out = {}
    for key, spec in pairs(base) do
        out[key] = spec
    end
    for key, spec in pairs(over) do
        if type(spec) ~= "table" then
            if not out[key] then
                error(("parameter %s: a declaration is needed: { type =, default =, help = }"):format(key), 0)
            end
            local changed = {}
            for member, value in pairs(out[key]) do
                changed[member] = value
            end
            changed.default = spec
            spec = changed
        end
        M.check_spec(key, spec)
        out[key] = spec
    end
    return out
end

--- All values of a run: defaults, then what `--set` gave.
---@param specs table<string, table>
---@param given table<string, any>
---@return table? values
---@return string? err names the valid ones
function M.values(specs, given)
    local out = {}
    for key, spec in pairs(specs) do
        if spec.default ~= nil then
            out[key] = M.value(key, spec, spec.default)
        end
    end
    for _, key in ipairs(sorted_keys(given)) do
        local spec = specs[key]
        if not spec then
            local valid = sorted_keys(specs)
            return nil, ("unknown parameter %q%s"):format(key,
                #valid > 0 and nearest.listed(key, valid) or "; this runbook has none")
        end
        local value, err = M.value(key, spec, given[key])
        if value == nil then
            return nil, err
        end
        out[key] = value
    end
    return out
end

return M
