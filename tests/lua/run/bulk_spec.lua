-- SPDX-License-Identifier: MIT
-- The parts of bulk runs: the list, the journal, the summary, merge.
local fs = require "dnsprobe.fs"
local input = require "dnsprobe.run.bulk.input"
local journal = require "dnsprobe.run.bulk.journal"
local json = require "dnsprobe.json"
local stream = require "dnsprobe.stream"
local summary = require "dnsprobe.run.bulk.summary"
local task = require "dnsprobe.base.task"
local temporary = require "support.temporary"

after_each(temporary.clean)

local function items_of(text, shard)
    local list, out = input.open(temporary.file(text), shard), {}
    for item in function() return list:next() end do
        out[#out + 1] = item
    end
    list:close()
    return out
end

-- What several tasks read of a list that comes in these pieces; false: nothing has come yet.
local function items_among(tasks, pieces)
    local list, out, at = input.open(temporary.file("")), {}, 0
    list.source:close()
    list.source = { close = function() end, read = function()
        at = at + 1
        return pieces[at]
    end }
    local readers = {}
    for i = 1, tasks do
        readers[i] = function()
            for item in function() return list:next() end do
                out[#out + 1] = item
                task.sleep(0.05)
            end
        end
    end
    task.run(task.all, readers)
    return out
end

local function text_of(items)
    local out = {}
    for i, item in ipairs(items) do
        out[i] = item.line .. ":" .. (item.name or item.error)
    end
    return out
end

describe("the list", function()
    it("is read by several tasks at once, from a pipe that is slow to begin", function()
        local out =
            items_among(3, { false, false, false, "a.test\nb.te", false, false, "st\nc.test\nd.test" })
        local names = {}
        for i, item in ipairs(out) do
            names[i] = item.name or item.error
        end
        table.sort(names)
        assert.same({ "a.test.", "b.test.", "c.test.", "d.test." }, names)
    end)

    it("knows comments, blank lines, CRLF, a BOM, and a last line without an end", function()
        assert.same(
            { "1:a.example.", "4:b.example.", "5:xn--bcher-kva.example.", "6:c.example." },
            text_of(
                items_of(
                    "\xEF\xBB\xBFA.example\r\n# nothing\r\n \n\tb.example.  # "
                        .. "ours\nxn--bcher-kva.example\nc.example"
                )
            )
        )
    end)

    it("goes on behind lines that are no names, and says which", function()
        local long = ("x"):rep(300000)
        local items =
            items_of("a..b\n" .. long .. "\n#" .. long .. "\nok.example\nb\xff\27[31m.example\n" .. long)
        assert.matches("^line 1: a%.%.b is not a domain name", items[1].error)
        assert.equal("line 2: longer than 1024 bytes", items[2].error)
        assert.equal(80, #items[2].domain)
        assert.equal("ok.example.", items[3].name)
        assert.equal(4, items[3].line)
        assert.is_nil((items[4].domain .. (items[4].error or "")):find("[\27\xff]"))
        assert.equal("line 6: longer than 1024 bytes", items[#items].error)
    end)

    it(
        "does not ask for letters beyond ASCII byte for byte: such a name would be reported as not existing",
        function()
            local items = items_of("b\xc3\xbccher.example\nb\\195\\188cher.example\n")
            assert.equal(
                "line 1: b\xc3\xbccher.example is not a domain name: letters beyond ASCII have to stand in "
                    .. "punycode (xn--...)",
                items[1].error
            )
        assert.is_nil(items[1].name)
            assert.equal("b\\195\\188cher.example.", items[2].name)
        end
    )

    it("is split by line number, without gap or overlap", function()
        local text, all = {}, {}
        for i = 1, 1000 do
            text[i] = "d" .. i .. ".example"
        end
        for share = 1, 3 do
            for _, item in ipairs(items_of(table.concat(text, "\n"), { share, 3 })) do
                assert.equal(share - 1, (item.line - 1) % 3)
                assert.is_nil(all[item.line])
                all[item.line] = item.name
            end
        end
        assert.equal(1000, #all)
    end)
end)

local function record(line, domain, more)
    local out = { schema = journal.SCHEMA, line = line, domain = domain, status = "ok", cause = json.null }
    for key, value in pairs(more or {}) do
        out[key] = value
    end
    return out
end

local function line(...)
    return json.encode(record(...), { sort = true }) .. "\n"
end

local function opened(path, resume)
    local seen = {}
    local ok, out = pcall(journal.open, path, resume, function(one) seen[#seen + 1] = one.domain end)
    return ok, out, seen
end

describe("the journal", function()
    it("cuts off a torn line and goes on behind the last whole one", function()
        local whole = line(1, "a.example") .. line(2, "b.example")
        local path = temporary.file(whole .. line(3, "c.example"):sub(1, -2))
        local ok, out, seen = opened(path, true)
        assert.is_true(ok, tostring(out))
        assert.same({ "a.example", "b.example" }, seen)
        assert.same({ true, false, false }, { out:has "a.example", out:has "c.example", out:has "d.example" })
        out:write(record(3, "c.example"))
        out:close()
        assert.equal(whole .. line(3, "c.example"), (fs.read(path)))
    end)

    it("counts a name as often as it was finished", function()
        local _, out = opened(temporary.file(line(1, "a.example") .. line(5, "a.example")), true)
        assert.same({ true, true, false }, { out:has "a.example", out:has "a.example", out:has "a.example" })
        out:close()
    end)

    it("does not overwrite a run that did not end, nor what it does not know, nor what another writes",
        function()
        local unfinished = temporary.file(line(1, "a.example"))
        local ok, err = opened(unfinished, false)
        assert.same({ false, 64 }, { ok, err.code })
        assert.matches("1 domains of a run that did not end: %-%-resume", err.message)
        local strange = temporary.file("shop.example A\n")
        for _, resume in ipairs { true, false } do
            ok, err = opened(strange, resume)
            assert.same({ false, 65 }, { ok, err.code })
            assert.matches("line 1 is no line of a bulk run", err.message)
        end
        assert.equal("shop.example A\n", (fs.read(strange)))
        local holder <close> = assert(stream.appender(unfinished))
        assert.is_userdata(holder)
        ok, err = opened(unfinished, true)
        assert.same({ false, 64 }, { ok, err.code })
        assert.matches("another run is writing it", err.message)
    end)

    it("refuses at its first bytes what is no journal: a text without an end of line, a file without an "
        .. "end", function()
            local path = temporary.file("no newline")
            for _, each in ipairs { path, "/dev/full" } do
            for _, resume in ipairs { true, false } do
                local ok, err = opened(each, resume)
                assert.same({ false, 65 }, { ok, err.code })
                assert.matches("line 1 is no line of a bulk run", err.message)
            end
        end
        assert.equal("no newline", (fs.read(path)))
        local torn = temporary.file("{")
        assert.is_true((opened(torn, true)))
        local endless = { reads = 0, read = function(self)
            self.reads = self.reads + 1
            assert.is_true(self.reads < 100)
            return "{\"" .. ("x"):rep(1 << 20)
        end }
        local _, wrong = journal.lines(endless, function() end)
        assert.equal("line 1 is no line of a bulk run", wrong)
    end)

    it("says how many of the lines that were there the list does not have", function()
        local _, out =
            opened(temporary.file(line(1, "a.example") .. line(2, "b.example") .. line(3, "b.example")), true)
        assert.is_true(out:has "b.example")
        assert.equal(2, out:left())
        out:close()
    end)

    it("begins anew over a run that is complete", function()
        local path = temporary.file(line(1, "a.example") .. json.encode { schema = journal.SUMMARY } .. "\n")
        local ok, out = opened(path, false)
        assert.is_true(ok, tostring(out))
        out:close()
        assert.equal("", (fs.read(path)))
    end)
end)

describe("merge", function()
    local function merged(...)
        local out = temporary.path()
        local real, said = io.stdout, {}
        io.stdout = { -- luacheck: ignore 122
            write = function(_, ...)
                said[#said + 1] = table.concat { ... }
            end,
        } -- luacheck: ignore 122
        local ok, code = pcall(require("dnsprobe.run.bulk.join").run, { ... }, out)
        io.stdout = real -- luacheck: ignore 122
        return ok, code, fs.read(out), table.concat(said)
    end

    it("joins shards: every line once, one summary", function()
        local a = line(1, "a.example") .. line(3, "c.example", { status = "critical", cause = "auth.lame" })
            .. json.encode { schema = journal.SUMMARY } .. "\n"
        local b = line(2, "b.example") .. line(3, "c.example") .. '{"torn'
        local ok, code, text, said = merged(temporary.file(a), temporary.file(b))
        assert.same({ true, 2 }, { ok, code })
        local rows = {}
        for each in text:gmatch("[^\n]+") do
            rows[#rows + 1] = json.decode(each)
        end
        assert.same({ 4, "a.example", "c.example", "b.example", 3 },
            { #rows, rows[1].domain, rows[2].domain, rows[3].domain, rows[4].domains })
        assert.matches("its run did not end", said)
        assert.matches("1 domains left out", said)
    end)

    local function whole(line_number, domain, share, status)
        return line(line_number, domain, { status = status })
            .. json.encode { schema = journal.SUMMARY, shards = { share } }
            .. "\n"
    end

    it("says which shards are missing, and that nobody knows how their domains are", function()
        local first, third =
            temporary.file(whole(1, "a.example", "1/4")),
            temporary.file(whole(3, "c.example", "3/4", "warning"))
        local _, code, text, said = merged(first, third)
        assert.equal(3, code)
        assert.matches("2 shards of the list are missing: 2/4, 4/4\n", said)
        local last = json.decode(text:match("([^\n]+)\n$"))
        assert.same({ { "1/4", "3/4" }, { count = 2, first = { "2/4", "4/4" } }, "unknown" },
            { last.shards, last.missing_shards, last.status })
        local _, again, _, now = merged(temporary.file(text), temporary.file(whole(2, "b.example", "2/4")),
            temporary.file(whole(4, "d.example", "4/4")))
        assert.equal(1, again)
        assert.is_nil(now:find("missing", 1, true))
        local _, bad = merged(first, third, temporary.file(whole(2, "b.example", "2/4", "critical")))
        assert.equal(2, bad)
    end)

    it("does not call healthy what did not end, and leaves nothing behind where it fails", function()
        local torn = temporary.file(line(1, "a.example"))
        local _, code, text = merged(torn)
        assert.same({ 3, 1 }, { code, json.decode(text:match("([^\n]+)\n$")).unfinished })
        assert.equal(3, (select(2, merged(temporary.file(text)))))
        local out = temporary.path()
        local ok, err = pcall(require("dnsprobe.run.bulk.join").run, { torn, temporary.file("x\n") }, out)
        assert.same({ false, 65, false }, { ok, err.code, fs.exists(out .. ".part") })
    end)

    it("knows outputs of bulk runs where the first one is empty: its run was killed at once", function()
        local out, code = temporary.path(), nil
        local real = io.stdout
        io.stdout = { write = function() end } -- luacheck: ignore 122
        local ok, err = pcall(function()
            code = require("dnsprobe.cli.merge").run {
                reports = { temporary.file(""), temporary.file(whole(2, "b.example", "2/2")) },
                output = out,
            }
        end)
        io.stdout = real -- luacheck: ignore 122
        assert.is_true(ok, tostring(err))
        assert.equal(3, code)
        assert.matches('"missing_shards":{"count":1,"first":%["1/2"%]}', (fs.read(out)))
    end)

    it("tells outputs of bulk runs from reports, and names a line that is none", function()
        local join = require "dnsprobe.run.bulk.join"
        assert.is_true(join.is(temporary.file(line(1, "a.example"))))
        assert.is_false(join.is(temporary.file('{\n  "schema": "dnsprobe.report/1"\n}\n')))
        assert.is_false(join.is(temporary.file('{"schema":"dnsprobe.report/1"}\n')))
        assert.is_false(join.is "/nonexistent")
        local ok, err = merged(temporary.file(line(1, "a.example") .. "{}\n"))
        assert.same({ false, 65 }, { ok, err.code })
        assert.matches("line 2 is no line of a bulk run", err.message)
    end)
end)

local function failing(domain, cause, server, names, status)
    return record(
        1,
        domain,
        {
            status = status or "critical",
            cause = cause,
            layer = "authoritative",
            nameservers = names,
            findings = { { id = cause, subject = server and { server = server, label = "ns." .. server } } },
        }
    )
end

local function groups_of(records)
    local totals = summary.new()
    for i, one in ipairs(records) do
        one.line = i
        totals:add(one)
    end
    local document, out = totals:document(), {}
    for i, group in ipairs(document.groups) do
        local where = group.where ~= json.null and group.where or {}
        out[i] = ("%d %s %s %s"):format(group.domains, group.cause, where.kind or "-", where.name or "-")
    end
    return out, document, totals
end

describe("the summary", function()
    local big = { "ns1.big.net.", "ns2.big.net." }

    it("names the server behind most failing domains, and how many depend on it", function()
        local records = {}
        for i = 1, 10 do
            records[i] = failing("a" .. i, "auth.lame", "192.0.2.1", big)
        end
        for i = 11, 40 do
            records[i] = record(i, "b" .. i, { nameservers = big })
        end
        records[41] = failing("c", "delegation.ns-mismatch", nil, { "ns1.small.org." }, "warning")
        local groups, document, totals = groups_of(records)
        assert.same({ "10 auth.lame server ns.192.0.2.1 (192.0.2.1)",
            "1 delegation.ns-mismatch name servers ns1.small.org." }, groups)
        assert.equal("critical", totals:status())
        assert.equal(json.null, document.groups[1].of)
        assert.equal(1, document.groups[2].of)
        assert.same({ "a1", "a2", "a3", "a4", "a5" }, { table.unpack(document.groups[1].examples) })
        assert.matches("41 domains: 30 ok, 1 warning, 10 critical, 0 unknown", summary.text(document))
    end)

    it("does not take two faults for one at an operator most of whose servers are well", function()
        local records = {}
        for i = 1, 100 do
            local names = { ("ns1.p%d.net."):format(i % 10), ("ns2.p%d.net."):format(i % 10) }
            records[i] = record(i, "ok" .. i, { nameservers = names })
            if i % 10 == 5 or i % 10 == 6 then
                records[i] = failing("bad" .. i, "auth.ns-unreachable", "192.0.2." .. i % 10, names)
                records[i].findings[1].subject = { server = "192.0.2.1", label = names[1],
                    servers = { "192.0.2.1", i % 10 == 5 and "192.0.2.2" or "2001:db8::1" },
                    hosts = { names[1], i % 10 == 5 and names[2] or nil } }
            end
        end
        local groups, document = groups_of(records)
        assert.same({ "10 auth.ns-unreachable server ns1.p6.net (192.0.2.1)",
            "10 auth.ns-unreachable name servers ns1.p5.net. ns2.p5.net." }, groups)
        assert.same({ 10, 10 }, { document.groups[1].of, document.groups[2].of })
    end)

    it("says of how many domains that use it, also for a server", function()
        local records = {}
        for i = 1, 3 do
            records[i] = record(
                i,
                "a" .. i,
                {
                    nameservers = { "ns1.big.net.", "NS2.big.net." },
                    status = i < 3 and "critical" or "ok",
                    cause = i < 3 and "auth.lame" or nil,
                    findings = {
                        { id = "auth.lame", subject = { server = "192.0.2.2", label = "ns2.big.net." } },
                    },
                }
            )
        end
        local _, document = groups_of(records)
        assert.same({ "server", 3 }, { document.groups[1].where.kind, document.groups[1].of })
        assert.matches(
            "2  auth.lame at server ns2.big.net %(192.0.2.2%) of 3 that use it",
            summary.text(document)
        )
    end)

    it("is the same in whatever order the domains were finished", function()
        local records = {}
        for i = 1, 40 do
            local status = i % 4 == 0 and { "b", "unknown" } or { "c", "critical" }
            records[i] = failing(
                status[1] .. i,
                ({ "auth.lame", "auth.ns-unreachable" })[i % 2 + 1],
                "192.0.2." .. i % 3,
                big,
                status[2]
            )
            records[i].line = i
            records[i].cause = i % 4 ~= 0 and records[i].cause or json.null
            records[i].error = i % 4 == 0 and { code = 65, text = "./x.lua:7: no b" .. i } or nil
        end
        local function document_of(step)
            local totals = summary.new()
            for i = 0, 39 do
                totals:add(records[i * step % 40 + 1])
            end
            return json.encode(totals:document(), { sort = true })
        end
        assert.equal(document_of(1), document_of(7))
        assert.equal(document_of(1), document_of(39))
    end)

    it("says why domains were not measured, by reason", function()
        local function without(i, text, code)
            return record(i, "w" .. i .. ".example", { name = "w" .. i .. ".example.", status = "unknown",
                error = code and { code = code, text = text } or nil, summary = not code and text or nil })
        end
        local _, document, totals = groups_of { without(1, "./own.lua:7: no answer for w1.example", 65),
            without(2, "too little could be measured to say; not measured: delegation."),
            without(3, "./own.lua:7: no answer for w3.example", 65), without(4, "line 4: a..b is not a "
                .. "domain name: syntax error", 65),
            without(5, "line 5: c..d is not a domain name: syntax error", 65), without(6, "./own.lua:7: no "
                .. "answer for w6.example", 65) }
        local out = {}
        for i, reason in ipairs(document.reasons) do
            out[i] = ("%d %s (%s)"):format(reason.domains, reason.text, table.concat(reason.examples, " "))
        end
        assert.same({
            "3 ./own.lua:7: no answer for w1.example (w1.example. w3.example. w6.example.)",
            "2 not a domain name: syntax error (w4.example. w5.example.)",
            "1 too little could be measured to say; not measured: delegation. (w2.example.)",
        }, out)
        local text = summary.text(document)
        assert.matches(
            "3  not measured: ./own.lua:7: no answer for w1.example\n         such as w1.example., w3",
            text
        )
        assert.matches("1  unknown: too little", text)
        for i = 1, 300 do
            totals:add(without(i, ("x"):rep(i), 65))
        end
        assert.equal(101, #totals:document().reasons)
        assert.is_true(#summary.text(totals:document()) < 4000)
    end)

    it("names the operator where several of its servers fail", function()
        local records = {}
        for i = 1, 6 do
            local names = { ("ns-%d.awsdns-%02d.co.uk."):format(i, i) }
            records[i] = failing("a" .. i, "auth.ns-unreachable", "192.0.2." .. i, names)
        end
        assert.same({ "6 auth.ns-unreachable operator awsdns-#.co.uk" }, (groups_of(records)))
    end)

    it("puts a domain that could not be measured above a warning", function()
        local _, document, totals = groups_of {
            record(1, "a", { status = "warning", cause = "auth.serial-mismatch" }),
            record(2, "b", { status = "unknown", error = { code = 65, text = "x" } }),
        }
        assert.equal("unknown", totals:status())
        assert.equal(1, document.errors)
    end)
end)
