-- SPDX-License-Identifier: MIT
-- Whole bulk runs against the lab inside the same process.
local bulk = require "dnsprobe.run.bulk"
local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"
local journal = require "dnsprobe.run.bulk.journal"
local json = require "dnsprobe.json"
local task = require "dnsprobe.base.task"
local temporary = require "support.temporary"

after_each(temporary.clean)

-- Runs a list in the lab; exit code, lines by domain, the last line.
local function run(text, options)
    local out, code = temporary.path(), nil
    local full = {
        runbook = "portfolio",
        domains = temporary.file(text),
        lab = "lame-ns",
        samples = 1,
        qps = 1000,
        qps_total = 10000,
        late = 50,
        timeout = 0.5,
        output = out,
        format = "text",
        configured = {},
        quiet = true,
        seed = 1,
        jobs = 4,
    }
    for key, value in pairs(options or {}) do
        full[key] = value
    end
    local real = io.stdout
    io.stdout = { -- luacheck: ignore 122
        write = function(self)
            return self
        end,
        flush = function() end,
    } -- luacheck: ignore 122
    local ok, err = pcall(task.run, function() code = bulk.run(full, { "run" }) end)
    io.stdout = real -- luacheck: ignore 122
    assert(ok, err)
    local by_domain, last, count = {}, nil, 0
    for each in io.lines(full.output) do
        last = assert(json.decode(each))
        if last.schema == journal.SCHEMA then
            by_domain[last.domain], count = last, count + 1
        end
    end
    return code, by_domain, last, count, full.output
end

-- A runbook with one step.
local function book_of(body)
    return temporary.file(
        ([[return require "dnsprobe.runbook".define { name = "small", summary = "x", steps = {
        { id = "x", title = "x", run = %s } } }]]):format(body),
        ".lua"
    )
end

describe("a bulk run", function()
    it("finds the server behind all failures, goes on behind what is broken, and resumes", function()
        local list = "shop.example\nwww.shop.example\nbad..name\nnothing.example\nshop.example\n"
        local code, lines, last, count, out = run(list)
        assert.equal(2, code)
        assert.equal(5, count)
        assert.equal("auth.lame", lines["www.shop.example"].cause)
        assert.equal(65, lines["bad..name"].error.code)
        assert.equal("nxdomain", lines["nothing.example"].found)
        assert.equal(3, last.groups[1].domains)
        assert.equal("server", last.groups[1].where.kind)
        -- killed after three lines, in the middle of the fourth
        local text = fs.read(out)
        local cut = text:find("\n", text:find("\n", text:find("\n", 1, true) + 1, true) + 1, true)
        local kept = text:sub(1, cut)
        local f <close> = assert(io.open(out, "wb"))
        f:write(text:sub(1, cut + 20))
        f:close()
        local code2, _, last2, count2 = run(list, { output = out, resume = true })
        assert.equal(2, code2)
        assert.equal(5, count2)
        assert.equal(kept, fs.read(out):sub(1, cut))
        assert.same({ last.by_status, last.domains, last.groups[1].domains },
            { last2.by_status, last2.domains, last2.groups[1].domains })
    end)

    it("says whose addresses failed where several did", function()
        local lab = temporary.file([[return { title = "x", story = "x", expect = {}, change = function(net)
            for _, name in ipairs { "ns2", "ns3" } do
                local faults = net:server(name .. ".shop.example.").faults
                faults.udp, faults.tcp = "drop", "drop"
            end
        end }]], ".lua")
        local _, lines, last = run("shop.example\n", { lab = lab })
        local finding = lines["shop.example"].findings[1]
        assert.same(
            { "auth.ns-unreachable", { "ns2.shop.example.", "ns3.shop.example." } },
            { finding.id, finding.subject.hosts }
        )
        assert.equal("name servers", last.groups[1].where.kind)
    end)

    it("shares the way from the root, unless told not to", function()
        local list = {}
        for i = 1, 6 do
            list[i] = "w" .. i .. ".shop.example"
        end
        local function roots_asked(options)
            local count, borrowed = 0, 0
            options.lab, options.exchanges = "healthy", true
            local _, lines = run(table.concat(list, "\n"), options)
            local seen = {}
            for _, one in pairs(lines) do
                for _, exchange in ipairs(one.report.exchanges) do
                    if not seen[exchange.n] and exchange.server.address:find("^127%.53%.0%.") then
                        seen[exchange.n], count = true, count + 1
                    end
                end
                assert.equal("shop.example.", one.zone)
                borrowed = borrowed + #one.report.exchanges - one.sent
            end
            return count, borrowed
        end
        local once, borrowed = roots_asked {}
        assert.is_true(once > 0 and once <= 4, "roots asked " .. once .. " times")
        assert.is_true(borrowed >= 5 * once)
        local fresh, own = roots_asked { fresh = true }
        assert.same({ 6 * once, 0 }, { fresh, own })
    end)

    it("does not wait for strays of one domain before it measures the next", function()
        local book, names = book_of("function() end"), {}
        for i = 1, 60 do
            names[i] = "w" .. i .. ".example"
        end
        local started = dns.now()
        local _, lines, last = run(table.concat(names, "\n"), { runbook = book, lab = "healthy", jobs = 2 })
        assert.equal(60, last.domains)
        assert.is_true(dns.now() - started < 2, "one worker would need 3 s for 30 waits of 100 ms")
        assert.equal("ok", lines["w60.example"].status)
    end)

    it("has in a report what came after the last answer", function()
        local lab = temporary.file([[return { title = "x", story = "x", expect = {}, change = function(net)
            net:each(function(node) node.faults.duplicate = 1 end)
        end }]], ".lua")
        local book = book_of [[function(ctx)
            ctx:exchange { name = ctx.target.name, type = "SOA", server = "127.53.2.1", rd = false }
        end]]
        local names = {}
        for i = 1, 20 do
            names[i] = "w" .. i .. ".shop.example"
        end
        local _, lines = run(table.concat(names, "\n"), { runbook = book, lab = lab, exchanges = true })
        for _, name in ipairs(names) do
            local list = lines[name].report.exchanges
            assert.same({ 1, "duplicate" }, { #list, (list[1].stray[1] or {}).reason })
        end
    end)

    it("measures a name that is listed twice, one after the other", function()
        local book = book_of [[function(ctx)
            for _ = 1, 2 do
                ctx:exchange { name = ctx.target.name, type = "SOA", server = "127.53.2.1", rd = false }
                require("dnsprobe.task").sleep(0.02)
            end
        end]]
        local spelled = { "www.shop.example", "www.shop.example.", "WWW.shop.example", "www.SHOP.example" }
        local _, lines, last =
            run(table.concat(spelled, "\n"), { runbook = book, lab = "healthy", exchanges = true })
        assert.equal(4, last.domains)
        local times = {}
        for _, each in ipairs(spelled) do
            local list = lines[each].report.exchanges
            times[#times + 1] = { list[1].sent, list[2].sent }
        end
        table.sort(times, function(a, b)
            return a[1] < b[1]
        end)
        for i = 2, 4 do
            assert.is_true(times[i - 1][2] < times[i][1], "two were under way at once")
        end
    end)

    it("does not resume another runbook's lines, nor other types, and tells what the list does not have",
        function()
        local book, options = book_of "function() end", { lab = "healthy" }
        options.runbook = book
        local _, _, _, _, out = run("a.example\nb.example\n", options)
        local function said_of(text, changes)
            local full = {
                runbook = book,
                domains = temporary.file(text),
                lab = "healthy",
                output = out,
                resume = true,
                format = "text",
                configured = {},
                quiet = true,
                seed = 1,
                jobs = 1,
            }
            for key, value in pairs(changes) do
                full[key] = value
            end
            local real, said, failure = io.stdout, {}, nil
            local function write(_, ...)
                said[#said + 1] = table.concat { ... }
            end
            io.stdout = { write = write, flush = function() end } -- luacheck: ignore 122
            task.run(function() failure = select(2, pcall(bulk.run, full, { "run" })) end)
            io.stdout = real -- luacheck: ignore 122
            return table.concat(said), failure
        end
        local before = fs.read(out)
        local _, failure = said_of("a.example\n", { runbook = "portfolio" })
        assert.same(
            { 64, 1 },
            { failure.code, select(2, failure.message:gsub("is of the runbook small, not of portfolio", "")) }
        )
        _, failure = said_of("a.example\n", { type = { "MX" } })
        assert.matches("is about the types A,AAAA, not MX", failure.message)
        assert.equal(before, fs.read(out))
        assert.matches(
            "1 were finished before\n1 that were finished before are not in ",
            (said_of("a.example\n", {}))
        )
    end)

    it("turns a runbook that fails for one domain into a line", function()
        local book = book_of [[function(ctx)
            if ctx.target.name:find("^b") then error("no b") end
        end]]
        local code, lines = run("a.example\nb.example\nc.example\n", { runbook = book, lab = "healthy" })
        assert.equal(3, code)
        assert.matches("no b$", lines["b.example"].error.text)
        assert.equal("ok", lines["c.example"].status)
    end)
end)
