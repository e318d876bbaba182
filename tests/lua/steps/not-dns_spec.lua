-- SPDX-License-Identifier: MIT
-- Steps `not-dns` and `stub-cache`: this host, its resolvers, and the application behind the answers.
local batch = require "dnsprobe.judge.tool.batch"
local world = require "support.world"
local always, grave, find = world.always, world.grave, world.find

local GOOD = { values = { "203.0.113.1" }, serial = 7 }

local function base(own, more)
    local w = world.new():auth("192.0.2.1", "ns1", always(GOOD)):auth("192.0.2.2", "ns2", always(GOOD))
        :resolver("198.51.100.1", "One", always(GOOD))
    return w:resolver("192.168.1.1", "router", own or always(GOOD), { host = true, filtering = false }, more)
end

local function not_dns(w, more)
    local data = {
        view = { hosts = {}, lookups = {} },
        identity = batch.pack {},
        decoys = batch.pack {},
        above = {},
        connections = {},
    }
    for key, value in pairs(more or {}) do
        data[key] = value
    end
    return (w:judge("not-dns", data))
end

local function stub_cache(w)
    return (w:judge("stub-cache", { caches = {}, plan = { steps = {} } }))
end

local function counting(value, from)
    return function(i)
        return { values = { value }, ttl = from - math.floor(i * 0.15) }
    end
end

describe("this host", function()
    it("is well when its resolver gives what the zone gives", function()
        assert.same({}, grave(not_dns(base())))
        assert.same({}, grave(stub_cache(base())))
    end)

    it("is decided by the hosts file", function()
        local found = not_dns(base(), { view = { lookups = {}, hosts = { { address = "203.0.113.99", line = 7,
            file = "/etc/hosts" } } } })
        assert.same({ "client.hosts-override" }, grave(found))
        assert.truthy(found[1].summary:find("/etc/hosts:7", 1, true))
    end)

    it("has a dead resolver beside a living one, or none at all", function()
        local w = base():resolver("192.168.1.99", "gone", always { kind = "timeout" }, { host = true },
            always { kind = "timeout" })
        assert.equal("warning", find(not_dns(w), "client.resolver-down").severity)
        w = base(always { kind = "timeout" }, always { kind = "timeout" })
        assert.equal("critical", find(not_dns(w), "client.resolver-down").severity)
    end)

    it("has a resolver that says no to everything, which is as good as none", function()
        local w = base():resolver("192.168.1.2", "no", always { kind = "refused" }, { host = true },
            always { kind = "refused" })
        local finding = find(not_dns(w), "client.resolver-down")
        assert.equal("warning", finding.severity)
        assert.equal("192.168.1.2", finding.subject.server)
        assert.truthy(finding.summary:find("REFUSED", 1, true))
        w = base(always { kind = "servfail" }, always { kind = "servfail" })
        assert.equal("critical", find(not_dns(w), "client.resolver-down").severity)
    end)

    it("has a resolver that knows the names of one zone or one link only, and is not down", function()
        assert.same({}, grave(not_dns(base(nil, always { kind = "refused" }))))
        local refused = always { kind = "refused" }
        assert.same(
            {},
            grave(
                not_dns(base():resolver("10.8.0.53", "vpn", refused, { host = true, link = "tun0" }, refused))
            )
        )
    end)

    it("has a resolver with a view of its own", function()
        assert.same({ "client.split-dns" }, grave(not_dns(base(always { values = { "10.1.2.3" } }))))
        assert.same({ "client.split-dns" }, grave(not_dns(base(always { kind = "nxdomain", soa = "corp." }))))
        assert.same(
            { "client.split-dns" },
            grave(not_dns(base(always { values = { "203.0.113.9" }, ttl = 300 })))
        )
    end)

    it("has a cache that is behind: then it is no split view", function()
        local old = counting("203.0.113.99", 900)
        assert.same({}, grave(not_dns(base(old))))
        assert.same({ "client.stale-cache" }, grave(stub_cache(base(old))))
    end)
end)

local function tried(...)
    local list = {}
    for i, outcome in ipairs { ... } do
        list[i] = { address = "203.0.113." .. i, port = 443, tls = true,
            result = { outcome = outcome, connect_us = 9000, reason = "" } }
    end
    return { connections = list }
end

describe("the application", function()
    it("is well, or was not asked", function()
        assert.same({}, grave(not_dns(base(), tried("ok", "ok"))))
        assert.same({}, grave(not_dns(base(), tried())))
    end)

    it("refuses at one address or at all", function()
        assert.equal("warning", find(not_dns(base(), tried("ok", "refused")), "app.connect-refused").severity)
        assert.equal(
            "critical",
            find(not_dns(base(), tried("refused", "refused")), "app.connect-refused").severity
        )
    end)

    it("is silent, or fails in TLS", function()
        assert.same({ "app.connect-timeout" }, grave(not_dns(base(), tried("timeout", "ok"))))
        assert.same({ "app.tls-failure" }, grave(not_dns(base(), tried("tls-expired", "ok"))))
    end)
end)

describe("the way", function()
    it("answers from an address at which nobody lives", function()
        local target, question = { address = "192.0.2.53", port = 53 }, { name = "shop.example.", type = "A" }
        local decoy = batch.pack { { target = target, question = question,
            exchange = world.exchange(target, question, GOOD, { ra = true }) } }
        assert.same({ "path.intercepted" }, grave(not_dns(base(), { decoys = decoy })))
    end)

    it("answers in a root server's place", function()
        local target, question = { address = "198.41.0.4", port = 53 }, { name = "shop.example.", type = "A" }
        local above = {
            {
                name = "a.root-servers.net.",
                address = "198.41.0.4",
                exchange = world.exchange(
                    target,
                    question,
                    { values = { "203.0.113.1" } },
                    { aa = false, ra = true }
                ),
            },
        }
        assert.same({ "path.intercepted" }, grave(not_dns(base(), { above = above })))
    end)
end)
