-- SPDX-License-Identifier: MIT
-- Step `rate-limit`: failures that follow the rate, against failures that do not.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local grave, find = world.grave, world.find

--- Climbs and slow controls, one for a server of each side; `say(phase, rate, i, side)` describes an answer.
local function climb(say, ...)
    local samples = {}
    for n, side in ipairs { ... } do
        local target = { address = "192.0.2." .. n, port = 53, label = "ns" .. n, side = side }
        for _, stage in ipairs { { "climb", 5, 5 }, { "climb", 10, 10 }, { "climb", 20, 40 },
            { "slow", 2, 24 } } do
            local question = { name = "shop.example.", type = "A", phase = stage[1], rate = stage[2] }
            for i = 1, stage[3] do
                local given = say(stage[1], stage[2], i, side) or { values = { "203.0.113.1" } }
                samples[#samples + 1] = {
                    target = target,
                    question = question,
                    exchange = world.exchange(target, question, given, {}),
                }
            end
        end
    end
    return (world.new():judge("rate-limit", { climbs = batch.pack(samples), slow_qps = 2 }))
end

local function above(limit, kind)
    return function(_, rate, i)
        return rate > limit and i % 2 == 0 and { kind = kind } or nil
    end
end

describe("the climb", function()
    it("says nothing when nothing fails", function()
        assert.same({}, grave(climb(function() end, "recursive")))
    end)

    it("sees refusals, failures and drops that follow the rate", function()
        for _, kind in ipairs { "refused", "servfail", "timeout" } do
            assert.same({ "recursive.rate-limited" }, grave(climb(above(10, kind), "recursive")))
        end
    end)

    it("sees a server's slips", function()
        local found = climb(above(10, "truncated"), "authoritative")
        assert.same({ "auth.rate-limited" }, grave(found))
        assert.truthy(find(found, "auth.rate-limited").summary:find("truncated", 1, true))
    end)

    it("counts the slower stages of the climb with the slow control", function()
        assert.same({ "recursive.rate-limited" }, grave(climb(function(_, rate, i)
            return rate == 20 and i % 5 == 0 and { kind = "timeout" } or nil
        end, "recursive")))
    end)

    it("does not take a fault that began during the climb for a limit", function()
        assert.same({}, grave(climb(function(phase, rate, i)
            return (rate == 20 or phase == "slow") and i % 3 == 0 and { kind = "timeout" } or nil
        end, "recursive")))
    end)

    it("does not take a server for limited that fails at any rate", function()
        assert.same({}, grave(climb(function(_, _, i)
            return i % 3 == 0 and { kind = "timeout" } or nil
        end, "recursive")))
    end)

    it("does not take one lost packet for a limit", function()
        assert.same({}, grave(climb(function(phase, rate, i)
            return phase == "climb" and rate == 20 and i == 7 and { kind = "timeout" } or nil
        end, "recursive")))
    end)

    it("does not take a closed port for a limit, whose ICMP errors come for slow questions only", function()
        assert.same({}, grave(climb(function(phase, _, i)
            return { kind = (phase == "slow" or i % 4 == 0) and "unreachable" or "timeout" }
        end, "authoritative")))
    end)

    it("does not take a second without network for a limit of everybody", function()
        local function burst(_, rate, i)
            return rate == 20 and i > 20 and { kind = "timeout" } or nil
        end
        assert.same({}, grave(climb(burst, "authoritative", "recursive", "recursive")))
        assert.same({ "auth.rate-limited" }, grave(climb(function(phase, rate, i, side)
            return side == "authoritative" and burst(phase, rate, i) or nil
        end, "authoritative", "authoritative", "recursive")))
    end)

    it("does not take an answer that is truncated at any rate for a slip", function()
        assert.same({}, grave(climb(function()
            return { kind = "truncated" }
        end, "recursive")))
    end)
end)
