-- SPDX-License-Identifier: MIT
-- What a person waits for, in three parts:
--   dnsprobe-lua clock.lua DNSPROBE [RUNS]
--
--   start-up   `dnsprobe version` beside `lua5.4 -e ''`, in turns; wanted: at most 2 x
--   fan-out    12 resolvers of 20 to 240 ms, one question, task.map; wanted: at most 1.05 x the slowest
--   steps      the eight steps of intermittent.lua in the lab healthy-slow; wanted: at most 1.5 x the longest
--              chain of waits that depend on one another
--
-- That chain is added up from the run's own ledger, per step, from what no client could do faster:
--   pacing     the server that was asked most: its bucket gives 10 at once (the first step that asks it),
--              then 20/s
--   way        one round trip to the slowest server that was asked; a step that asks, looks and asks again
--              waits longer, so the chain is rather too short than too long
-- The step rate-limit raises its rate itself: there the chain is its own timetable (queries / rate, per
-- stage).

local dns = require "dnsprobe"
local json = require "dnsprobe.json"
local lab = require "dnsprobe.lab.scenarios"
local ledger = require "dnsprobe.measure.ledger"
local task = require "dnsprobe.base.task"

local program, runs = arg[1], math.tointeger(arg[2]) or 15
local QPS, BURST = 20, 10 -- defaults of `run`

local function median(list)
    table.sort(list)
    return list[(#list + 1) // 2]
end

local function timed(f)
    local started = dns.now()
    f()
    return dns.now() - started
end

-- ---- start-up ----

-- Seconds that one call of a command takes, of ten by one shell: its own start does not count.
local function one_call(command)
    return timed(function()
        os.execute(("for i in 1 2 3 4 5 6 7 8 9 10; do %s >/dev/null; done"):format(command))
    end) / 10
end

local function start_up()
    local ours, lua, ratios = {}, {}, {}
    for i = 1, runs do
        lua[i], ours[i] = one_call "lua5.4 -e ''", one_call(program .. " version")
        ratios[i] = ours[i] / lua[i]
    end
    print(("start-up   version %.2f ms, lua5.4 -e '' %.2f ms (medians of %d x 10): %.2f x")
        :format(median(ours) * 1e3, median(lua) * 1e3, runs, median(ratios)))
end

-- ---- fan-out ----

local function ask_all(resolvers)
    return task.map(resolvers, function(resolver)
        return dns.exchange { name = "shop.example", type = "A", server = resolver.address,
            port = resolver.port }
    end)
end

local function fan_out()
    local handle = lab.start(lab.load "healthy-slow")
    dns.setup { guard = { mode = "loopback" }, qps = 0, qps_total = 0, timeout = 5 }
    ask_all(handle.resolvers) -- they learn the answer
    local shares, slowest = {}, 0
    for i = 1, 11 do
        local exchanges
        local took = timed(function() exchanges = ask_all(handle.resolvers) end)
        slowest = 0
        for _, exchange in ipairs(exchanges) do
            slowest = math.max(slowest, exchange.rtt_us / 1e6)
        end
        shares[i] = took / slowest
    end
    print(("fan-out    %d resolvers, the slowest %.1f ms: %.3f x (median of 11)")
        :format(#handle.resolvers, slowest * 1e3, median(shares)))
    handle.stop()
end

-- ---- steps ----

local function report_of_run()
    local file = os.tmpname()
    local line = "%s run intermittent.lua shop.example --lab healthy-slow --seed 1 --json --exchanges -qo %s"
    os.execute(line:format(program, file))
    local f <close> = assert(io.open(file))
    local text = f:read "a"
    os.remove(file)
    return assert(json.decode(text, { max_bytes = #text }))
end

-- Seconds since the start of the run at which an exchange left.
local function sent_at(exchange, started)
    return (ledger.from_rfc3339(exchange.sent) - ledger.from_rfc3339(started)) / 1e6
end

-- The exchanges of a step by server, and the slowest round trip among them (seconds).
local function of_step(report, from, to)
    local counts, way = {}, 0
    for _, exchange in ipairs(report.exchanges) do
        local at = sent_at(exchange, report.started)
        if at >= from and at < to then
            local server = exchange.server.address
            counts[server] = (counts[server] or 0) + 1
            way = math.max(way, (exchange.rtt_us or 0) / 1e6)
        end
    end
    return counts, way
end

-- What the bucket of the busiest server takes; `seen` are the servers that had their burst.
local function pacing_of(counts, seen)
    local longest = 0
    for server, count in pairs(counts) do
        local burst = seen[server] and 0 or BURST
        longest = math.max(longest, math.max(0, count - burst) / QPS)
    end
    for server in pairs(counts) do
        seen[server] = true
    end
    return longest
end

-- The timetable of the longest climb, from "4/s 0 of 6, 25/s 0 of 25, ...".
local function climb_of(step)
    local longest = 0
    for _, row in ipairs(step.data.climb or {}) do
        local seconds = 0
        for rate, count in row["failed at"]:gmatch "(%d+)/s %d+ of (%d+)" do
            seconds = seconds + tonumber(count) / tonumber(rate)
        end
        longest = math.max(longest, seconds)
    end
    return longest
end

local function steps()
    local report = report_of_run()
    local seen, from, chain = {}, 0, 0
    print(("steps      %-12s %6s %9s %9s %9s"):format("", "sent", "pacing", "way", "took"))
    for _, step in ipairs(report.steps) do
        local took = step.elapsed_ms / 1e3
        local counts, way = of_step(report, from, from + took)
        local pacing = step.id == "rate-limit" and climb_of(step) or pacing_of(counts, seen)
        print(("           %-12s %6d %7.2f s %7.2f s %7.2f s"):format(step.id, step.sent, pacing, way, took))
        from, chain = from + took, chain + pacing + way
    end
    print(("           %s: the longest chain %.2f s, took %.2f s: %.2f x; the loop was at most %.0f ms late")
        :format(report.verdict.status, chain, report.elapsed_ms / 1e3, report.elapsed_ms / 1e3 / chain,
            report.vantage.lag.max_us / 1e3))
end

start_up()
steps()
task.run(fan_out)
