-- SPDX-License-Identifier: MIT
-- Calls what a scenario has written; what goes wrong is told with the line of the scenario that led to it,
-- wherever in the library it was noticed.

local exit = require "dnsprobe.base.exit"

local M = {}

-- The line of the innermost frame of that file.
local function line_in(path)
    local level = 3
    local frame = debug.getinfo(level, "Sl")
    while frame do
        if frame.source == "@" .. path then
            return frame.currentline
        end
        level = level + 1
        frame = debug.getinfo(level, "Sl")
    end
    return nil
end

--- Calls f; its error becomes "FILE:LINE: what".
---@param path string of the scenario
---@param f function
---@param ... any its arguments
function M.call(path, f, ...)
    local ok, err = xpcall(f, function(err)
        if exit.failure(err) or type(err) ~= "string" or err:sub(1, #path + 1) == path .. ":" then
            return err
        end
        local line = line_in(path)
        return line and ("%s:%d: %s"):format(path, line, (err:gsub("^%S+%.lua:%d+: ", ""):gsub("^%?: ", "")))
            or err
    end, ...)
    if not ok then
        error(err, 0)
    end
end

return M
