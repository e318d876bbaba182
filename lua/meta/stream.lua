---@meta dnsprobe.stream
-- SPDX-License-Identifier: MIT
-- For the command line only; runbooks do not have it.

---@class dnsprobe.stream
local stream = {}

--- Opens a file for reading in pieces.
---@param path string "-": standard input
---@return dnsprobe.Stream?
---@return string? message
function stream.reader(path) end

--- Opens a file for appending, made where it is not there, and locks it.
---@param path string
---@return dnsprobe.Stream?
---@return string? message "locked" while another process has it
function stream.appender(path) end

---@class dnsprobe.Stream closed when it is collected
local Stream = {}

--- Never waits for a pipe or a terminal.
---@return string|false|nil bytes false: none have come yet; nil: the end, or an error
---@return string? message
function Stream:read() end

---@param text string
---@return true? ok
---@return string? message
function Stream:write(text) end

--- What stands behind so many bytes is gone.
---@param size_bytes integer
---@return true? ok
---@return string? message
function Stream:cut(size_bytes) end

--- What was written lasts over a power cut.
---@return true? ok
---@return string? message
function Stream:sync() end

function Stream:close() end

return stream
