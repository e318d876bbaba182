-- SPDX-License-Identifier: MIT
-- json: the report as one JSON document, schema dnsprobe.report/1.

local json = require "dnsprobe.json"

local M = { summary = "one JSON document, schema dnsprobe.report/1", stream = false }

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    return json.encode(document, { pretty = true, sort = true }) .. "\n"
end

return M
