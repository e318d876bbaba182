-- SPDX-License-Identifier: MIT
-- The chain of waits of a run: pacing at the busiest server, then the slowest way, step after step.
local profile = require "dnsprobe.profile"

local function exchange(server, at_s, rtt_s, outcome)
    return { server = { address = server }, sent_us = math.floor(at_s * 1e6), rtt_us = rtt_s and rtt_s * 1e6,
        outcome = outcome or "answer" }
end

describe("profile", function()
    local list = {}
    for i = 1, 30 do -- 30 at a: the bucket gives 10 at once and then 20 a second
        list[#list + 1] = exchange("a", i * 0.03, 0.02)
    end
    list[#list + 1] = exchange("b", 0.5, 0.24)
    list[#list + 1] = exchange("a", 2.1, 0.02) -- the second step: no burst at a any more
    list[#list + 1] = exchange("c", 2.2, nil, "timeout")
    list[#list + 1] = exchange("d", 3.5, 0.3)
    local session = {
        started_us = 0, elapsed_ms = 4000, ledger = { list = list }, ctx = { timeout = 0.5, late = 0.5, qps = 20 },
        outcomes = { { step = { id = "one" }, elapsed_ms = 2000 }, { step = { id = "two" }, elapsed_ms = 1000 },
            { step = { id = "climb" }, elapsed_ms = 1000 } },
    }
    local document = { steps = { { data = {} }, { data = {} }, { data = { climb = {
        { ["failed at"] = "4/s 0 of 2, 10/s 1 of 3" }, { ["failed at"] = "4/s 0 of 1" } } } } } }

    it("adds up the longest chain of each step", function()
        local p = profile.of(session, document)
        local one, two, climb = table.unpack(p.steps)
        assert.same({ 31, "a", 30, 1.0, "b", 0.24 }, { one.sent, one.paced_by, one.asked, one.pacing_s, one.slowest, one.way_s })
        assert.same({ 2, 0.05, "c", 1.0, true }, { two.sent, two.pacing_s, two.slowest, two.way_s, two.silent })
        assert.same({ 1, 0.8, 0.3 }, { climb.sent, climb.pacing_s, climb.way_s })
        assert.is_true(math.abs(p.path_s - 3.39) < 1e-9)
        assert.matches("critical path 3.39 s, took 4.00 s: 1.18 x", profile.text(p))
    end)

    it("counts what the ceiling over all servers takes, where that is longer", function()
        session.ctx.qps_total = 10
        local one, two = table.unpack(profile.of(session, document).steps)
        session.ctx.qps_total = nil
        assert.same({ "all servers", 31, 2.1 }, { one.paced_by, one.asked, one.pacing_s })
        assert.same({ "a", 0.05 }, { two.paced_by, two.pacing_s })
    end)
end)
