-- SPDX-License-Identifier: MIT
-- Step `delegation`: parent against child, and glue against the servers' own addresses.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local always, grave, find = world.always, world.grave, world.find

local GOOD = { values = { "203.0.113.1" }, serial = 7 }
local NS1, NS2 = "ns1.shop.example.", "ns2.shop.example."

local function own_samples(own)
    local target, samples = { address = "192.0.2.1", port = 53 }, {}
    for name, by_type in pairs(own) do
        for type, given in pairs(by_type) do
            local question = { name = name, type = type }
            samples[#samples + 1] = { target = target, question = question,
                exchange = world.exchange(target, question, given, { aa = true }) }
        end
    end
    return batch.pack(samples)
end

--- Judge a delegation; `change` edits parent, child and own addresses before.
local function judge(change, servers)
    local trace = {
        zone = "shop.example.",
        status = "answer",
        levels = {
            {
                zone = "example.",
                servers = { { name = "a.nic.example.", address = "194.0.6.1", kind = "referral" } },
            },
            { zone = "shop.example.", servers = {} },
        },
        parent = {
            zone = "example.",
            ns = { NS1, NS2 },
            glue = { [NS1] = { "192.0.2.1" }, [NS2] = { "192.0.2.2" } },
        },
        child = { ns = { NS2, "NS1.Shop.example." }, addresses = {} },
    }
    local own = {
        [NS1] = { A = { values = { "192.0.2.1" } }, AAAA = { kind = "nodata" } },
        [NS2] = { A = { values = { "192.0.2.2" } }, AAAA = { kind = "nodata" } },
    }
    if change then
        change(trace, own)
    end
    local w = world.new()
    for address, given in pairs(servers or { ["192.0.2.1"] = GOOD, ["192.0.2.2"] = GOOD }) do
        w:auth(address, "ns", always(given))
    end
    return (w:judge("delegation", { trace = trace, own = own_samples(own) }))
end

describe("a delegation that is right", function()
    it("gives no finding, whatever the order and case of names", function()
        assert.same({}, grave(judge()))
    end)

    it("needs no glue for servers outside the zone", function()
        assert.same({}, grave(judge(function(trace)
            trace.parent.ns[2], trace.child.ns[1], trace.parent.glue[NS2] =
                "ns.host.test.", "ns.host.test.", nil
        end)))
    end)

    it("may lack the IPv6 glue of a server", function()
        assert.same({}, grave(judge(function(_, own)
            own[NS1].AAAA = { values = { "2001:db8::1" } }
        end)))
    end)

    it("is not judged by an address that nobody could be asked about", function()
        assert.same({}, grave(judge(function(trace, own)
            trace.parent.glue[NS2] = { "192.0.2.2", "2001:db8::2" }
            own[NS2].AAAA = { kind = "timeout" }
        end)))
    end)
end)

describe("a delegation that is wrong", function()
    it("has glue that leads to other data", function()
        local found = judge(function(trace)
            trace.parent.glue[NS2] = { "192.0.2.66" }
        end, { ["192.0.2.1"] = GOOD, ["192.0.2.2"] = GOOD, ["192.0.2.66"] = { values = { "203.0.113.99" } } })
        local finding = find(found, "delegation.glue-mismatch")
        assert.equal("critical", finding.severity)
        assert.equal("192.0.2.66", finding.subject.server)
        assert.same({ "203.0.113.99" }, finding.facts.values)
    end)

    it("has old glue at one of the parent's servers only", function()
        local found = judge(function(trace)
            local function referral(address, name, glue)
                local target, question =
                    { address = address, port = 53 }, { name = "shop.example.", type = "A" }
                local exchange = world.exchange(target, question, {}, {})
                exchange.response.additional[1] =
                    { name = NS2, type = "A", class = "IN", ttl = 86400, rdata = glue }
                return { name = name, address = address, kind = "referral", exchange = exchange }
            end
            trace.levels[1].servers = { referral("194.0.6.1", "a.nic.example.", "192.0.2.2"),
                referral("194.0.6.2", "b.nic.example.", "192.0.2.66") }
            trace.parent.glue[NS2] = { "192.0.2.2", "192.0.2.66" }
        end, { ["192.0.2.1"] = GOOD, ["192.0.2.2"] = GOOD, ["192.0.2.66"] = { values = { "203.0.113.99" } } })
        local finding = find(found, "delegation.glue-mismatch")
        assert.truthy(
            finding.summary:find("1 of 2 of the parent's servers (b.nic.example (194.0.6.2))", 1, true)
        )
        assert.truthy(finding.reproduce[1]:find("@194.0.6.2", 1, true))
    end)

    it("works by luck while the old address still answers alike", function()
        local found = judge(function(trace)
            trace.parent.glue[NS2] = { "192.0.2.66" }
        end, { ["192.0.2.1"] = GOOD, ["192.0.2.2"] = GOOD, ["192.0.2.66"] = GOOD })
        assert.equal("warning", find(found, "delegation.glue-mismatch").severity)
    end)

    it("lacks glue that is needed", function()
        local found = judge(function(trace)
            trace.parent.glue[NS2] = nil
        end)
        assert.same({ NS2 }, find(found, "delegation.glue-missing").facts.names)
    end)

    it("names other servers than the zone", function()
        local found = judge(function(trace)
            trace.child.ns[3] = "ns3.shop.example."
        end)
        assert.same({ "delegation.ns-mismatch" }, grave(found))
    end)
end)

describe("a server whose name leads nowhere", function()
    local names = require "dnsprobe.judge.tool.delegated"

    local function walk(probes)
        return {
            zone = "shop.example.",
            probes = probes,
            levels = {
                {
                    zone = "shop.example.",
                    servers = {
                        { name = NS1, unresolved = false, in_delegation = true },
                        { name = "ns.gone.test.", unresolved = true, in_delegation = true },
                    },
                },
            },
        }
    end
    local function probe(type, kind)
        return { purpose = "resolve", name = "NS.gone.test.", type = type, kind = kind,
            address = "192.0.2.9" }
    end

    it("is told from one that could not be looked up", function()
        assert.same({}, names.without_address(walk { probe("A", "timeout") }))
        assert.same({}, names.without_address(walk { probe("A", "nodata"), probe("AAAA", "timeout") }))
        assert.equal("nxdomain", names.without_address(walk { probe("A", "nxdomain") })[1].said)
        assert.equal(
            "nodata",
            names.without_address(walk { probe("A", "nodata"), probe("AAAA", "nodata") })[1].said
        )
    end)

    it("is told from one that only the zone lists, which is another fault", function()
        local trace = walk { probe("A", "nxdomain") }
        trace.levels[1].servers[2].in_delegation = false
        assert.same({}, names.without_address(trace))
    end)

    it("is reported, because nobody can ask it", function()
        local found = judge(function(trace)
            trace.parent.ns[3], trace.child.ns[3] = "ns.gone.test.", "ns.gone.test."
            trace.without_address = { { name = "ns.gone.test.", said = "nxdomain", address = "192.0.2.9" } }
        end)
        assert.same({ "auth.ns-unreachable" }, grave(found))
        assert.equal("warning", find(found, "auth.ns-unreachable").severity)
        assert.equal("ns.gone.test.", find(found, "auth.ns-unreachable").subject.name)
    end)
end)
