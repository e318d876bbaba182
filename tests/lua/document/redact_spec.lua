-- SPDX-License-Identifier: MIT
-- What a bundle does not tell: every spelling of what is secret, each replaced by the same pseudonym, and
-- nothing else.
local bundle = require "dnsprobe.document.bundle"
local json = require "dnsprobe.json"
local redact = require "dnsprobe.document.redact"

local function report_of(changes)
    local report = {
        target = { name = "shop.example." },
        vantage = { host = "alices-laptop", search = {} },
        recorded = {
            host = { links = { { name = "wg-acme" }, { name = "lo" }, { name = "dns" } }, search = {} },
        },
    }
    for key, value in pairs(changes or {}) do
        report[key] = value
    end
    return report
end

local function redacted(text, changes, users)
    return redact.new(report_of(changes), users or { "alice" }):text(text)
end

describe("an address in a text is replaced as", function()
    for text, expected in pairs {
        ["10.1.2.3"] = "10.255.0.2",
        ["10.1.2.3#53, then 10.1.2.3."] = "10.255.0.2#53, then 10.255.0.2.",
        ["ip-10-1-2-3.eu.compute.internal."] = "ip-10-255-0-2.eu.compute.internal.",
        ["host192-168-7-9x and 172-20-0-5"] = "host192-168-0-2x and 172-31-0-2",
        ["3.2.1.10.in-addr.arpa. is 10.1.2.3"] = "2.0.255.10.in-addr.arpa. is 10.255.0.2",
        ["3.2.1.10.IN-ADDR.ARPA."] = "2.0.255.10.IN-ADDR.ARPA.",
        ["7.168.192.in-addr.arpa."] = "0.168.192.in-addr.arpa.",
        ["20.172.in-addr.arpa."] = "31.172.in-addr.arpa.",
        ["fd12:3456:789a::1 [fd12:3456:789a::1]:53"] = "fd00::1 [fd00::1]:53",
        ["FD12:3456:789A:0:0:0:0:1"] = "fd00::1",
        ["fd12-3456-789a--1.nip.example"] = "fd00--1.nip.example",
        ["fe80-0-0-0-0-0-0-7.nip.example"] = "fe80--1.nip.example",
        ["fe80::1%wg-acme"] = "fe80::1%link-1",
        ["fe80::1%wg-acme#53."] = "fe80::1%link-1#53.",
        ["fe80::1%eth7.100, fe80::1%3"] = "fe80::1%link-1, fe80::1%3",
        ["::ffff:10.1.2.3"] = "::ffff:10.255.0.2",
        ["1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.a.9.8.7.6.5.4.3.2.1.d.f.ip6.arpa. = fd12:3456:789a::1"] =
            "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.d.f.ip6.arpa. = fd00::1",
        ["a.9.8.7.6.5.4.3.2.1.D.F.IP6.ARPA."] = "0.0.0.0.0.0.0.0.0.0.d.f.IP6.ARPA.",
        ["4.3.2.1.0.8.e.f.ip6.arpa."] = "0.0.0.0.0.8.e.f.ip6.arpa.",
    } do
        it(text, function() assert.equal(expected, redacted(text)) end)
    end

    for _, text in ipairs {
        "192.0.2.1",
        "ip-192-0-2-1.example",
        "1.2.0.192.in-addr.arpa.",
        "2.0.192.in-addr.arpa.",
        "10.in-addr.arpa.",
        "2001:db8::1",
        "1.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa.",
        "2026-11-25",
        "2026-11-25-10",
        "1.2.3",
        "fade-dead-beef",
        "feed-back",
        "ip6.arpa.",
        "fd00",
        "a::b",
        "\0011\001",
        "300-1-2-3",
    } do
        it("itself: " .. text, function()
            assert.equal(text, redacted(text))
        end)
    end
end)

describe("names", function()
    it("of the host, of users and of interfaces are replaced in any case, also as part of a word", function()
        assert.equal("host-1 HOSTS host-1-2, user-1_notes, link-1; malice",
            redacted("Alices-Laptop HOSTS alices-laptop-2, ALICE_notes, WG-acme; malice"))
    end)

    it("of folders of users are replaced whoever runs it", function()
        assert.equal("/home/user-1/x /Users/user-2 C:\\Users\\user-3\\y '/home/user-1'",
            redacted("/home/bob/x /Users/eve C:\\Users\\joe\\y '/home/bob'"))
    end)

    it("of the host's own domain are replaced, and of the name that was asked for they are not", function()
        local vantage = { host = "shop.corp.acme.test", search = {} }
        assert.equal("host-1 search-1.invalid shop.example.",
            redacted("shop.corp.acme.test corp.acme.test shop.example.", { vantage = vantage }))
    end)

    it("that are words of a report stay in its texts, and go where they are names", function()
        local value = redact.new(report_of(), {}):value { links = { { name = "wg-acme" }, { name = "lo" } },
            resolvers = { { link = "dns", address = "fe80::9%dns" } }, text = "dns fails",
            ["alices-laptop."] = { layer = "client" } }
        assert.same({
            links = { { name = "link-1" }, { name = "lo" } },
            resolvers = { { link = "link-2", address = "fe80::1%link-2" } },
            text = "dns fails",
            ["host-1."] = { layer = "client" },
        }, value)
    end)
end)

it("a bundle counts what was replaced", function()
    local report = report_of { command = { "run", "/home/bob/x.lua", "--resolver", "fe80::9%wg-acme" },
        runbook = { path = "/home/bob/x.lua" }, exchanges = { { dataHEX = "0A0102034C4150544F502D3037" } } }
    report.vantage.host = "laptop-07"
    local made, list = bundle.of(report, true)
    local text = json.encode(made)
    for _, secret in ipairs { "laptop%-07", "bob", "wg%-acme", "fe80::9", "4c4150544f502d3037" } do
        assert.is_nil(text:lower():find(secret), secret)
    end
    local kinds = {}
    for _, one in ipairs(made.redactions) do
        kinds[#kinds + 1] = one.kind
    end
    assert.same({ "host name", "private address", "interface name", "user name" }, kinds)
    assert.truthy(#list >= 4)
end)
