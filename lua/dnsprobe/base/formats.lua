-- SPDX-License-Identifier: MIT
-- The report formats: every module dnsprobe.format.NAME is one. A format is a table
--   summary   one line for help
--   stream    true when it is useful while the run goes on (one record a line)
--   follow    where it is: fun(session, write): fun(exchange), called for each exchange of the run as it ends
--   render    fun(document, options): string

local fs = require "dnsprobe.fs"

local M = {}

local PREFIX = "dnsprobe.format."

--- Names of all formats, sorted.
---@return string[]
function M.names()
    local out = {}
    for _, module in ipairs(fs.modules(PREFIX)) do
        out[#out + 1] = module:sub(#PREFIX + 1)
    end
    table.sort(out)
    return out
end

--- A format by its name.
---@param name string one of names()
---@return { summary: string, stream: boolean, follow: function?, render: fun(document: table, options: table): string }
function M.get(name)
    return require(PREFIX .. name)
end

return M
