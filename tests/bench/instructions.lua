-- SPDX-License-Identifier: MIT
-- What Lua pays, for instruction counts (instructions.sh):
--   dnsprobe-lua instructions.lua binding ROUNDS           one answer as tables, its records looked at
--   dnsprobe-lua instructions.lua exchange ROUNDS PORT     exchanges with the server `internet`, 50 at once

local dns = require "dnsprobe"
local task = require "dnsprobe.base.task"

local rounds, port = math.tointeger(arg[2]), math.tointeger(arg[3])

local function look_at(message)
    local n = message.rcode == "NOERROR" and message.edns and 1 or 0
    for _, record in ipairs(message.answer) do
        n = n + (record.name == "shop.example." and record.type == "A" and record.rdata == "192.0.2.1"
            and record.ttl or 0)
    end
    return n
end

local parts = {}

function parts.binding()
    local record = "\xc0\x0c\0\1\0\1\0\0\1\44\0\4\192\0\2\1"
    local raw = "\x12\x34\x85\0\0\1\0\6\0\0\0\1\4shop\7example\0\0\1\0\1" .. record:rep(6)
        .. "\0\0\41\4\208\0\0\0\0\0\0"
    for _ = 1, rounds do
        assert(look_at(dns.message.from_wire(raw)) == 6 * 300 + 1)
    end
end

function parts.exchange()
    dns.setup { guard = { mode = "loopback" }, qps = 0, qps_total = 0, timeout = 5, late = 0, linger = 0,
        seed = 1 }
    local list = {}
    for i = 1, rounds do
        list[i] = i
    end
    task.map(list, function()
        local exchange = dns.exchange { name = "d1.test", type = "A", server = "127.54.1.3", port = port }
        assert(exchange.outcome == "answer" and #exchange.response.answer == 1)
    end, { limit = 50 })
end

-- Where a cycle of the collector begins and ends would be most of the difference between two runs.
collectgarbage "stop"
task.run(parts[arg[1]])
