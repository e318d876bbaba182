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

-- "FILE:LINE: " of the innermost function of the runbook on the stack; nil where there is none.
local function place()
    for level = 3, LEVELS_MAX do
        local info = debug.getinfo(level, "Sl")
        if not info then
            return nil
        elseif files[info.source] and info.currentline > 0 then
            return ("%s:%d: "):format(info.source:sub(2), info.currentline)
        end
    end
    return nil
end

--- Does a text begin with a place that is the runbook's?
---@param text string
---@return boolean
function M.is_located(text)
    return text:match("^[^\n]-:%d+: ") ~= nil and not text:match(LIBRARY)
end

--- What the library raises about what it was given, or stumbles over, is told at the line of the runbook that
--- called it.
---@param err any an error value
---@return any the same, or a text
---@return string? place of the runbook's, for an error value that is no text
function M.line(err)
    if type(err) ~= "string" then
        return err, place()
    elseif M.is_located(err) then
        return err
    end
    local where = place()
    return where and where .. err:gsub(LIBRARY, "", 1) or err
end

--- A text that says where: that of the runbook if there is one in it, else this function's first line.
---@param text string one line
---@param f function of the runbook
---@return string
function M.within(text, f)
    if M.is_located(text) then
        return text
    end
    local info = debug.getinfo(f, "S")
    return ("%s:%d: %s"):format(info.source:gsub("^@", ""), info.linedefined, (text:gsub(LIBRARY, "", 1)))
end

--- A function that a task runs: where it fails, its own line is told, whoever awaits it, and whether somebody
--- does.
---@generic F: function
---@param f F anything else is returned as it is
---@return F
function M.started(f)
    if type(f) ~= "function" then
        return f
    end
    return function(...)
        local results = table.pack(xpcall(f, M.line, ...))
        if not results[1] then
            error(results[2], 0)
        end
        return table.unpack(results, 2, results.n)
    end
end

return M
