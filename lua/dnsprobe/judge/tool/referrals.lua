-- SPDX-License-Identifier: MIT
--- The servers above a zone that gave its delegation, and the `dig` lines that show it again.

local dig = require "dnsprobe.judge.tool.dig"

local M = {}

---@class dnsprobe.Delegation
---@field trace table the walk to the zone, as step `delegation` records it
---@field own dnsprobe.Batch what the zone's servers say of their addresses

-- Does a referral show what is wrong? One whose message was not kept may.
local function may_show(server, shows)
    local message = server.exchange and server.exchange.response
    return not shows or not message or shows(message)
end

--- The servers above the zone that gave the delegation, for the reproduction and as evidence, and how many
--- gave one in all. With `shows`, only those whose referral shows what is wrong: they need not all be alike.
---@param trace dnsprobe.Trace
---@param shows? fun(message: table): boolean
function M.referring(trace, shows)
    local above = trace.levels[#trace.levels - 1]
    local targets, exchanges, asked = {}, {}, 0
    for _, server in ipairs(above and above.servers or {}) do
        local refers = server.kind == "referral"
        asked = asked + (refers and 1 or 0)
        if refers and may_show(server, shows) then
            targets[#targets + 1] = { address = server.address, name = server.name, port = server.exchange
                and server.exchange.server.port }
            exchanges[#exchanges + 1] = #exchanges < 2 and server.exchange or nil
        end
    end
    return targets, exchanges, asked
end

function M.reproduce(trace, name, targets, server, type)
    local lines = {}
    if targets[1] then
        lines[1] = dig.line(
            targets[1],
            trace.zone,
            "NS",
            { norecurse = true, extra = { "+authority", "+additional" } }
        )
    end
    if server then
        lines[2] = dig.line(server, name, type or "A", { norecurse = true })
    end
    return lines
end

return M
