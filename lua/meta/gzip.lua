---@meta dnsprobe.gzip
-- SPDX-License-Identifier: MIT
-- For the command line only; runbooks do not have it.

---@class dnsprobe.gzip
local gzip = {}

---@param data string
---@return string packed
function gzip.pack(data) end

---@param packed string
---@param max_bytes integer what the result may take at most
---@return string? data
---@return string? message
function gzip.unpack(packed, max_bytes) end

return gzip
