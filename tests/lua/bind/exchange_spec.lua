-- SPDX-License-Identifier: MIT
-- Exchanges from Lua, against the lab inside the same process.
local dns = require "dnsprobe"
local lab = require "dnsprobe.lab.scenarios"
local task = require "dnsprobe.base.task"

local function in_lab(f)
    return function()
        task.run(function()
            local handle = lab.start(lab.load "healthy", { seed = 1 })
            dns.setup { port = handle.port, root_hints = handle.roots, stub = handle.stub,
                guard = { mode = "off" },
                timeout = 1, late = 0.2, linger = 0.01, qps = 0, qps_total = 0 }
            local ok, err = pcall(f, handle)
            handle.stop()
            assert(ok, err)
        end)
    end
end

local server = "127.53.2.1" -- ns1.shop.example of the scenario

describe("dns.exchange", function()
    it("checks its options", function()
        task.run(function()
            local function refuses(message, options)
                options.name, options.server = options.name or "a.b", options.server or "192.0.2.1"
                assert.error_matches(function() dns.exchange(options) end, message)
            end
            refuses("unknown option 'servr'; did you mean 'server'%?", { servr = "192.0.2.1" })
            refuses("'timeout' must be from 0.001", { timeout = 0 })
            refuses("'name'", { name = "a..b" })
            refuses("'server'", { server = "here" })
            refuses("udp, tcp", { transport = "carrier" })
            refuses("dns.query", { tries = 2 })
            refuses("edns = false", { edns = false, dnssec = true })
        end)
    end)

    it("reads each option as it is, whatever came before", in_lab(function(handle)
        for _ = 1, 3 do
            assert.equal(handle.port, dns.exchange { name = "shop.example", server = server }.server.port)
            assert.equal(1, dns.exchange { name = "shop.example", server = server, port = 1 }.server.port)
            local words = { A = "A", a = "A", MX = "MX", Mx = "MX", TYPE15 = "MX", ["A6"] = "A6" }
            for word, type in pairs(words) do
                local exchange = dns.exchange { name = "shop.example", server = server, type = word }
                assert.equal(type, exchange.question.type)
            end
            for _, word in ipairs { "", "A\0", "MXX", "TYPE99999" } do
                assert.error_matches(function()
                    dns.exchange { name = "a.b", server = server, type = word }
                end,
                    "option 'type' '.*' is not known")
            end
            for _, wrong in ipairs { "here", server .. "#", server .. "\0", "" } do
                assert.error_matches(function() dns.exchange { name = "a.b", server = wrong } end,
                    "option 'server' '.*' is no address")
            end
            assert.error_matches(function()
                dns.exchange { name = true, server = server }
            end, "must be a domain name, got bool")
            assert.error_matches(function() dns.exchange { name = "a.b", server = server, edns = 1 } end,
                "option 'edns' must be false or a table")
            assert.error_matches(function() dns.exchange { name = "a.b", server = server, [1] = 1 } end,
                "options are named, got a key of type number")
            assert.is_nil(dns.exchange { name = "shop.example", server = server, edns = false }.query.edns)
            assert.is_table(dns.exchange { name = "shop.example", server = server, edns = true }.query.edns)
            collectgarbage()
        end
        local there = setmetatable(
            {},
            { __index = { name = "shop.example", server = server, type = "NS", label = "first" } }
        )
        local x = dns.exchange(there)
        assert.same({ "answer", "NS", "first" }, { x.outcome, x.question.type, x.server.label })
    end))

    it("is not misled by a metatable that takes away what has been read", in_lab(function()
        local options
        -- strings that stand nowhere else
        local own = { server = server, subnet = ("192.0.%d.0/24"):format(2), transport = ("u%sp"):format "d" }
        options = setmetatable(own, {
            __index = function(_, key)
                options.subnet, options.transport = nil, nil
                for i = 1, 200 do
                    local _ = ("%d"):format(i):rep(20)
                end
                collectgarbage()
                return ({ name = "shop.example", type = "NS", cd = true })[key]
            end,
        })
        local x = dns.exchange(options)
        assert.same({ "answer", "NS", true }, { x.outcome, x.question.type, x.query.cd })
        assert.equal("CLIENT-SUBNET: 192.0.2.0/24/0", x.query.edns.options[1].text)
    end))

    it("refuses private destinations before anything is sent", function()
        dns.setup { guard = { mode = "public" } }
        task.run(function()
            local queries = dns.stats().queries
            local exchange, message, code = dns.exchange { name = "a.b", server = "127.0.0.1" }
            assert.is_nil(exchange)
            assert.matches("127.0.0.1", message)
            assert.equal("private", code)
            assert.equal("private", (select(3, dns.connect { address = "10.0.0.1", port = 443 })))
            assert.equal(queries, dns.stats().queries)
        end)
    end)

    it("sends a message without a question where that is asked for", in_lab(function()
        local x = dns.exchange {
            name = "shop.example",
            server = server,
            edns = false,
            opcode = 15,
            question = false,
            rd = false,
        }
        assert.same({ "answer", "NOTIMP", 12, 12 }, { x.outcome, x.response.rcode, x.query_size, x.size })
        assert.is_nil(x.question)
        assert.equal(0, #x.query.question)
        assert.equal("rcode", require("dnsprobe.dns.answers").of(x).kind)
    end))

    it("reads what is said twice once, and each who asks gets a table of its own", in_lab(function()
        local answers, borrowed = require "dnsprobe.dns.answers", require "dnsprobe.dns.answers.borrowed"
        local function ask(name) return dns.exchange { name = name, type = "SOA", server = server } end
        local one, two = ask "shop.example", ask "shop.example"
        local first = answers.of(one)
        first.kind, first.values[1] = "spoiled", "spoiled"
        assert.same({ "data", 1 }, { answers.of(two).kind, #answers.of(two).values })
        assert.not_equal("spoiled", answers.of(one).values[1])
        assert.equal(borrowed.of(one), borrowed.of(two))
        assert.equal("nxdomain", answers.of(ask "nothing.shop.example").kind)
    end))

    it("notes the addresses of an answer for each run, though it was noted before", in_lab(function()
        local answered = require "dnsprobe.guest.answered"
        local x = dns.exchange { name = "shop.example", type = "A", server = server }
        for _ = 1, 2 do
            answered.begin("shop.example.", {}, {})
            answered.note(answered.note(x))
            assert.is_true(answered.has "127.80.0.1")
            answered.finish "shop.example."
            assert.is_false(answered.has "127.80.0.1")
        end
    end))

    it("returns what came, field by field", in_lab(function(handle)
        local x =
            dns.exchange { name = "Shop.Example", type = "A", server = server, label = "one", nsid = true }
        assert.equal("answer", x.outcome)
        assert.same({ address = server, port = handle.port, label = "one" }, x.server)
        assert.same({ name = "Shop.Example.", type = "A", class = "IN" }, x.question)
        assert.is_true(x.rtt_us > 0 and x.size > 12 and x.query_size > 12 and x.sent_us > 0)
        assert.equal(x, x.attempts[1])
        local m = x.response
        assert.equal("NOERROR", m.rcode)
        assert.is_true(m.aa and m.flags.qr)
        assert.equal(m.answer, m.answer)
        assert.equal(m.answer[1].rdata, m.answer[1].fields.address)
        assert.equal("Shop.Example.", m.question[1].name)
        assert.equal("ns1.shop.example", m.edns.nsid)
        assert.is_nil(m.no_such_field)
    end))

    it("sends what it is told to", in_lab(function()
        local x = dns.exchange { name = "shop.example", server = server, rd = false, cd = true, qid = 4660,
            edns = { size = 4096, options = { { code = 65001, data = "\1\2" } } }, padding = 128 }
        assert.equal(4660, x.query.id)
        assert.is_false(x.query.rd)
        assert.is_true(x.query.cd)
        assert.equal(4096, x.query.edns.size)
        assert.same({ 65001, "\1\2" }, { x.query.edns.options[1].code, x.query.edns.options[1].data })
        assert.equal(128, x.query_size)
        assert.is_nil(dns.exchange { name = "shop.example", server = server, edns = false }.query.edns)
        assert.equal(
            "192.0.2.0",
            dns.exchange { name = "shop.example", server = server, subnet = "192.0.2.77/24" }
                .query.edns.ecs.address
        )
    end))

    it(
        "keeps a refused port and silence apart",
        in_lab(function()
            assert.equal("port-unreachable", dns.exchange { name = "a.b", server = "127.53.99.99" }.outcome)
            assert.equal(
                "connection-refused",
                dns.exchange { name = "a.b", server = "127.53.99.99", transport = "tcp" }.outcome
            )
        end)
    )

    it("is filled in at the first look, and whole under pairs", in_lab(function(handle)
        local x = dns.exchange { name = "shop.example", server = server, timeout = 0.5 }
        assert.is_nil(rawget(x, "server"))
        assert.equal(x.server, x.server)
        assert.equal(x.attempts, x.attempts)
        x.note = "mine"
        local all = {}
        for key, value in pairs(x) do
            all[key] = value
        end
        assert.same(
            { "answer", "udp", handle.port, "shop.example.", "mine", x.rtt_us, 0, x.response },
            {
                all.outcome,
                all.transport,
                all.server.port,
                all.question.name,
                all.note,
                all.rtt_us,
                #all.stray,
                all.response,
            }
        )
        assert.is_nil(all.errno)
        assert.is_nil(x.unheard_of)
    end))

    it("keeps its messages without the exchange, and misses them without harm", in_lab(function()
        local x = dns.exchange { name = "shop.example", server = server }
        local query, response = dns.exchange { name = "shop.example", server = server }.query, x.response
        x.query, x.response = nil, nil
        assert.is_nil(x.outcome)
        assert.is_nil(getmetatable(x).__index({}, "outcome"))
        assert.is_false(pcall(getmetatable(x).__index, 5, "outcome"))
        assert.is_false(pcall(getmetatable(response).__index, x, "id"))
        for _ = 1, 50 do
            dns.exchange { name = "www.shop.example", server = server }
        end
        collectgarbage()
        collectgarbage()
        assert.same({ "shop.example.", "shop.example." }, { query.question[1].name, response.answer[1].name })
    end))

    it("tells what came while it lingered", in_lab(function()
        local x = dns.query { name = "shop.example", server = "127.53.99.98", linger = 0.05, tries = 2 }
        assert.equal("port-unreachable", x.attempts[1].outcome)
        assert.equal(x.attempts[1], x.attempts[1].attempts[1])
        assert.is_nil(x.response)
        assert.same({}, x.stray)
        assert.is_true(dns.settle(2))
        assert.equal(x.stray, x.stray)
    end))

    it("settles when nothing lingers", in_lab(function()
        dns.exchange { name = "shop.example", server = server, linger = 0.05 }
        local started = dns.now()
        assert.is_true(dns.settle(2))
        assert.is_true(dns.now() - started > 0.02)
    end))
end)

describe("dns.query", function()
    it("lists its attempts", in_lab(function()
        local x = dns.query { name = "shop.example", server = "127.53.99.99", tries = 3 }
        assert.equal(3, #x.attempts)
        assert.equal(x, x.attempts[3])
        assert.is_true(x.attempts[1].query.id ~= nil)
    end))
end)

describe("dns.trace", function()
    it("walks to the zone", in_lab(function()
        local trace = dns.trace("shop.example", "A")
        assert.equal("answer", trace.status)
        assert.equal("shop.example.", trace.zone)
        assert.same({ ".", "example.", "shop.example." },
            { trace.levels[1].zone, trace.levels[2].zone, trace.levels[3].zone })
        assert.same({ server }, trace.parent.glue["ns1.shop.example."])
        assert.same({ server }, trace.child.addresses["ns1.shop.example."])
        local shared = false
        for _, exchange in ipairs(trace.exchanges) do
            shared = shared or exchange == trace.levels[3].servers[1].addresses[1].exchange
        end
        assert.is_true(shared)
    end))
end)

describe("dns.message", function()
    it("builds, parses and goes through JSON", function()
        local raw = dns.message.build { id = 7, flags = { qr = true, aa = true }, rcode = "NXDOMAIN",
            question = { { name = "shop.example", type = "MX" } },
            authority = { { name = "example", type = "NS", ttl = 60, rdata = "ns.example." } } }
        local m = assert(dns.message.from_wire(raw))
        assert.same(
            { 7, "NXDOMAIN", "ns.example." },
            { m.id, m.rcode, m.authority[1].fields.nsdname or m.authority[1].rdata }
        )
        local again = assert(dns.message.from_json(dns.message.to_json(m)))
        assert.equal(raw, again.wire)
        again =
            dns.message.to_json(assert(dns.message.from_wire(dns.message.build { id = 7, rcode = "NOTIMP" })))
        again.questionRRs = {} -- not marked as an array: what a recorded run has after it was read
        assert.equal(12, #assert(dns.message.from_json(again)).wire)
        local none, err = dns.message.from_wire(raw:sub(1, 20))
        assert.is_nil(none)
        assert.matches("offset", err)
    end)
end)
