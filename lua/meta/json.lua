---@meta dnsprobe.json
-- SPDX-License-Identifier: MIT

---@class dnsprobe.json
---@field null lightuserdata
local json = {}

---@param text string
---@param limits? { max_bytes: integer?, max_depth: integer? }
---@return any value
---@return string? message
function json.decode(text, limits) end

--- Keys are sorted, those of `__order` first; bytes that are not valid text are escaped.
---@param value any
---@param options? { pretty: boolean?, sort: true? }
---@return string
function json.encode(value, options) end

--- Marks a table as an array, also an empty one.
---@generic T: table
---@param list T
---@return T
function json.array(list) end

---@generic T: table
---@param map T
---@return T
function json.object(map) end

return json
