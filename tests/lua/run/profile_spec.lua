-- SPDX-License-Identifier: MIT
-- The chain of waits of a run: pacing at the busiest server, then the slowest way, step after step.
local profile = require "dnsprobe.run.profile"

local function exchange(server, at_s, rtt_s, outcome)
    return { server = { address = server }, sent_us = math.floor(at_s * 1e6), rtt_us = rtt_s and rtt_s * 1e6,
        outcome = outcome or "answer" }
end

describe("profile", function()
    local list = {}
    for i = 1, 30 do -- 30 at a: the bucket gives 10 at once and then 20 a second
        list[#list + 1] = exchange("a", 0.2 + i * 0.03, 0.02)
    end
    list[#list + 1] = exchange("b", 0.5, 0.24)
    list[#list + 1] = exchange("a", 1.3, 0.02) -- the second step: the bucket of a is empty
    list[#list + 1] = exchange("c", 1.4, nil, "timeout")
    list[#list + 1] = exchange("d", 2.7, 0.3)
    local session = {
        started_us = 0,
        elapsed_ms = 4000,
        ledger = { list = list },
        ctx = { timeout = 0.5, late = 0.5, qps = 20 },
        outcomes = {
            { step = { id = "one" }, began_us = 200000, elapsed_ms = 1000 },
            { step = { id = "left-out" }, elapsed_ms = 0 },
            { step = { id = "two" }, began_us = 1200000, elapsed_ms = 1000 },
            { step = { id = "climb" }, began_us = 2200000, elapsed_ms = 1500 },
        },
    }
    local document = {
        steps = {
            { data = {} },
            { data = {} },
            { data = {} },
            {
                data = {
                    climb = {
                        { ["failed at"] = "4/s 0 of 2, 10/s 1 of 3" },
                        { ["failed at"] = "4/s 0 of 1" },
                    },
                },
            },
        },
    }
    local function near(a, b)
        assert.is_true(math.abs(a - b) < 1e-9, a .. " is not " .. b)
    end

    it("adds up the longest chain of each step, and says what came before and after", function()
        local p = profile.of(session, document)
        local start, one, two, climb, strays = table.unpack(p.steps)
        assert.same(
            { "(start)", "one", "two", "climb", "(strays)" },
            { start.id, one.id, two.id, climb.id, strays.id }
        )
        near(start.took_s, 0.2)
        near(strays.took_s, 0.3)
        assert.same(
            { 31, "server", 30, 1.0, "a", 0.02 },
            { one.sent, one.row, one.place, one.pacing_s, one.server, one.way_s }
        )
        assert.same(
            { 2, 0, 1, "c", 1.0, true },
            { two.sent, two.pacing_s, two.place, two.server, two.way_s, two.silent }
        )
        assert.same({ 1, "timetable", 0.3 }, { climb.sent, climb.row, climb.way_s })
        near(climb.pacing_s, 0.7)
        near(p.path_s, 1.02 + 1 + 1 + 0.3)
        local took = 0
        for _, step in ipairs(p.steps) do
            took = took + step.took_s
        end
        near(took, p.took_s)
        assert.matches("critical path 3.32 s, took 4.00 s: 1.20 x", profile.text(p))
        assert.matches("query 30 at a\n", profile.text(p))
        assert.matches("query 1 at c %(no answer%)\n", profile.text(p))
        assert.matches("%(strays%).-what may come after the last answer\n", profile.text(p))
    end)

    it("counts what an exchange of a short step took, however long the start was", function()
        local short = {
            started_us = 0,
            elapsed_ms = 400,
            ledger = { list = { exchange("a", 0.3001, 0.001) } },
            ctx = session.ctx,
            outcomes = { { step = { id = "one" }, began_us = 300000, elapsed_ms = 2 } },
        }
        local p = profile.of(short, { steps = { { data = {} } } })
        assert.same({ 1, 0.001 }, { p.steps[2].sent, p.steps[2].way_s })
    end)

    it("lets a bucket fill again while another step is at work", function()
        local idle = {
            started_us = 0,
            elapsed_ms = 2000,
            ledger = { list = {} },
            ctx = session.ctx,
            outcomes = {
                { step = { id = "one" }, began_us = 0, elapsed_ms = 500 },
                { step = { id = "two" }, began_us = 1500000, elapsed_ms = 500 },
            },
        }
        for i = 1, 20 do
            idle.ledger.list[i] = exchange("a", i * 0.02, 0.001)
        end
        for i = 1, 12 do
            idle.ledger.list[20 + i] = exchange("a", 1.5 + i * 0.02, 0.001)
        end
        local p = profile.of(idle, { steps = { { data = {} }, { data = {} } } })
        assert.same({ 0.5, 0.1 }, { p.steps[2].pacing_s, p.steps[3].pacing_s })
        idle.outcomes[2].began_us = 500000 -- at once: it is empty
        for i = 1, 12 do
            idle.ledger.list[20 + i] = exchange("a", 0.5 + i * 0.02, 0.001)
        end
        p = profile.of(idle, { steps = { { data = {} }, { data = {} } } })
        near(p.steps[3].pacing_s, 12 / 20 - 0.1) -- 0.1 s since the last of the step before
    end)

    it("waits for a lost query only from when it was its turn", function()
        local lost = { started_us = 0, elapsed_ms = 2000, ledger = { list = {} }, ctx = session.ctx,
            outcomes = { { step = { id = "one" }, began_us = 0, elapsed_ms = 2000 } } }
        for i = 1, 40 do
            lost.ledger.list[i] =
                exchange("a", i * 0.04, i ~= 12 and 0.02 or nil, i == 12 and "timeout" or nil)
        end
        local step = profile.of(lost, { steps = { { data = {} } } }).steps[2]
        assert.same({ 40, 1.5, 0.02, false }, { step.place, step.pacing_s, step.way_s, step.silent })
    end)

    it("counts what the ceiling over all servers takes, where that is longer", function()
        session.ctx.qps_total = 10
        local p = profile.of(session, document)
        local text, one, two = profile.text(p), p.steps[2], p.steps[3]
        session.ctx.qps_total = nil
        assert.same({ "all", 31, 2.1 }, { one.row, one.place, one.pacing_s })
        assert.equal("all", two.row)
        assert.matches("query 31 of all, at a\n", text)
    end)
end)
