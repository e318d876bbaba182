-- SPDX-License-Identifier: MIT
-- Step `nameservers` on hand-made ledgers: each fault, and beside it the healthy thing that looks like it.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local always, grave, find = world.always, world.grave, world.find

local GOOD = { values = { "203.0.113.1" }, serial = 7 }
local OLD = { values = { "203.0.113.99" }, serial = 6 }

local function three(a, b, c)
    return world.new():auth("192.0.2.1", "ns1", a):auth("192.0.2.2", "ns2", b):auth("192.0.2.3", "ns3", c)
end

describe("healthy zones", function()
    it("says nothing when all is well", function()
        assert.same({}, grave(three(always(GOOD), always(GOOD), always(GOOD)):judge("nameservers")))
    end)

    it("does not take a zone for healthy none of whose servers was asked", function()
        local never = always { kind = "canceled", soa_kind = "canceled" }
        local found, out = three(never, never, never):judge("nameservers")
        assert.same({}, grave(found))
        assert.equal("unknown", out.status)
    end)

    it("takes round robin of whole sets for what it is", function()
        local function rotate(i)
            return {
                values = i % 2 == 0 and { "203.0.113.1", "203.0.113.2" } or { "203.0.113.2", "203.0.113.1" },
            }
        end
        assert.same({}, grave(three(rotate, rotate, rotate):judge("nameservers")))
    end)

    it("takes a pool that gives one of three for what it is", function()
        local function pool(shift)
            return function(i)
                return { values = { "203.0.113." .. (i * 7 + shift) % 3 + 1 } }
            end
        end
        assert.same({}, grave(three(pool(0), pool(1), pool(2)):judge("nameservers")))
    end)

    it("takes a pool with a rare member for what it is", function()
        local function rare(at)
            return function(i)
                return { values = { i == at and "203.0.113.2" or "203.0.113.1" } }
            end
        end
        assert.same({}, grave(three(rare(3), rare(20), rare(0)):judge("nameservers")))
    end)

    it("takes a weighted pool at one server only for a pool", function()
        local w = world.new():auth("192.0.2.1", "ns1", function(i)
            return { values = { i % 4 == 0 and "203.0.113.2" or "203.0.113.1" } }
        end)
        assert.same({}, grave(w:judge("nameservers")))
    end)

    it("takes a zone that is updated during the run for what it is", function()
        local function updated(at)
            return function(i)
                return i < at and { values = { "203.0.113.1" }, serial = 7 } or
                    { values = { "203.0.113.2" }, serial = 8 }
            end
        end
        assert.same({}, grave(three(updated(8), updated(12), updated(17)):judge("nameservers")))
    end)

    it("takes machines behind one address for one that take up each change a moment after another", function()
        local function machines(stuck)
            -- The serial goes on with every fourth answer; machines are up to four answers late
            return function(i)
                return {
                    values = { "203.0.113." .. i * 7 % 5 },
                    serial = stuck and i % 3 == 0 and stuck or 100 + (i + 4 - i % 3 * 2) // 4,
                }
            end
        end
        local well = machines()
        assert.same({}, grave(three(well, well, well):judge("nameservers")))
        assert.same({ "auth.node-divergence" }, grave(three(well, well, machines(99)):judge("nameservers")))
    end)

    it("does not blame servers for IPv6 that the vantage lacks", function()
        local w = world.new():auth("192.0.2.1", "ns1", always(GOOD))
            :auth("2001:db8::1", "ns1", always { kind = "timeout" })
        assert.same({}, grave(w:judge("nameservers")))
    end)

    it("takes servers that look at who asks for what they are, where IPv4 and IPv6 count for different "
        .. "places", function()
            local west, east = always(GOOD), always { values = { "203.0.113.2" }, serial = 7 }
            assert.same(
            {},
            grave(
                world
                    .new()
                    :auth("192.0.2.1", "ns1", west)
                    :auth("2001:db8::1", "ns1", east)
                    :auth("192.0.2.2", "ns2", west)
                    :judge("nameservers")
            )
        )
        -- The same split between servers, or between versions of the zone, is a difference.
        assert.same({ "auth.ns-divergence" }, grave(world.new():auth("192.0.2.1", "ns1", west)
            :auth("2001:db8::1", "ns2", east):auth("192.0.2.2", "ns3", west):judge("nameservers")))
        assert.same(
            { "auth.ns-divergence", "auth.serial-mismatch" },
            grave(
                world
                    .new()
                    :auth("192.0.2.1", "ns1", west)
                    :auth("2001:db8::1", "ns1", always(OLD))
                    :auth("192.0.2.2", "ns2", west)
                    :judge("nameservers")
            )
        )
    end)

    it("does not compare serials of different primaries", function()
        local w = three(always(GOOD), always(GOOD), always { values = { "203.0.113.1" }, serial = 2024,
            mname = "other.example." })
        assert.same({}, grave(w:judge("nameservers")))
    end)

    it("takes a pool shared out between the servers of a CDN for what it is", function()
        local function own(n)
            return always { values = { "203.0.113." .. n }, ttl = 20, serial = 5 }
        end
        assert.same({}, grave(three(own(1), own(2), own(3)):judge("nameservers")))
    end)

    it("does not take one lost packet for a fault", function()
        local w = three(function(i)
            return i == 4 and { kind = "timeout" } or { values = { "203.0.113.1" }, serial = 7 }
        end, always(GOOD), always(GOOD))
        assert.same({}, grave(w:judge("nameservers")))
    end)
end)

describe("faults", function()
    it("finds the server with old data by its serial", function()
        local found = three(always(GOOD), always(OLD), always(OLD)):judge("nameservers")
        local finding = find(found, "auth.ns-divergence")
        assert.equal("192.0.2.2", finding.subject.server)
        assert.same({ "192.0.2.2", "192.0.2.3" }, finding.facts.servers)
        assert.same({ "203.0.113.99" }, finding.facts.values)
        assert.truthy(find(found, "auth.serial-mismatch"))
    end)

    it("takes a server for late, not for wrong, that has the new data by the end of the run", function()
        local function judged(later, last)
            local w = three(always(GOOD), always(GOOD), always(OLD))
            local target, samples = { address = "192.0.2.3", port = 53 }, {}
            for i = 1, 8 do
                local question = { name = "shop.example.", type = "A", cell = "plain" }
                local given = i < 3 and OLD or i == 8 and last or later
                samples[i] = {
                    target = target,
                    question = question,
                    exchange = world.exchange(
                        target,
                        question,
                        { values = given.values, sent = i },
                        { aa = true }
                    ),
                }
            end
            w.data.transport = { auth = batch.pack(samples), matrix_resolvers = batch.pack {} }
            return grave(w:judge("nameservers"))
        end
        assert.same({}, judged(GOOD))
        assert.same({ "auth.ns-divergence", "auth.serial-mismatch" }, judged(OLD))
        assert.same({ "auth.ns-divergence", "auth.serial-mismatch" }, judged(GOOD, OLD))
    end)

    it("prints a line without EDNS for a server that answers without it only", function()
        local w = three(always(GOOD), always { kind = "timeout" }, always(GOOD))
        local old = world.new():auth("192.0.2.2", "ns2", always(OLD)):zone_measured().samples
        local truth = w:zone_measured()
        truth.plain = old
        local finding = find(w:judge("nameservers", { truth = truth }), "auth.ns-divergence")
        assert.equal("192.0.2.2", finding.subject.server)
        assert.truthy(finding.reproduce[1]:find("@192.0.2.2 .*%+noedns"))
        assert.is_nil(finding.reproduce[2]:find("+noedns", 1, true))
    end)

    it("finds the odd server out where serials agree", function()
        local found = three(always(GOOD), always(GOOD), always { values = { "203.0.113.99" }, serial = 7 })
            :judge("nameservers")
        assert.same({ "auth.ns-divergence 192.0.2.3" }, grave(found, true))
    end)

    it("finds a server that says the name is not there", function()
        local found =
            three(always(GOOD), always { kind = "nxdomain", serial = 7 }, always(GOOD)):judge("nameservers")
        assert.same({ "auth.ns-divergence 192.0.2.2" }, grave(found, true))
    end)

    it("finds an old member in the pool of one server", function()
        local function pool(last)
            return function(i)
                local n = (i * 5) % 3
                return { values = { n == 2 and last or "203.0.113." .. n } }
            end
        end
        local found =
            three(pool("203.0.113.7"), pool("203.0.113.7"), pool("203.0.113.99")):judge("nameservers")
        assert.same({ "auth.ns-divergence" }, grave(found))
    end)

    it("finds two machines behind one address by their serials", function()
        local found = three(always(GOOD), always(GOOD), function(i)
            return i % 3 == 0 and { values = { "203.0.113.99" }, serial = 6 } or { values = { "203.0.113.1" },
                serial = 7 }
        end):judge("nameservers")
        local finding = find(found, "auth.node-divergence")
        assert.equal("192.0.2.3", finding.subject.server)
        assert.equal(9, finding.stats.failures)
        assert.is_nil(find(found, "auth.ns-divergence"))
    end)

    it("finds two machines behind the only address by NSID", function()
        local w = world.new():auth("192.0.2.1", "ns1", function(i)
            local even = i % 2 == 0
            return { values = { even and "203.0.113.1" or "203.0.113.2" }, nsid = even and "a" or "b" }
        end)
        assert.same({ "auth.node-divergence" }, grave(w:judge("nameservers")))
    end)

    it("finds the server that stands still while the zone goes on", function()
        local function at(offset)
            return function(i)
                return { values = { "203.0.113.1" }, serial = 100 + (i + offset) // 5 }
            end
        end
        local function still(serial)
            return three(at(5), at(4), always { values = { "203.0.113.1" }, serial = serial }):judge(
                "nameservers"
            )
        end
        assert.same({ "auth.serial-mismatch 192.0.2.3" }, grave(still(90), true))
        assert.same({}, grave(still(101))) -- may yet take up what came in during the run
    end)

    it("says that serials differ when answers agree", function()
        local found = three(always(GOOD), always { values = { "203.0.113.1" }, serial = 6 }, always(GOOD))
            :judge("nameservers")
        assert.same({ "auth.serial-mismatch 192.0.2.2" }, grave(found, true))
    end)

    it("calls a server lame that refuses, or answers without authority", function()
        local found = three(always(GOOD), always { kind = "refused" }, always(GOOD)):judge("nameservers")
        assert.same({ "auth.lame 192.0.2.2" }, grave(found, true))
        found = three(always(GOOD), always { values = { "203.0.113.1" }, aa = false }, always(GOOD))
            :judge("nameservers")
        assert.same({ "auth.lame 192.0.2.2" }, grave(found, true))
    end)

    it("calls a dead server a warning, and all of them critical", function()
        local found = three(always(GOOD), always { kind = "timeout" }, always(GOOD)):judge("nameservers")
        assert.same({ "auth.ns-unreachable 192.0.2.2" }, grave(found, true))
        assert.equal("warning", found[1].severity)
        found = three(
            always { kind = "timeout" },
            always { kind = "timeout" },
            always { kind = "unreachable" }
        ):judge("nameservers")
        assert.equal("critical", find(found, "auth.ns-unreachable").severity)
        assert.is_true(find(found, "auth.ns-unreachable").facts.all)
    end)

    it("calls a server that loses alone flapping, and loss everywhere the path's", function()
        local function loses(every)
            return function(i)
                return i % every == 0 and { kind = "timeout" } or { values = { "203.0.113.1" }, serial = 7 }
            end
        end
        assert.same({ "auth.ns-flapping 192.0.2.2" },
            grave(three(always(GOOD), loses(4), always(GOOD)):judge("nameservers"), true))
        assert.same({ "path.loss" }, grave(three(loses(6), loses(7), loses(5)):judge("nameservers")))
    end)

    it("calls a server that sometimes fails flapping", function()
        local found = three(always(GOOD), always(GOOD), function(i)
            return i % 5 == 0 and { kind = "servfail" } or { values = { "203.0.113.1" }, serial = 7 }
        end):judge("nameservers")
        assert.same({ "auth.ns-flapping 192.0.2.3" }, grave(found, true))
    end)

    it("never takes a late answer for loss", function()
        local found = three(always(GOOD), always(GOOD), function(i)
            return { values = { "203.0.113.1" }, serial = 7, kind = i % 4 == 0 and "late" or nil }
        end):judge("nameservers")
        assert.same({ "path.slow 192.0.2.3" }, grave(found, true))
    end)

    it("blames nobody when port 53 to the outside is filtered", function()
        local w = three(always { kind = "timeout" }, always { kind = "timeout" }, always { kind = "timeout" })
        w.walk.v4.answered = 0
        w:resolver("10.0.0.1", "own", always(GOOD), { host = true })
        local found, out = w:judge("nameservers")
        assert.same({}, grave(found))
        assert.truthy(find(found, "path.blocked"))
        assert.equal("unknown", out.status)
    end)

    it("blames nobody either where one public resolver may be asked beside it", function()
        local w = three(always { kind = "timeout" }, always { kind = "timeout" }, always { kind = "timeout" })
        w.walk.v4.answered = 0
        w:resolver("8.8.8.8", "Google", always(GOOD))
            :resolver("10.0.0.1", "own", always(GOOD), { host = true })
        local found = w:judge("nameservers")
        assert.same({}, grave(found))
        assert.truthy(find(found, "path.blocked").summary:find("Google", 1, true))
    end)
end)

describe("loss that comes in a burst", function()
    --- A matrix of the zone's servers and of resolvers, in which each loses what `lost(id)` says of 24
    --- samples.
    local function matrix(lost)
        local parts = { auth = {}, matrix_resolvers = {} }
        for _, address in ipairs { "192.0.2.1", "192.0.2.2", "198.51.100.1", "198.51.100.2" } do
            local resolver = address:match("^198") ~= nil
            local target, list =
                { address = address, port = 53 }, resolver and parts.matrix_resolvers or parts.auth
            for i = 1, 48 do
                local question =
                    { name = "shop.example.", type = "A", cell = i % 2 == 0 and "plain" or "edns1232" }
                list[#list + 1] = {
                    target = target,
                    question = question,
                    exchange = world.exchange(
                        target,
                        question,
                        i <= lost(resolver) and { kind = "timeout" } or GOOD,
                        { aa = not resolver, ra = resolver }
                    ),
                }
            end
        end
        return { auth = batch.pack(parts.auth), matrix_resolvers = batch.pack(parts.matrix_resolvers) }
    end

    local function judged(lost)
        local w = world
            .new()
            :auth("192.0.2.1", "ns1", always(GOOD))
            :auth("192.0.2.2", "ns2", always(GOOD))
            :resolver("198.51.100.1", "One", always(GOOD))
            :resolver("198.51.100.2", "Two", always(GOOD))
        w.data.transport = matrix(lost)
        return (w:judge("nameservers"))
    end

    it("is the path's, though the survey was spared", function()
        local found = judged(function() return 12 end)
        assert.same({ "path.loss" }, grave(found))
        assert.equal(48, found[1].stats.failures)
    end)

    it("is not the path's where only the zone's servers lose", function()
        assert.same({}, grave(judged(function(resolver) return resolver and 0 or 12 end)))
        assert.same({}, grave(judged(function() return 0 end)))
    end)
end)
