---@meta dnsprobe.process

-- SPDX-License-Identifier: MIT
-- Programs that dnsprobe itself starts. Runbooks do not get this module.

local process = {}

---@class dnsprobe.ProcessOutcome
---@field status integer? exit status; nil where a signal ended it
---@field signal integer? number of the signal that ended it
---@field timed_out boolean it was killed after the time given
---@field stderr string the first 512 bytes, escaped for terminals
---@field elapsed_us integer

--- Runs a program and waits for its end; it and what it started are killed after `seconds`, and when the task
--- is canceled. Its stdin is empty, its stdout is dropped.
---@param argv string[] program and words; no shell
---@param seconds number
---@return dnsprobe.ProcessOutcome? outcome nil where it could not be started
---@return string? err
function process.run(argv, seconds) end

--- The path of this program.
---@return string?
function process.self() end

--- How many processors this process may use.
---@return integer
function process.cores() end

return process
