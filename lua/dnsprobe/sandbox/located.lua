-- SPDX-License-Identifier: MIT
-- The line of the runbook that an error is about.

local M = {}

local LEVELS_MAX = 200 -- of a call stack that are looked at
local files = {}       -- sources of sandboxed code

--- A file of sandboxed code is loaded.
---@param path string
function M.note(path)
    files["@" .. path] = true
end

local LIBRARY = "^[^\n:]*dnsprobe/[%w_/%-]+%.lua:%d+: "

--- What the library raises about what it was given, or stumbles over, is told at the line of the runbook that called it.
---@param err any an error value
---@return any the same, or a text
function M.line(err)
    if type(err) ~= "string" or (err:match("^[^\n]-:%d+: ") and not err:match(LIBRARY)) then
        return err
    end
    for level = 2, LEVELS_MAX do
        local info = debug.getinfo(level, "Sl")
        if not info then
            break
        elseif files[info.source] and info.currentline > 0 then
            return ("%s:%d: %s"):format(info.source:sub(2), info.currentline, (err:gsub(LIBRARY, "", 1)))
        end
    end
    return err
end

return M
