-- SPDX-License-Identifier: MIT
-- The Lua client of tests/bench/throughput: one coroutine per query, IN_FLIGHT of them at once. The script
-- looks at each answer's code, as dnsperf does; the engine has parsed and matched the whole by then.
--   dnsprobe-lua throughput.lua PORT QUERIES IN_FLIGHT

local dns = require "dnsprobe"
local task = require "dnsprobe.base.task"

local port, queries, in_flight = table.unpack(arg, 1, 3)
port, queries, in_flight = math.tointeger(port), math.tointeger(queries), math.tointeger(in_flight)

-- No ceiling and no listening afterwards: dnsperf has neither.
dns.setup { guard = { mode = "loopback" }, qps = 0, qps_total = 0, timeout = 5, late = 0, linger = 0 }

local right, left = 0, queries

local function ask()
    local exchange = dns.exchange { name = "shop.example", type = "A", server = "127.0.0.1", port = port,
        edns = false }
    if exchange.outcome == "answer" and exchange.response.rcode_n == 0 then
        right = right + 1
    end
end

-- The next query's coroutine starts when one has ended.
local function keep_one()
    while left > 0 do
        left = left - 1
        task.spawn(ask):await()
    end
end

task.run(function()
    local keepers = {}
    for i = 1, in_flight do
        keepers[i] = keep_one
    end
    task.all(keepers)
end)

if right ~= queries then
    io.stderr:write(("right answers: %d of %d\n"):format(right, queries))
    os.exit(1)
end
