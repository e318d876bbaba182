---@meta dnsprobe.json
-- SPDX-License-Identifier: MIT

---@class dnsprobe.json
---@field null lightuserdata
local json = {}

--- A value from JSON; nil and the reason where it is none. JSON's null is json.null.
--- ```lua
--- json.decode('{"a": [1, 2]}') --> { a = { 1, 2 } }
--- ```
---@param text string
---@param limits? { max_bytes: integer?, max_depth: integer? }
---@return any value
---@return string? message
function json.decode(text, limits) end

--- JSON from a value. Keys are sorted, those of `__order` first; bytes that are not valid text are escaped.
--- ```lua
--- json.encode { a = { 1, 2 }, b = true } --> "{\"a\":[1,2],\"b\":true}"
--- ```
---@param value any
---@param options? { pretty: boolean?, sort: true? }
---@return string
function json.encode(value, options) end

--- Marks a table as an array, also an empty one.
--- ```lua
--- json.encode(json.array {}) --> "[]"
--- ```
---@generic T: table
---@param list T
---@return T
function json.array(list) end

--- Marks a table as an object, also an empty one.
--- ```lua
--- json.encode(json.object {}) --> "{}"
--- ```
---@generic T: table
---@param map T
---@return T
function json.object(map) end

return json
