-- SPDX-License-Identifier: MIT
-- Step `recursive` on hand-made ledgers: who is behind, and what only looks like it.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local always, grave, find = world.always, world.grave, world.find

local GOOD = { values = { "203.0.113.1" }, serial = 7 }

--- Three resolvers beside one good server; the third says what the test says.
local function with(third, more, auth)
    return world
        .new()
        :auth("192.0.2.1", "ns1", auth or always(GOOD))
        :auth("192.0.2.2", "ns2", auth or always(GOOD))
        :resolver("198.51.100.1", "One", always(GOOD))
        :resolver("198.51.100.2", "Two", always(GOOD))
        :resolver("198.51.100.3", "Three", third, more)
end

--- An answer that counts down from `ttl`, one second in seven samples.
local function counting(values, ttl)
    return function(i)
        return { values = values, ttl = ttl - math.floor(i * 0.15) }
    end
end

describe("healthy resolvers", function()
    it("are propagated", function()
        local found, out = with(always(GOOD)):judge("recursive")
        assert.same({}, grave(found))
        assert.equal("propagated", out.data.propagation.A.verdict)
    end)

    it("may give a pool in any order and part", function()
        local pool = function(i)
            return { values = { "203.0.113." .. i % 4 } }
        end
        assert.same({}, grave(with(pool, nil, pool):judge("recursive")))
    end)

    it("may be given another answer for their place, fetched when they were asked", function()
        local function two(ttl, length, serial)
            local w = with(
                counting({ "203.0.113.9" }, ttl),
                nil,
                always { values = { "203.0.113.1" }, ttl = length, serial = 7 }
            ):resolver("198.51.100.4", "Four", counting({ "203.0.113.9" }, ttl))
            return serial and w:origin("198.51.100.3", serial):origin("198.51.100.4", serial) or w
        end
        assert.same({}, grave(two(60, 60, 7):judge("recursive")))
        -- The same answer with a part of its TTL over, or one that lives long, is an old one.
        assert.same({ "recursive.divergence" }, grave(two(55, 60, 7):judge("recursive")))
        assert.same({ "recursive.divergence" }, grave(two(7200, 7200, 7):judge("recursive")))
        -- And so is one of a zone that its servers do not have: of servers that it has left. Or nobody asked.
        assert.same({ "recursive.divergence" }, grave(two(60, 60, 6):judge("recursive")))
        assert.same({ "recursive.divergence" }, grave(two(60, 60):judge("recursive")))
        -- One resolver alone may have kept it.
        assert.same(
            { "recursive.divergence" },
            grave(two(60, 60, 7):origin("198.51.100.4", 6):judge("recursive"))
        )
    end)

    it("may filter: EDE, sink address, NXDOMAIN without SOA are told as policy, not as divergence", function()
        for _, one in ipairs {
            { { kind = "nxdomain", ede = { 17 } } },
            { { values = { "0.0.0.0" } }, { filtering = "ads" } },
            { { kind = "nxdomain", soa = false }, { filtering = "malware" } },
        } do
            assert.same({ "recursive.filtered" }, grave(with(always(one[1]), one[2]):judge("recursive")))
        end
    end)

    it("may catch up while we look", function()
        local found = with(function(i)
            return { values = { i < 10 and "203.0.113.99" or "203.0.113.1" }, ttl = i < 10 and 2 or 300 }
        end):judge("recursive")
        assert.same({}, grave(found))
    end)

    it("may hold an old answer whose last seconds run out with the samples", function()
        assert.same({}, grave(with(counting({ "203.0.113.99" }, 6)):judge("recursive")))
        assert.same(
            { "recursive.divergence" },
            grave(with(counting({ "203.0.113.99" }, 60)):judge("recursive"))
        )
    end)

    it("may be given other addresses elsewhere, where the client's place decides", function()
        local w = with(always { values = { "203.0.113.200" } })
        w:elsewhere("192.0.2.1", "133.11.0.0/24", { values = { "203.0.113.50" } })
        assert.same({}, grave(w:judge("recursive")))
    end)

    it("may all differ: a pool that answers by place", function()
        local w = world.new():auth("192.0.2.1", "ns1", always { values = { "203.0.113.1" }, ttl = 60 })
        for i = 1, 4 do
            w:resolver("198.51.100." .. i, "R" .. i, always { values = { "203.0.113." .. 10 + i }, ttl = 60 })
        end
        assert.same({}, grave(w:judge("recursive")))
    end)

    it("may all lose the samples of one moment, but not of two", function()
        local function stalled_at(...)
            local moments = { ... }
            local w = world.new():auth("192.0.2.1", "ns1", always(GOOD))
            for n = 1, 4 do
                w:resolver("198.51.100." .. n, "R" .. n, function(i)
                    for _, at in ipairs(moments) do
                        if i == at or i == at + 1 then
                            return { kind = "timeout" }
                        end
                    end
                    return GOOD
                end)
            end
            return grave(w:judge("recursive"))
        end
        assert.same({}, stalled_at(10))
        assert.same({ "recursive.flapping" }, stalled_at(4, 22))
    end)

    it("may be silent for one moment", function()
        local function silent_at(...)
            local silent = {}
            for _, i in ipairs { ... } do
                silent[i] = { kind = "timeout" }
            end
            return grave(with(function(i)
                return silent[i] or GOOD
            end):judge("recursive"))
        end
        assert.same({}, silent_at(10, 11, 12, 13))
        assert.same({ "recursive.flapping" }, silent_at(3, 10, 17, 24))
    end)

    it("may be out of reach from here", function()
        local w = with(always { kind = "timeout" })
        w:resolver("198.51.100.9", "Far", function() end, nil, always { kind = "timeout" })
        local found = w:judge("recursive")
        assert.equal("info", find(found, "recursive.unreachable").severity)
    end)
end)

describe("faults", function()
    it("finds the resolver that is behind, within its TTL", function()
        local found, out = with(counting({ "203.0.113.99" }, 200)):judge("recursive")
        local finding = find(found, "recursive.divergence")
        assert.equal("198.51.100.3", finding.subject.server)
        assert.same({ "203.0.113.99" }, finding.facts.values)
        assert.equal("partial (2 of 3)", out.data.propagation.A.verdict)
        assert.truthy(finding.summary:find("within its TTL", 1, true))
    end)

    it("tells a remembered absence from an old value", function()
        local finding =
            find(with(always { kind = "nxdomain", ttl = 60 }):judge("recursive"), "recursive.divergence")
        assert.same({ "nxdomain" }, finding.facts.kinds)
        assert.truthy(finding.summary:find("there was none", 1, true))
    end)

    it("sees old data that is past its TTL", function()
        local finding = find(
            with(always { values = { "203.0.113.99" }, ttl = 30, ede = { 3 } }):judge("recursive"),
            "recursive.divergence"
        )
        assert.truthy(finding.summary:find("past its TTL", 1, true))
    end)

    it("sees several caches behind one address", function()
        local found = with(function(i)
            return i % 3 == 0 and { values = { "203.0.113.99" }, ttl = 90 - i // 7 } or
                { values = { "203.0.113.1" }, ttl = 250 - i // 7 }
        end):judge("recursive")
        local finding = find(found, "recursive.divergence")
        assert.equal(9, finding.stats.failures)
    end)

    -- What the third resolver, and a server of the zone, say to 40 questions after the survey.
    local function climbed(w, third, server)
        local samples, question = {}, { name = "shop.example.", type = "A" }
        for address, say in pairs { ["198.51.100.3"] = third, ["192.0.2.1"] = server or always(GOOD) } do
            local target = { address = address, port = 53 }
            for i = 1, 40 do
                local given = say(i)
                given.sent = w.start + 60 + i * 0.1
                samples[#samples + 1] = { target = target, question = question,
                    exchange = world.exchange(target, question, given, { aa = address == "192.0.2.1" }) }
            end
        end
        w.data["rate-limit"] = { climbs = batch.pack(samples) }
        return w
    end

    local function odd(from, to)
        return function(i)
            return { values = { i >= from and i <= to and "203.0.113.99" or "203.0.113.1" }, ttl = 90 }
        end
    end

    it("sees a cache that shows after the survey only", function()
        local found = climbed(with(always(GOOD)), odd(20, 20)):judge("recursive")
        assert.same({ "recursive.divergence 198.51.100.3" }, grave(found, true))
        assert.same(
            { 1, 69 },
            {
                find(found, "recursive.divergence").stats.failures,
                find(found, "recursive.divergence").stats.samples,
            }
        )
    end)

    it("does not take a change after the survey for an old cache", function()
        assert.same({}, grave(climbed(with(always(GOOD)), odd(20, 40)):judge("recursive")))
        assert.same({}, grave(climbed(with(always(GOOD)), odd(20, 30), odd(10, 20)):judge("recursive")))
        local function pool(i)
            return { values = { "203.0.113." .. i % 4 } }
        end
        assert.same({}, grave(climbed(with(pool, nil, pool), odd(20, 20)):judge("recursive")))
    end)

    it("adds what was lost of the control question", function()
        local w = with(function(i)
            return i % 15 == 0 and { kind = "timeout" } or { values = { "203.0.113.1" } }
        end)
        w:resolver("198.51.100.4", "Four", function(i)
            return i == 5 and { kind = "timeout" } or { values = { "203.0.113.1" } }
        end, nil, function(i)
            return i % 9 == 0 and { kind = "timeout" } or { values = { "a.root-servers.net." } }
        end)
        local found = w:judge("recursive")
        assert.same({ "recursive.flapping 198.51.100.4" }, grave(found, true))
        assert.same(
            { 4, 58 },
            {
                find(found, "recursive.flapping").stats.failures,
                find(found, "recursive.flapping").stats.samples,
            }
        )
        assert.same({ "timeout" }, find(found, "recursive.flapping").facts.kinds)
    end)

    it("calls a resolver flapping that fails now and then", function()
        local found = with(function(i)
            return i % 4 == 0 and { kind = "servfail" } or { values = { "203.0.113.1" } }
        end):judge("recursive")
        assert.same({ "recursive.flapping 198.51.100.3" }, grave(found, true))
        assert.same({ "servfail" }, find(found, "recursive.flapping").facts.kinds)
        -- The loop asks so often that it shows again: 7 of 29 may be 12 %.
        assert.truthy(
            find(found, "recursive.flapping").reproduce[1]:find(
                "for i in $(seq 23); do dig @198.51.100.3 shop.example. A ",
                1,
                true
            )
        )
    end)

    it("sees expired data while the zone's servers are silent", function()
        local found = with(always { values = { "203.0.113.1" }, ttl = 30, ede = { 3 } }, nil,
            always { kind = "timeout" }):judge("recursive")
        assert.truthy(find(found, "recursive.stale-served"))
        assert.is_nil(find(found, "recursive.divergence"))
    end)
end)
