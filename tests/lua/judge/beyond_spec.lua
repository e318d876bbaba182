-- SPDX-License-Identifier: MIT
-- A name that is an alias into another zone: the servers there count as much, its answers only where they
-- stand still.
local world = require "support.world"
local always = world.always

local OLD, NEW = { "203.0.113.66" }, { "203.0.113.1", "203.0.113.2" }

--- www.shop.example. is an alias of pool.cdn.test., which two servers of cdn.test. answer for.
local function aliased(say1, say2)
    local w = world.new { name = "www.shop.example." }
    w:auth("192.0.2.1", "ns1", always { cname = "pool.cdn.test." })
    w:auth("192.0.2.2", "ns2", always { cname = "pool.cdn.test." })
    local link = w:link("pool.cdn.test.", "cdn.test.")
    link:auth("198.51.100.1", "a", say1)
    link:auth("198.51.100.2", "b", say2)
    return w
end

local function resolver(w, number, values, ttl)
    return w:resolver("198.18.0." .. number, "R" .. number, function(i)
        return { cname = "pool.cdn.test.", values = values, ttl = (ttl or 60) - i }
    end)
end

describe("an alias that leaves the zone", function()
    it("is in order when the servers it leads to are", function()
        local w = resolver(aliased(always { values = NEW }, always { values = NEW }), 1, NEW)
        assert.same({}, world.grave((w:judge("nameservers"))))
        assert.same({}, world.grave((w:judge("recursive"))))
    end)

    it("shows a dead, a lame and a differing server of that zone", function()
        for what, id in pairs { timeout = "auth.ns-unreachable", refused = "auth.lame" } do
            local w = resolver(aliased(always { values = NEW }, always { kind = what }), 1, NEW)
            local found = w:judge("nameservers")
            assert.same({ id }, world.grave(found))
            assert.equal("198.51.100.2", world.find(found, id).subject.server)
        end
        local w = resolver(aliased(always { values = NEW }, always { values = OLD }), 1, NEW)
        local found = w:judge("nameservers")
        assert.same({ "auth.ns-divergence" }, world.grave(found))
        assert.equal("pool.cdn.test.", world.find(found, "auth.ns-divergence").subject.name)
    end)

    it("blames no content network that answers by place", function()
        local w = aliased(always { values = NEW, ttl = 20 }, always { values = OLD, ttl = 20 })
        resolver(resolver(w, 1, { "203.0.113.77" }, 20), 2, { "203.0.113.78" }, 20)
        assert.same({}, world.grave((w:judge("nameservers"))))
        assert.same({}, world.grave((w:judge("recursive"))))
    end)

    it("does not mind the serials of another party", function()
        local w = aliased(always { values = NEW, serial = 7 }, always { values = NEW, serial = 3 })
        assert.same({}, world.grave((w:judge("nameservers"))))
    end)

    it("shows a resolver that kept an old, long-lived answer", function()
        local function long() return { values = NEW, ttl = 7200 } end
        local w = aliased(long, long)
        resolver(resolver(w, 1, NEW, 7200), 2, OLD, 7200)
        local found = w:judge("recursive")
        assert.same({ "recursive.divergence" }, world.grave(found))
        assert.equal("198.18.0.2", world.find(found, "recursive.divergence").subject.server)
    end)

    it("does not call a short-lived foreign answer old", function()
        local w = aliased(always { values = NEW, ttl = 60 }, always { values = NEW, ttl = 60 })
        assert.same({}, world.grave((resolver(resolver(w, 1, NEW), 2, OLD):judge("recursive"))))
    end)
end)
