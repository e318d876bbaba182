-- SPDX-License-Identifier: MIT
-- A few names that stand for many: those that come first in the list, whichever was finished first, so that a
-- run that was interrupted, or split, names the same.

local M = {}

local MOST = 5

---@class dnsprobe.BulkExample
---@field line number in the list
---@field name string

--- Adds a name, where it is one of the first.
---@param list dnsprobe.BulkExample[] ordered by line
---@param line any of the list; what is no number comes last
---@param name string
function M.add(list, line, name)
    line = math.type(line) and line or math.huge
    local at = #list + 1
    while at > 1 and (list[at - 1].line > line or list[at - 1].line == line and list[at - 1].name > name) do
        at = at - 1
    end
    if at <= MOST then
        table.insert(list, at, { line = line, name = name })
        list[MOST + 1] = nil
    end
end

--- The names alone.
---@param list dnsprobe.BulkExample[]
---@return string[]
function M.names(list)
    local out = {}
    for i, each in ipairs(list) do
        out[i] = each.name
    end
    return out
end

return M
