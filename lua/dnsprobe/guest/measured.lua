-- SPDX-License-Identifier: MIT
-- What a step measured, as plain values: strings, booleans, finite numbers, lists and maps of them. Nothing
-- else can be written to a report and come back the same.

local M = {}

local math_type, type = math.type, type

local DEPTH_MAX = 90 -- a reader of JSON may refuse more

-- `path` holds the keys that lead to a value, from 1 to `depth`: only an error makes a text of them.
local function fail(path, depth, what, ...)
    error(("what measure returned cannot be recorded: %s " .. what):format(
        "data" .. (depth > 0 and "." or "") .. table.concat(path, ".", 1, depth), ...), 0)
end

local plain = { string = true, boolean = true, ["nil"] = true }

local function keep(value, path, depth)
    local kind = type(value)
    if plain[kind] then
        return value
    elseif kind ~= "number" then
        fail(path, depth, "is a %s", kind)
    elseif value ~= value or value == math.huge or value == -math.huge then
        return nil
    end
    return math.tointeger(value) or value
end

local function check_key(key, n, path, depth)
    if type(key) ~= "string" then
        fail(path, depth, "has the key %s; use strings, or a list without gaps", tostring(key))
    elseif n > 0 then
        fail(path, depth, "is a list and has the key %q", key)
    end
end

local walk

-- Keys of what is recorded most: rows of samples. They take no call to be known for texts.
local usual = {
    t = true,
    q = true,
    x = true,
    exchange = true,
    target = true,
    question = true,
    address = true,
    name = true,
}

local function walk_members(value, path, depth, seen, special)
    local n = #value
    local count = value.n == n -- a list from task.map or table.pack: the count goes without saying
    local out = {}
    for key, member in pairs(value) do
        if not (count and key == "n") then
            if n > 0 then
                if math_type(key) ~= "integer" or key < 1 or key > n then
                    check_key(key, n, path, depth)
                end
            elseif not usual[key] and type(key) ~= "string" then
                check_key(key, n, path, depth)
            end
            local kind = type(member)
            if plain[kind] or kind == "number" and math_type(member) == "integer" then
                out[key] = member
            else
                path[depth + 1] = key
                out[key] = (kind == "table" and walk or keep)(member, path, depth + 1, seen, special)
            end
        end
    end
    return out
end

function walk(value, path, depth, seen, special)
    local done = seen[value]
    if done ~= nil then
        return done or fail(path, depth, "contains itself")
    end
    if special.is(value) then
        local stands, wrong = special.to(value)
        return stands or fail(path, depth, wrong)
    elseif depth > DEPTH_MAX then
        fail({}, 0, "has more than %d tables in one another", DEPTH_MAX)
    end
    seen[value] = false
    done = walk_members(value, path, depth, seen, special)
    seen[value] = done
    return done
end

local function again(value, seen, special_to)
    local out = seen[value]
    if not out then
        out = special_to(value)
        if not out then
            out = {}
            for key, member in next, value do
                out[key] = type(member) == "table" and again(member, seen, special_to) or member
            end
        end
        seen[value] = out
    end
    return out
end

--- A copy of what `copy` made: nothing is left to check.
---@param data any
---@param special_to fun(t: table): any what stands for this table in the copy; nil where it is copied
---@return any
function M.again(data, special_to)
    return type(data) == "table" and again(data, {}, special_to) or data
end

--- A copy of measured data in which tables that were shared are shared again, and whole floats are integers.
--- Raises what a report cannot hold: other kinds of values, keys that are neither strings nor a list's, a
--- table inside itself.
---@param data any
---@param is_special fun(t: table): boolean? tables that are not copied
---@param special_to fun(t: table): any, string? what stands for such a one in the copy; nil, and what is wrong with it
---@return any
function M.copy(data, is_special, special_to)
    if type(data) ~= "table" then
        return keep(data, {}, 0)
    end
    return walk(data, {}, 0, {}, { is = is_special, to = special_to })
end

return M
