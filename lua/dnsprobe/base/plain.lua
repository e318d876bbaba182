-- SPDX-License-Identifier: MIT
-- Values that come from a runbook, as the report can hold them: plain data of a bounded size, and texts that
-- are cut with a mark. A true difference of large record sets makes a long text; that is no mistake of the
-- runbook.

local json = require "dnsprobe.json"

local M = {}

M.TEXT_BYTES = 4096          -- of a summary, a note, a cell of a table
M.DATA_TEXT_BYTES = 65536    -- of a text in data
local DEPTH_MAX = 60         -- a reader of JSON may refuse more
local VALUES_MAX = 500000

-- Tables that are marked as a list or an object in JSON stay so.
local marks = {}
for _, mark in ipairs { json.array, json.object } do
    marks[debug.getmetatable(mark {}) or "none"] = true
end

--- A text of at most so many bytes: what is cut off is counted behind it ("... (4991808 more bytes)").
---@param text string
---@param most_bytes integer?
---@return string
function M.shortened(text, most_bytes)
    most_bytes = most_bytes or M.TEXT_BYTES
    if #text <= most_bytes then
        return text
    end
    local last = most_bytes
    while last > most_bytes - 3 and text:byte(last + 1) & 0xC0 == 0x80 do
        last = last - 1 -- not within a character
    end
    return ("%s... (%d more bytes)"):format(text:sub(1, last), #text - last)
end

local WHERE_DEPTH = 5 -- keys that a message names

-- `state.path` holds the keys that lead to a value, from 1 to depth - 1: only an error makes a text of them.
local function fail(state, depth, what, ...)
    local where = { state.where }
    for i = 1, math.min(depth - 1, WHERE_DEPTH) do
        where[i + 1] = M.shortened(tostring(state.path[i]), 40)
    end
    error(table.concat(where, ".") .. what:format(...), 0)
end

local function check_table(value, depth, state)
    if type(value) ~= "table" then
        fail(state, depth, " is a %s; a report holds texts, numbers, booleans and tables of these",
            type(value))
    elseif state.open[value] then
        fail(state, depth, " contains itself")
    elseif depth > DEPTH_MAX then
        fail(state, depth, ": more than %d tables in one another", DEPTH_MAX)
    end
end

-- Counts one member of a table.
local function check_member(key, depth, state)
    state.count = state.count + 1
    if state.count > VALUES_MAX then
        fail(state, depth, ": more than %d values", VALUES_MAX)
    elseif type(key) ~= "string" and math.type(key) ~= "integer" then
        fail(state, depth, " has the key %s; texts and whole numbers can be keys", type(key))
    end
end

local function convert(value, depth, state)
    local kind = type(value)
    if kind == "string" then
        return #value > M.DATA_TEXT_BYTES and M.shortened(value, M.DATA_TEXT_BYTES) or value
    elseif kind == "number" or kind == "boolean" or value == json.null then
        return value
    end
    check_table(value, depth, state)
    state.open[value] = true
    local meta = debug.getmetatable(value)
    local out, path = {}, state.path
    for key, member in next, value do
        check_member(key, depth, state)
        path[depth] = key
        out[key] = convert(member, depth + 1, state)
    end
    state.open[value] = nil
    return meta and marks[meta] and debug.setmetatable(out, meta) or out
end

--- A copy of a value, without the metatables of runbooks. Raises what a report cannot hold, with its place.
---@param value any
---@param where string how messages call it
---@return any
function M.data(value, where)
    return convert(value, 1, { where = where, path = {}, open = {}, count = 0 })
end

--- A text as it is, or shortened; raises where it is none. Numbers are texts, too.
---@param value any
---@param where string how messages call it
---@param most_bytes integer?
---@return string
function M.text(value, where, most_bytes)
    if type(value) == "number" then
        value = tostring(value)
    elseif type(value) ~= "string" then
        error(
            ("%s: a text is needed, got %s"):format(where, value == nil and "nothing" or "a " .. type(value)),
            0
        )
    end
    return M.shortened(value, most_bytes)
end

--- Rows of a table as objects by column, at most so many. Raises what a report cannot hold.
---@param list table[]
---@param columns string[]
---@param name string how messages call the table
---@param most integer
---@return table[]
function M.rows(list, columns, name, most)
    local rows = {}
    for i, row in ipairs(list) do
        if i > most then
            break
        elseif type(row) ~= "table" then
            error(("%s: rows[%d] is a %s, not a table"):format(name, i, type(row)), 0)
        end
        local object = {}
        for c, column in ipairs(columns) do
            local value = row[column]
            if value == nil then
                value = row[c]
            end
            value = value ~= nil and M.data(value, ("%s: rows[%d].%s"):format(name, i, column)) or value
            object[column] = type(value) == "string" and M.shortened(value) or value
        end
        rows[i] = object
    end
    return rows
end

return M
