-- SPDX-License-Identifier: MIT
-- Stands in for the C module `dnsprobe.json`.
local dkjson = require "dkjson"
local M = { null = dkjson.null }

function M.array(t) return setmetatable(t, { __jsontype = "array" }) end
function M.object(t) return setmetatable(t, { __jsontype = "object" }) end
function M.encode(value) return dkjson.encode(value) end
function M.decode(text)
    local value, _, err = dkjson.decode(text, 1, dkjson.null, nil, nil)
    return value, err
end

return M
