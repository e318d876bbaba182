-- SPDX-License-Identifier: MIT
-- Runs a command line in this process, as its first task; its exit code, and what it wrote to stdout and
-- stderr.
local task = require "dnsprobe.base.task"

local function catcher(into)
    return { write = function(self, ...)
        for _, part in ipairs { ... } do
            into[#into + 1] = tostring(part)
        end
        return self
    end, flush = function() end }
end

return function(line)
    local words, out, err = {}, {}, {}
    for word in line:gmatch("%S+") do
        words[#words + 1] = word
    end
    local real_out, real_err = io.stdout, io.stderr
    io.stdout, io.stderr = catcher(out), catcher(err)
    local ok, code = pcall(task.run, require("dnsprobe.cli.entry").main, words)
    io.stdout, io.stderr = real_out, real_err
    assert(ok, code)
    return code, table.concat(out), table.concat(err)
end
