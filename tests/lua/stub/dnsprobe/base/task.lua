-- SPDX-License-Identifier: MIT
-- Stands in for dnsprobe.task: everything runs at once, in order; sleeping moves the fake clock.
local dns = require "dnsprobe"
local M = {}

function M.all(functions)
    local out = { n = #functions }
    for i, f in ipairs(functions) do
        out[i] = f()
    end
    return out
end
function M.map(list, f)
    local out = { n = #list }
    for i, item in ipairs(list) do
        out[i] = f(item, i)
    end
    return out
end
function M.sleep(seconds) dns.clock = dns.clock + seconds end
function M.deadline(_, f, ...) return true, f(...) end
function M.run(f, ...) return f(...) end
function M.on_signal() end
function M.is_canceled() return false end
function M.spawn(f, ...)
    local args = table.pack(...)
    return { await = function() return f(table.unpack(args, 1, args.n)) end, cancel = function() end }
end

return M
