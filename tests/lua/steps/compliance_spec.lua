-- SPDX-License-Identifier: MIT
-- Step `compliance` on hand-made answers: what becomes a finding, what a note, and what must not be read into
-- loss.
local batch = require "dnsprobe.judge.tool.batch"
local ednstests = require "dnsprobe.judge.tool.ednstests"
local world = require "support.world"
local grave = world.grave

local SOA = { { name = "shop.example.", type = "SOA", rdata = "ns1. host. 1 2 3 4 5" } }

--- What a server that does everything right says.
local function good(test)
    return {
        rcode = test.rcode,
        answer = test.soa ~= false and SOA or {},
        tc = false,
        aa = test.soa ~= false,
        rd = false,
        ad = false,
        opcode_n = test.ask.opcode or 0,
        authority = {},
        edns = test.opt and {
            version = 0,
            flags = test.ask.dnssec and 0x8000 or 0,
            options = {},
            dnssec = test.ask.dnssec or false,
        } or nil,
    }
end

--- All tests at three servers; `say(address, id, try)` gives an outcome word, changes `response`, or leaves
--- it.
local function run(say)
    local samples, n = {}, 0
    for _, address in ipairs { "192.0.2.1", "192.0.2.2", "192.0.2.3" } do
        local target = { address = address, port = 53, name = address }
        for _, test in ipairs(ednstests.list) do
            local question = { test = test.id, name = "shop.example.", type = "SOA" }
            for try = 1, 3 do
                n = n + 1
                local response = good(test)
                local outcome = say(address, test.id, response, try) or "answer"
                local exchange = {
                    n = n,
                    sent = n,
                    outcome = outcome,
                    size = 100,
                    stray = {},
                    transport = "udp",
                    server = { address = address, port = 53 },
                    question = question,
                    response = outcome == "answer" and response or nil,
                }
                samples[#samples + 1] = { target = target, question = question, exchange = exchange }
                if #ednstests.deviations(test, exchange) == 0 then
                    break
                end
            end
        end
    end
    return world.new():judge("compliance", { zone = "shop.example.", tests = batch.pack(samples) })
end

describe("EDNS compliance", function()
    it("finds nothing at servers that do as they must, and shows a table of each", function()
        local found, out = run(function() end)
        assert.same({}, grave(found))
        assert.equal(3, #out.tables)
        assert.equal(#ednstests.list, #out.data.server_1)
    end)

    it("names the server that says FORMERR to EDNS", function()
        local found = run(function(address, id, response)
            if address == "192.0.2.2" and id ~= "plain" and id ~= "tcp" and id ~= "opcode" then
                response.rcode, response.edns, response.answer = "FORMERR", nil, {}
            end
        end)
        assert.same({ "path.edns-broken 192.0.2.2" }, grave(found, true))
        assert.equal("warning", found[1].severity)
    end)

    it("makes one critical finding of EDNS that vanishes at all servers", function()
        local found = run(function(_, id) return id:find("edns", 1, true) and "timeout" or nil end)
        assert.same({ "path.edns-broken" }, grave(found))
        assert.equal("critical", found[1].severity)
        assert.is_nil(found[1].subject.server)
    end)

    it(
        "blames EDNS for an SOA that is left out with it, and nobody for one that is left out always",
        function()
            local found = run(function(address, id, response)
                if address == "192.0.2.1" and id ~= "plain" and id ~= "tcp" or address == "192.0.2.2" then
                    response.answer, response.authority = {}, {}
                end
            end)
            assert.same({ "path.edns-broken 192.0.2.1" }, grave(found, true))
            assert.truthy(found[1].summary:find("EDNS 0 (no SOA)", 1, true))
        end
    )

    it("finds EDNS that vanishes over TCP alone, which is where truncated answers are fetched", function()
        local found = run(function(address, id)
            return address == "192.0.2.1" and id == "ednstcp" and "timeout" or
                address == "192.0.2.2" and (id == "tcp" or id == "ednstcp") and "timeout" or nil
        end)
        table.sort(found, function(a, b) return a.id < b.id end)
        assert.same({ "path.edns-broken 192.0.2.1", "path.tcp-blocked 192.0.2.2" }, grave(found, true))
        assert.truthy(found[1].summary:find("EDNS over TCP (timeout)", 1, true))
    end)

    it("takes one lost packet for loss", function()
        local found = run(function(_, id, _, try) return id == "edns" and try == 1 and "timeout" or nil end)
        assert.same({}, grave(found))
    end)

    it("notes an option that comes back, and blames nobody", function()
        local found, out = run(function(_, id, response)
            if id == "ednsopt" then
                response.edns.options = { { code = 100, data = "" } }
            end
        end)
        assert.same({}, grave(found))
        assert.truthy(out.notes[1]:find("unknown option echoed", 1, true))
    end)

    it("asks for DO only with signatures, and for TC or an SOA where 512 octets hold no keys", function()
        local _, out = run(function(address, id, response)
            if id == "do" then
                response.edns.dnssec = false
                response.answer = { SOA[1], address == "192.0.2.1" and { type = "RRSIG" } or nil }
            elseif id == "edns512" then
                response.answer, response.tc = {}, address == "192.0.2.1"
                response.authority = address == "192.0.2.2" and SOA or {}
            end
        end)
        assert.same(
            { "192.0.2.1: DO: DO not returned", "192.0.2.3: 512 bytes: neither data nor TC" },
            out.notes
        )
    end)

    it("notes an answer without AA, a copied RD, and another opcode", function()
        local _, out = run(function(address, id, response)
            response.aa = response.aa and not (id == "plain" and address == "192.0.2.1")
            response.rd = id == "plain" and address == "192.0.2.2"
            response.opcode_n = id == "opcode" and address ~= "192.0.2.3" and 15 or 0
        end)
        assert.same({ "192.0.2.1: plain DNS: no AA", "192.0.2.2: plain DNS: RD set",
            "192.0.2.3: unknown opcode: opcode 0" }, out.notes)
    end)

    it(
        "takes a truncated answer for what it is, and wants AA with data, not with BADVERS (RFC 8906, "
            .. "section 8)",
        function()
            local found, out = run(function(address, id, response)
                if id == "do" and address == "192.0.2.1" then
                    response.answer, response.tc = {}, true
                elseif
                    id == "edns" and address == "192.0.2.2" or id == "edns1" and address == "192.0.2.3"
                then
                    response.aa = not response.aa
                end
            end)
            assert.same({}, grave(found))
            assert.same({ "192.0.2.2: EDNS 0: no AA", "192.0.2.3: EDNS 1: AA set" }, out.notes)
        end
    )

    it("sends the unknown opcode as a header alone, and takes nothing but a header for the answer (RFC 8906, "
        .. "8.1.4)", function()
            local ask
            for _, test in ipairs(ednstests.list) do
            ask = test.id == "opcode" and test.ask or ask
        end
        assert.same({ edns = false, opcode = 15, question = false }, ask)
        local _, out = run(function(address, id, response)
            if id == "opcode" then
                response.aa = address == "192.0.2.1"
                response.authority = address == "192.0.2.2" and SOA or {}
            end
        end)
        assert.same(
            { "192.0.2.1: unknown opcode: AA set", "192.0.2.2: unknown opcode: authority not empty" },
            out.notes
        )
    end)

    it("says unknown, and why, where no server was asked", function()
        local found, out = run(function() return "canceled" end)
        assert.same({}, grave(found))
        assert.equal("unknown", out.status)
        assert.truthy(out.why:find("--allow private", 1, true))
    end)

    it("leaves a dead server alone, and says unknown where all are", function()
        local found, out = run(function() return "timeout" end)
        assert.same({}, grave(found))
        assert.equal("unknown", out.status)
    end)
end)
