-- SPDX-License-Identifier: MIT
-- What a runbook gives besides steps and parameters, checked: its resolvers and its ceiling.

local mistake = require "dnsprobe.book.runbook.mistake"

local M = {}

local NAME_BYTES_MAX = 64

--- Its own resolvers: addresses and groups that a run can ask.
---@param path string the runbook's file
---@param list any[]?
---@return any[]? the same
function M.resolvers(path, list)
    local ok, err = true, nil
    if list then
        ok, err = require("dnsprobe.book.resolvers").of_list(list, nil, 53)
    end
    if not ok then
        mistake.raise(path, { "resolvers" }, "resolvers: %s", err)
    end
    return list
end

--- Its name: it becomes part of file names and of lines that people read.
---@param path string the runbook's file
---@param name string
---@return string the same
function M.name(path, name)
    if not name:match("^%a[%w_.-]*$") or #name > NAME_BYTES_MAX then
        mistake.raise(
            path,
            { name, "name" },
            "name: a letter, then letters, digits, - _ . are needed, got %q",
            name
        )
    end
    return name
end

--- The runbook's own ceiling of queries.
---@param path string the runbook's file
---@param given number?
---@return integer?
function M.max_queries(path, given)
    local value = given ~= nil and math.tointeger(given) or nil
    if given ~= nil and (not value or value < 1) then
        mistake.raise(
            path,
            { "max_queries" },
            "max_queries: a whole number from 1 is needed, got %s",
            tostring(given)
        )
    end
    return value
end

return M
