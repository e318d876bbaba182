-- SPDX-License-Identifier: MIT
-- What a terminal is shown: tables that fit, the line while a run goes on, widths of text.
local dns = require "dnsprobe"
local fit = require "dnsprobe.format.tool.fit"
local host = require "support.host"
local live = require "dnsprobe.format.tool.live"
local meter = require "dnsprobe.measure.meter"
local output = require "dnsprobe.base.output"
local tables = require "dnsprobe.base.table"
local terminal = require "dnsprobe.base.terminal"
local words = require "dnsprobe.base.figures"

describe("width", function()
    it("counts columns, not bytes", function()
        assert.equal(5, tables.width "hello")
        assert.equal(4, tables.width "名前")
        assert.equal(1, tables.width "e\u{301}")
        assert.equal(2, tables.width "\xff\xfe")
    end)

    it("breaks lines between words, and words that are too long", function()
        assert.same({ "one two", "three" }, terminal.wrap("one two three", 8))
        assert.same({ "ns1.very.", "long.", "example" }, terminal.wrap("ns1.very.long.example", 9))
        assert.same({ "名", "前" }, terminal.wrap("名前", 3))
        assert.same({ "" }, terminal.wrap("", 3))
    end)
end)

describe("tables", function()
    local rows = { { server = "ns1.shop.example", note = ("word "):rep(20), n = 7, empty = "-" },
        { server = "ns2.shop.example", note = "short", n = 12 } }

    it("fit their width, wrap words, and lose nothing", function()
        for width = 30, 120, 10 do
            local lines = fit.lines({ "server", "note", "n", "empty" }, rows, { width = width })
            for _, line in ipairs(lines) do
                assert.is_true(tables.width(line) <= width, line)
                assert.is_nil(line:find(" $"))
            end
            local all = table.concat(lines, "\n")
            assert.equal(20, select(2, all:gsub("word", "")))
            assert.truthy(all:find("12", 1, true))
            assert.is_nil(all:find("empty", 1, true))
        end
    end)

    it("go on in bands where the columns do not fit", function()
        local names, row = { "server" }, { server = "ns1.shop.example" }
        for i = 1, 12 do
            names[#names + 1], row["column " .. i] = "column " .. i, "15/15"
        end
        local lines = fit.lines(names, { row }, { width = 60 })
        local all = table.concat(lines, "\n")
        assert.is_true(#lines > 6)
        for i = 1, 12 do
            assert.truthy(all:find("column " .. i, 1, true))
        end
        for _, line in ipairs(lines) do
            assert.is_true(#line <= 60)
        end
    end)

    it("are coloured cell by cell, without a change of their widths", function()
        local function bare(options)
            return table.concat(fit.lines({ "server", "n" }, rows, options), "\n")
        end
        local painted = bare {
            width = 40,
            paint = function(_, r, text)
                return r and "\27[31m" .. text .. "\27[0m" or text
            end,
        }
        assert.equal(bare { width = 40 }, (painted:gsub("\27%[%d+m", "")))
    end)
end)

describe("the line while a run goes on", function()
    before_each(function()
        host.begin()
        host.stop_clock(1000)
    end)
    after_each(host.restore)

    local function at_work()
        local m = meter.new { steps = 8, deadline = dns.now() + 95 }
        m:begin("nameservers", 3)
        m:plan(200, 12)
        for i = 1, 50 do
            m:sampled()
            m:entered {
                server = { address = "192.0.2." .. i % 4, port = 53 },
                outcome = i % 10 == 0 and "timeout" or "answer",
                response = i % 4 ~= 3 and { rcode = i == 5 and "SERVFAIL" or "NOERROR" } or nil,
            }
        end
        m.what = "asking every delegated server"
        return m
    end

    it("says how far the run is", function()
        local line = live.line(at_work(), 160, { utf8 = true }, dns.now())
        assert.equal(
            "[3/8] nameservers  ██████░░░░░░░░░░░░░░░░░░  50/200 samples  3/4 servers  18 failed  12 s left  "
                .. "at most 1:35 min  asking every delegated server",
            line
        )
    end)

    it("leaves out what matters least, and is never too wide", function()
        local m = at_work()
        for columns = 1, 200 do
            assert.is_true(terminal.width(live.line(m, columns, { utf8 = true }, dns.now())) <= columns)
        end
        assert.equal(
            "[3/8] nameservers  50/200 samples  18 failed",
            live.line(m, 45, { utf8 = true }, dns.now())
        )
        assert.equal("[3/8] nameservers", live.line(m, 20, { utf8 = true }, dns.now()))
    end)

    it("is ASCII where that is all there is, and shows nothing hostile", function()
        local m = at_work()
        m.what = "\27[31mé"
        local line = live.line(m, 200, { utf8 = false }, dns.now())
        assert.is_nil(line:find("[\128-\255\27]"))
        assert.truthy(line:find("######------------------", 1, true))
    end)

    it("writes over what it wrote, also where the terminal has become narrower", function()
        assert.equal("\r\27[?7lnew\27[?7h\27[K", live.over("new", 0, 80))
        assert.equal("\r\27[?7lnew\27[?7h\27[K", live.over("new", 79, 80))
        assert.equal("\r\27[2A\27[?7lnew\27[?7h\27[J", live.over("new", 79, 30))
    end)
end)

describe("width and characters of the output", function()
    before_each(host.begin)
    after_each(host.restore)

    it("follow the environment", function()
        assert.equal(100, output.columns(1))
        host.env.COLUMNS = "72"
        assert.equal(72, output.columns(1))
        host.env.COLUMNS = "20"
        assert.equal(60, output.columns(1))
        host.env.COLUMNS = "9999"
        assert.equal(200, output.columns(1))
        host.env.COLUMNS = "wide"
        assert.equal(100, output.columns(1))
        assert.is_false(output.utf8())
        host.env.LANG = "de_DE.UTF-8"
        assert.is_true(output.utf8())
        host.env.LC_ALL = "C"
        assert.is_false(output.utf8())
        host.env.LC_ALL = "C.utf8"
        assert.is_true(output.utf8())
    end)
end)

describe("where the failures were", function()
    local function told(fields)
        local of = { failures = 112, samples = 280, timing = { bursts = false } }
        for key, value in pairs(fields) do
            of[key] = value
        end
        return words.attribution(of)
    end

    it("is one sentence", function()
        assert.equal(
            "112 of 280 samples failed, 40 % of them asking for AAAA: there 100 % fail, elsewhere 52 %; "
                .. "spread over the run.",
            told {
                attribute = "type",
                value = "AAAA",
                explained = { failures = 45, samples = 45, share = 0.4 },
                elsewhere = { failures = 122, samples = 235 },
            }
        )
        assert.equal(
            "112 of 280 samples failed, 100 % of them at 192.0.2.1, over TCP: there 50 % fail, elsewhere 0 "
                .. "%; in bursts between second 2 and 9 of the sampling.",
            told {
                attribute = "server and transport",
                value = "192.0.2.1 tcp",
                explained = { failures = 112, samples = 224, share = 1 },
                elsewhere = { failures = 0, samples = 56 },
                timing = { bursts = true, first_s = 2, last_s = 9 },
            }
        )
        assert.equal(
            "112 of 280 samples failed; no server, transport, family or type stands out; spread over the "
                .. "run.",
            told {}
        )
    end)
end)
