-- SPDX-License-Identifier: MIT
-- Comparing answers: what counts, and what does not.
local answers = require "dnsprobe.dns.answers"
local match = require "dnsprobe.judge.match"
local truth = require "dnsprobe.judge.truth"
local world = require "support.world"
local always = world.always

local TARGET = { address = "192.0.2.1", port = 53 }

local function answer(given, type)
    return answers.of(
        world.exchange(TARGET, { name = "Shop.Example.", type = type or "A" }, given, { aa = true })
    )
end

describe("an answer", function()
    it("is the same in any order, with any TTL", function()
        local a = answer { values = { "203.0.113.2", "203.0.113.1" }, ttl = 5 }
        local b = answer { values = { "203.0.113.1", "203.0.113.2" }, ttl = 300 }
        assert.equal(a.key, b.key)
        assert.equal(5, a.ttl)
    end)

    it("is the same in any case of names, but not of text", function()
        assert.equal(answer({ values = { "10 Mail.Example." } }, "MX").key,
            answer({ values = { "10 mail.example." } }, "MX").key)
        assert.are_not.equal(
            answer({ values = { '"A"' } }, "TXT").key,
            answer({ values = { '"a"' } }, "TXT").key
        )
    end)

    it("keeps the ways of not answering apart", function()
        local seen = {}
        for _, kind in ipairs {
            "nodata",
            "nxdomain",
            "servfail",
            "refused",
            "timeout",
            "unreachable",
            "truncated",
        } do
            local one = answer { kind = kind }
            assert.equal(kind, one.kind)
            assert.is_nil(seen[one.key])
            seen[one.key] = true
        end
    end)

    it("follows a chain of aliases", function()
        local one = answer { cname = "CDN.example.", values = { "203.0.113.1" } }
        assert.same({ "shop.example.", "cdn.example." }, one.chain)
        assert.equal("data", one.kind)
        assert.equal("open", answer({ cname = "cdn.example." }).kind)
    end)

    it("that came late is an answer", function()
        local one = answer { kind = "late", values = { "203.0.113.1" } }
        assert.is_true(one.late)
        assert.is_true(answers.usable(one))
    end)

    it("gives the serial of a zone", function()
        local serial, mname =
            answers.serial(answer({ values = { "ns1.a. root.a. 2026112201 2 3 4 5" } }, "SOA"))
        assert.equal(2026112201, serial)
        assert.equal("ns1.a.", mname)
    end)
end)

local function truth_of(...)
    local w = world.new()
    for i, say in ipairs { ... } do
        w:auth("192.0.2." .. i, "ns" .. i, say)
    end
    return truth.of(w:measured().truth)
end

describe("the truth", function()
    it("of a fixed answer is that answer, whole", function()
        local one = truth_of(always { values = { "203.0.113.1", "203.0.113.2" } }).types.A
        assert.equal("same", match.of(one, answer { values = { "203.0.113.2", "203.0.113.1" } }))
        assert.equal("other", match.of(one, answer { values = { "203.0.113.1" } }))
        assert.equal("other", match.of(one, answer { kind = "nxdomain" }))
        assert.equal("unknown", match.of(one, answer { kind = "servfail" }))
    end)

    it("of a pool is everything that was seen", function()
        local one = truth_of(function(i)
            return { values = { "203.0.113." .. i % 3 } }
        end).types.A
        assert.equal("same", match.of(one, answer { values = { "203.0.113.0", "203.0.113.2" } }))
        assert.equal("other", match.of(one, answer { values = { "203.0.113.9" } }))
    end)

    it("of a pool that was not seen to its end leaves room for more members", function()
        local one = truth_of(function(i)
            return { values = { "203.0.113." .. (i * i * 7) % 53 } }
        end).types.A
        assert.equal("elsewhere", match.of(one, answer { values = { "203.0.113.200" } }))
        assert.equal("other", match.of(one, answer { kind = "nxdomain" }))
        -- One odd answer beside a fixed one is no pool.
        local odd = truth_of(function(i)
            return { values = { i == 3 and "203.0.113.2" or "203.0.113.1" } }
        end).types.A
        assert.equal("other", match.of(odd, answer { values = { "203.0.113.200" } }))
    end)

    it("lets DNS64 make IPv6 addresses of the zone's own where it has none", function()
        local function six(with, values)
            local w = world.new { types = { "A", "AAAA" } }
            w:auth("192.0.2.1", "ns1", function(_, type)
                return type == "A" and { values = { "203.0.113.1", "203.0.113.0" } } or with
            end)
            return match.of(truth.of(w:measured().truth).types.AAAA, answer({ values = values }, "AAAA"))
        end
        local none = { kind = "nodata" }
        assert.equal("same", six(none, { "64:ff9b::cb00:7101", "64:ff9b::cb00:7100" }))
        assert.equal("same", six(none, { "2001:db8:1:2:3:4:cb00:7101" }))
        assert.equal("other", six(none, { "64:ff9b::cb00:7102" }))
        assert.equal("other", six(none, { "2001:db8::1" }))
        assert.equal("other", six({ values = { "2001:db8::1" } }, { "64:ff9b::cb00:7101" }))
    end)

    it("leaves out what was said without authority", function()
        local one =
            truth_of(always { values = { "203.0.113.1" } }, always { values = { "203.0.113.9" }, aa = false })
        assert.is_nil(one.types.A.values["203.0.113.9"])
    end)

    it("ends where the zone's servers leave the chain to others", function()
        local short = always { cname = "cdn.test." }
        local long = always { cname = "cdn.test.", values = { "203.0.113.1" } }
        local all = truth_of(short, long)
        assert.is_false(truth.compare(all, "A").differ)
        assert.equal(
            "same",
            match.of(all.types.A, answer { cname = "cdn.test.", values = { "203.0.113.7" } })
        )
        assert.equal(
            "other",
            match.of(all.types.A, answer { cname = "old.test.", values = { "203.0.113.7" } })
        )
    end)
end)
