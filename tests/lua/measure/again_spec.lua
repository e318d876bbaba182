-- SPDX-License-Identifier: MIT
-- When a run looks closer, at whom, and what it does not look closer at.
local again = require "dnsprobe.measure.survey.again"
local batch = require "dnsprobe.judge.tool.batch"
local task = require "dnsprobe.base.task"
local world = require "support.world"

local GOOD = { values = { "203.0.113.1" }, serial = 7 }
local OLD = { values = { "203.0.113.99" }, serial = 6 }

-- Says `other` at the samples of `places`, and GOOD at all others.
local function but(other, ...)
    local at = {}
    for _, place in ipairs { ... } do
        at[place] = true
    end
    return function(i)
        return world.always(at[i] and other or GOOD)()
    end
end

local function three(first)
    local good = world.always(GOOD)
    return world
        .new()
        :auth("192.0.2.1", "ns1", first)
        :auth("192.0.2.2", "ns2", good)
        :auth("192.0.2.3", "ns3", good)
        :resolver("198.51.100.1", "One", good)
        :resolver("198.51.100.2", "Two", good)
end

-- The plans that were asked for.
local function look(w, fields)
    local plans, measured = {}, w:measured()
    local ctx = {
        samples = 29,
        closer = true,
        qps = 20,
        progress = function() end,
        remaining = function()
            return 90
        end,
    }
    function ctx.sample(_, plan)
        plans[#plans + 1] = plan
        return { { target = plan.targets[1], question = plan.questions[1],
            exchange = world.exchange(plan.targets[1], plan.questions[1], { values = {}, sent = 1 }, {}) } }
    end
    for key, value in pairs(fields or {}) do
        ctx[key] = value
    end
    task.run(again.look, ctx, measured.truth, fields and fields.alone and nil or measured.resolvers)
    return plans, measured
end

local function looks(w, fields)
    return #look(w, fields) > 0
end

describe("a second look", function()
    it("is taken for one lost packet, one error, one late or one odd answer of a server", function()
        assert.is_false(looks(three(but(GOOD, 3))))
        assert.is_true(looks(three(but({ kind = "timeout" }, 3))))
        assert.is_true(looks(three(but({ kind = "servfail" }, 3))))
        assert.is_true(looks(three(but({ kind = "late", values = GOOD.values }, 3))))
        assert.is_true(looks(three(but(OLD, 3))))
    end)

    it("asks everybody the same, three times as often, and adds what came to the samples", function()
        local w = three(but({ kind = "servfail" }, 3))
        local before = #w.auth_samples
        local plans, measured = look(w)
        assert.equal(2, #plans)
        assert.equal(3, #plans[1].targets)
        assert.equal(2, #plans[2].targets)
        assert.equal(87, plans[1].n)
        assert.equal(87, plans[2].n)
        assert.same({ "A", "SOA" }, { plans[1].questions[1].type, plans[1].questions[2].type })
        assert.equal(before + 1, #measured.truth.samples.rows)
        assert.equal(3, #batch.groups(measured.truth.samples))
        assert.equal(#w.auth_samples // 3 + 1, #batch.groups(measured.truth.samples)[1].rows)
    end)

    it("does not ask who never answered", function()
        local w = three(but({ kind = "servfail" }, 3))
        w:auth("192.0.2.4", "ns4", world.always { kind = "timeout" })
        assert.equal(3, #(look(w))[1].targets)
    end)

    it("is not taken where the failures are enough to judge", function()
        assert.is_false(looks(three(but({ kind = "servfail" }, 3, 9, 15))))
        assert.is_false(looks(three(world.always { kind = "refused" })))
    end)

    it("is not taken for a pool, nor for loss that is everybody's", function()
        assert.is_false(looks(three(but(OLD, 3, 9, 12))))
        local lossy = but({ kind = "timeout" }, 3, 20)
        local w = world
            .new()
            :auth("192.0.2.1", "ns1", lossy)
            :auth("192.0.2.2", "ns2", lossy)
            :auth("192.0.2.3", "ns3", lossy)
        assert.is_false(looks(w))
    end)

    it("wants two lost packets of a resolver, or one error", function()
        local good = world.always(GOOD)
        local function with(say)
            return three(good):resolver("198.51.100.3", "Three", say)
        end
        assert.is_false(looks(with(but({ kind = "timeout" }, 3))))
        assert.is_true(looks(with(but({ kind = "timeout" }, 3, 9))))
        assert.is_true(looks(with(but({ kind = "servfail" }, 3))))
    end)

    it("is not taken by runs that were told how much to sample, nor by one of many", function()
        local w = three(but({ kind = "servfail" }, 3))
        assert.is_false(looks(w, { closer = false }))
        assert.is_false(looks(w, { common = {} }))
        assert.is_true(looks(w, { alone = true }))
    end)

    it("takes a third of the time left at most, and is not taken for less than the first look", function()
        local w = three(but({ kind = "servfail" }, 3))
        assert.equal(50, (look(w, { remaining = function() return 15 end }))[1].n)
        assert.is_false(looks(w, { remaining = function() return 8 end }))
    end)
end)
