-- SPDX-License-Identifier: MIT
-- dig's words in any order, and one clear line for each that is wrong.
local digwords = require "dnsprobe.cli.tool.digwords"
local exit = require "dnsprobe.base.exit"

local function parse(line)
    local words = {}
    for word in line:gmatch("%S+") do
        words[#words + 1] = word
    end
    return digwords.parse(words)
end

describe("digwords", function()
    it("reads name, type, class and server in any order", function()
        for _, line in ipairs {
            "shop.example MX @192.0.2.1",
            "@192.0.2.1 shop.example mx",
            "mx shop.example @192.0.2.1",
            "-t MX -q shop.example @192.0.2.1",
            "-tMX shop.example @192.0.2.1",
        } do
            local q = parse(line)
            assert.same({ "shop.example", "MX", "192.0.2.1" }, { q.name, q.type, q.server }, line)
        end
        assert.equal("CH", parse("id.server CH TXT").class)
        assert.equal("CH", parse("id.server TXT -c ch").class)
        assert.equal("A", parse("shop.example").type)
    end)

    it("has dnsprobe's defaults: one attempt, RD, EDNS 1232, TCP on truncation", function()
        local q = parse "shop.example"
        assert.same({ true, true, 1, true }, { q.rd, q.edns, q.tries, q.tcp_fallback })
        assert.is_nil(q.cookie)
    end)

    it("reads every word of the contract", function()
        local q = parse(
            "a +tcp +bufsize=512 +edns=1 +ednsflags=32768 +ednsopt=65001:c0ff +ednsopt=nsid +dnssec +cd +ad "
                .. "+nord +nsid +cookie=0102030405060708 +subnet=192.0.2.0/24 +padding=64 +ignore +tries=3 "
                .. "+time=1.5 +short +qid=7 +opcode=4 -p 5353"
        )
        assert.same(
            {
                "tcp",
                512,
                1,
                32768,
                true,
                true,
                true,
                false,
                true,
                "192.0.2.0/24",
                64,
                false,
                3,
                1.5,
                true,
                7,
                4,
                5353,
            },
            {
                q.transport,
                q.size,
                q.edns_version,
                q.edns_flags,
                q.dnssec,
                q.cd,
                q.ad,
                q.rd,
                q.nsid,
                q.subnet,
                q.padding,
                q.tcp_fallback,
                q.tries,
                q.timeout,
                q.short,
                q.qid,
                q.opcode,
                q.port,
            }
        )
        assert.same({ { code = 65001, data = "\xc0\xff" }, { code = 3, data = "" } }, q.options)
        assert.equal(8, #q.cookie)
        assert.is_false(parse("a +noedns").edns)
        assert.equal("udp", parse("a +notcp").transport)
        assert.is_false(parse("a +norecurse").rd)
        assert.is_true(parse("a +header-only").header_only)
        assert.is_false(parse("a +noheader-only").header_only)
    end)

    it("turns -x around", function()
        local q = parse "-x 192.0.2.7"
        assert.same({ "7.2.0.192.in-addr.arpa.", "PTR" }, { q.name, q.type })
    end)

    it("completes subnets as dig does", function()
        assert.equal("0.0.0.0/0", digwords.prefix "0")
        assert.equal("192.0.2.1/32", digwords.prefix "192.0.2.1")
        assert.equal("2001:db8::/128", digwords.prefix "2001:db8::")
    end)

    it("refuses what is wrong with one line and exit 64", function()
        for _, line in ipairs {
            "",
            "a +nobufsize",
            "a +frob",
            "a -z",
            "a A B C",
            "shop.example NOTYPE",
            "a +bufsize=x",
            "a +tries=0",
            "a +ednsopt=q",
            "a +cookie=0g",
            "-x nowhere",
            "a -p",
            "a -p 70000",
            "a --format yaml",
            "a..b",
            "a +qid=65536",
        } do
            local ok, err = pcall(parse, line)
            assert.is_false(ok, line)
            local failure = exit.failure(err)
            assert.equal(64, failure and failure.code, line .. ": " .. tostring(err))
            assert.is_nil(failure.message:find("\n", 1, true))
        end
    end)

    it("asks no letters beyond ASCII, but octets that are written as such", function()
        local ok, err = pcall(parse, "b\u{fc}cher.example")
        assert.is_false(ok)
        assert.matches("punycode %(xn%-%-%.%.%.%)$", exit.failure(err).message)
        assert.equal("xn--bcher-kva.example", parse("xn--bcher-kva.example").name)
        assert.is_string(parse([[b\195\188cher.example]]).name)
    end)
end)
