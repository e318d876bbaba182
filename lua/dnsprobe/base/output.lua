-- SPDX-License-Identifier: MIT
-- Where results go: stdout or, atomically, a file; and with which colours.

local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"

local M = {}

local COLUMNS_MIN, COLUMNS_MAX, COLUMNS_ELSEWHERE = 60, 200, 100

--- Finds out before anything is sent that the report could not be written in the end. Raises a Failure.
---@param path string? value of --output
---@param option string? another option whose file it is
function M.check(path, option)
    if not path then
        return
    end
    local folder = path:match("^(.*)/[^/]*$")
    if path:sub(-1) == "/" or (folder and folder ~= "" and not fs.exists(folder)) then
        exit.usage("%s %s: there is no such folder", option or "--output", path)
    end
end

--- Writes a report.
---@param path string? nil: stdout
---@param text string
function M.write(path, text)
    if not path then
        io.stdout:write(text)
        io.stdout:flush()
        return
    end
    local ok, err = fs.write_atomic(path, text)
    if not ok then
        exit.usage("--output %s: %s", path, err or "cannot be written")
    end
end

---@class dnsprobe.Style
---@field color boolean
---@field verbose boolean
---@field columns integer? width to write for, 60 to 200
---@field utf8 boolean? false: ASCII only
---@field followed boolean? what comes while a run goes on has been written (base/formats.lua: follow)

--- Does the environment say that characters beyond ASCII can be shown? The first of the three that is set
--- decides.
---@return boolean
function M.utf8()
    for _, name in ipairs { "LC_ALL", "LC_CTYPE", "LANG" } do
        local value = fs.getenv(name)
        if value and value ~= "" then
            return value:lower():find("utf%-?8") ~= nil
        end
    end
    return false
end

--- The width of what is written to a descriptor: COLUMNS, else the terminal's own, else that of a pipe.
---@param fd integer? nil: a file
---@return integer
function M.columns(fd)
    local given = math.tointeger(tonumber(fs.getenv("COLUMNS") or ""))
    local columns = given and given > 0 and given or (fd and fs.columns(fd)) or COLUMNS_ELSEWHERE
    return math.max(COLUMNS_MIN, math.min(COLUMNS_MAX, columns))
end

--- How formats for people may look.
---@param options table
---@return dnsprobe.Style
function M.style(options)
    local color = options.color == "always"
    if options.color ~= "always" and options.color ~= "never" then
        local no_color = fs.getenv("NO_COLOR")
        color = not options.output and fs.isatty(1) and (no_color == nil or no_color == "")
    end
    return {
        color = color,
        verbose = options.verbose == true,
        columns = M.columns(not options.output and 1 or nil),
        utf8 = M.utf8(),
        followed = options.followed,
    }
end

return M
