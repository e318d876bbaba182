-- SPDX-License-Identifier: MIT
-- dnsprobe help man PAGE: a man page in roff, as CMake installs it.

local exit = require "dnsprobe.base.exit"
local man = require "dnsprobe.cli.tool.man"
local nearest = require "dnsprobe.base.nearest"

local M = {}

--- The page.
---@param words string[] its name; none: dnsprobe
---@return string
function M.page(words)
    local name = words[1] or "dnsprobe"
    return man.page(name)
        or exit.usage("help man: there is no page '%s'%s", name, nearest.hint(name, man.pages()))
end

return M
