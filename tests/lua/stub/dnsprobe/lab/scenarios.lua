-- SPDX-License-Identifier: MIT
-- Stands in for dnsprobe.lab, which is made of C modules: any scenario loads, and its net can be built.
local M = {}

function M.load(entry) return { name = tostring(entry), path = tostring(entry) } end
function M.net() end

return M
