-- SPDX-License-Identifier: MIT
-- Exit codes of the command, and the one way to end it early: a Failure carries a code and a line for stderr.
--
-- 0 to 3 are the convention of monitoring plugins, 64 and up are those of sysexits.h, 130 is a shell's
-- "killed by SIGINT". A Failure is raised with error(); cli/entry.lua turns it into one line and its code.

local M = {
    OK = 0,
    WARNING = 1,
    CRITICAL = 2,
    UNKNOWN = 3,
    USAGE = 64,
    INPUT = 65,
    INTERNAL = 70,
    INTERRUPTED = 130,
}

--- Exit code of a verdict.
---@type table<string, integer>
M.of_status = { ok = M.OK, warning = M.WARNING, critical = M.CRITICAL, unknown = M.UNKNOWN }

---@class dnsprobe.Failure
---@field code integer exit code
---@field message string one line
---@field see? string command of `dnsprobe help COMMAND`
local Failure = { __name = "dnsprobe.Failure" }
Failure.__index = Failure

function Failure:__tostring()
    return self.message
end

local function raise(code, see, text, ...)
    local message = select("#", ...) > 0 and text:format(...) or text
    error(setmetatable({ code = code, message = (message:gsub("%s*\n%s*", "; ")), see = see }, Failure), 0)
end

--- Ends the command with exit 64: it was called wrongly.
---@param text string format
function M.usage(text, ...)
    raise(M.USAGE, nil, text, ...)
end

--- Like `usage`, and names the help page to read.
---@param command string
---@param text string format
function M.usage_of(command, text, ...)
    raise(M.USAGE, command, text, ...)
end

--- Ends the command with exit 65: a file that was given is broken.
---@param text string format
function M.input(text, ...)
    raise(M.INPUT, nil, text, ...)
end

--- The Failure inside an error value, or nil.
---@param err any
---@return dnsprobe.Failure?
function M.failure(err)
    if type(err) == "table" and getmetatable(err) == Failure then
        return err
    end
    return nil
end

return M
