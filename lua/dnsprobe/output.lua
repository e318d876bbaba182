-- SPDX-License-Identifier: MIT
-- Where results go: stdout or, atomically, a file; and with which colours.

local exit = require "dnsprobe.exit"
local fs = require "dnsprobe.fs"

local M = {}

--- Finds out before anything is sent that the report could not be written in the end. Raises a Failure.
---@param path string? value of --output
function M.check(path)
    if not path then
        return
    end
    local folder = path:match("^(.*)/[^/]*$")
    if path:sub(-1) == "/" or (folder and folder ~= "" and not fs.exists(folder)) then
        exit.usage("--output %s: there is no such folder", path)
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

--- How formats for people may look.
---@param options table
---@return { color: boolean, verbose: boolean }
function M.style(options)
    local color = options.color == "always"
    if options.color ~= "always" and options.color ~= "never" then
        local no_color = fs.getenv("NO_COLOR")
        color = not options.output and fs.isatty(1) and (no_color == nil or no_color == "")
    end
    return { color = color, verbose = options.verbose == true }
end

return M
