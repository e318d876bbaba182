-- SPDX-License-Identifier: MIT
-- What goes with the failures of a run.
local attribution = require "dnsprobe.judge.tool.attribution"
local world = require "support.world"
local always = world.always

local GOOD = { values = { "203.0.113.1" } }

local function copied(given)
    return always(given)()
end

local function of(w)
    return attribution.of(world.provided { recursive = w:measured() })
end

local function every(k, bad)
    return function(i)
        return copied(i % k == 0 and { kind = bad } or GOOD)
    end
end

describe("attribution", function()
    it("says nothing where nothing failed", function()
        assert.is_nil(of(world.new():auth("192.0.2.1", "ns1", always(GOOD))))
    end)

    it("names the one server that fails, rather than its family or its kind", function()
        local w = world.new()
        w:auth("192.0.2.1", "ns1", always(GOOD)):auth("192.0.2.2", "ns2", always { kind = "timeout" })
        w:resolver("198.51.100.1", "One", always(GOOD))
        local a = of(w)
        assert.same({ "server", "192.0.2.2", 1 }, { a.attribute, a.value, a.explained.share })
        assert.equal(0, a.elsewhere.failures)
        assert.is_true(a.p < 0.001)
    end)

    it("names the family where one family fails", function()
        local w = world.new()
        w:auth("192.0.2.1", "ns1", always(GOOD)):auth("192.0.2.2", "ns2", always(GOOD))
        w:auth("2001:db8::1", "ns1", every(2, "timeout")):auth("2001:db8::2", "ns2", every(2, "timeout"))
        local a = of(w)
        assert.same({ "family", "v6" }, { a.attribute, a.value })
    end)

    it("names the type at the server where only one type fails there", function()
        local w = world.new { types = { "A", "AAAA" } }
        w:auth("192.0.2.1", "ns1", always(GOOD))
        w:auth("192.0.2.2", "ns2", function(_, type)
            return copied(type == "AAAA" and { kind = "refused", soa_kind = "data" } or GOOD)
        end)
        local a = of(w)
        assert.same({ "server and type", "192.0.2.2 AAAA" }, { a.attribute, a.value })
    end)

    it("names nothing where the failures are spread over everybody", function()
        local w = world.new()
        for i = 1, 6 do
            w:auth("192.0.2." .. i, "ns" .. i, every(10, "timeout"))
        end
        local a = of(w)
        assert.is_nil(a.attribute)
        assert.equal(24, a.failures)
    end)

    it("tells a burst from a constant rate", function()
        local function burst(i) return copied((i > 10 and i <= 18) and { kind = "timeout" } or GOOD) end
        local one = of(world.new():auth("192.0.2.1", "ns1", burst):auth("192.0.2.2", "ns2", always(GOOD)))
        assert.is_true(one.timing.bursts)
        assert.is_true(one.timing.last_s - one.timing.first_s < 2)
        local two = of(
            world.new():auth("192.0.2.1", "ns1", every(3, "timeout")):auth("192.0.2.2", "ns2", always(GOOD))
        )
        assert.is_false(two.timing.bursts)
    end)
end)
