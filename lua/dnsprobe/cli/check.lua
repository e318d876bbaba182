-- SPDX-License-Identifier: MIT
-- dnsprobe check RUNBOOK: load and validate; nothing is sent.

local runbook = require "dnsprobe.runbook"

local M = { name = "check", summary = "load and validate a runbook; sends nothing" }

function M.options(parser)
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
end

function M.run(options)
    local book = runbook.load(options.runbook)
    local n = 0
    for _ in pairs(book.params) do
        n = n + 1
    end
    io.stdout:write(("%s: %d steps, %d parameters, no fault found\n"):format(book.path, #book.steps, n))
    return 0
end

return M
