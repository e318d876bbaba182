-- SPDX-License-Identifier: MIT
-- A runbook writes into everything that it is handed, and reports what no report can hold. The run goes on
-- with its own, or ends with one line that names the runbook's.
local exit = require "dnsprobe.base.exit"
local formats = require "dnsprobe.base.formats"
local fs = require "dnsprobe.fs"
local launch = require "dnsprobe.run.launch"
local plain = require "dnsprobe.base.plain"
local replay = require "dnsprobe.run.replay"
local run = require "dnsprobe.run.session"
local runbook = require "dnsprobe.book.runbook"
local task = require "dnsprobe.base.task"

local FOLDER = os.tmpname()
os.remove(FOLDER)
assert(fs.mkdir_p(FOLDER))
local PATH = FOLDER .. "/book.lua"

local BOOK = [[
local r = require "dnsprobe.runbook"
return r.define { name = "book", summary = "s", steps = { { id = "one", title = "One",
%s }, { id = "two", title = "Two", run = function(ctx)
    ctx:exchange { name = "shop.example", type = "A", server = "127.53.2.1" } ctx:note "two" end } } }
]]
local RUN, MEASURE =
    "run = function(ctx) %s end", "measure = function(ctx) %s end, judge = function(data, report) %s end"
local EXCHANGE = "local ex = ctx:exchange { name = ctx.target.name, type = 'A', server = '127.53.2.1' }\n"

-- The report of a run in the lab, in all formats; or the Failure.
local function outcome(body)
    assert(fs.write_atomic(PATH, BOOK:format(body)))
    return task.run(function()
        local session = launch.session(
            {
                lab = "healthy",
                domain = "shop.example",
                seed = 1,
                samples = 2,
                deadline = 8,
                timeout = 0.5,
                late = 0,
                book = runbook.load(PATH),
                qps = 500,
            },
            { "test" }
        )
        session.with_exchanges = true
        local ok, err = pcall(run.measure, session, function() end)
        local document
        if ok then
            ok, err = pcall(run.judge, session)
            document = ok and err
        end
        session.lab.stop()
        if not ok then
            return nil, assert(exit.failure(err), tostring(err))
        end
        for _, name in ipairs { "text", "html", "json", "junit", "markdown", "nagios", "prometheus" } do
            assert.is_string(formats.get(name).render(document, { columns = 80 }), name)
        end
        require("dnsprobe.run.capture").write(FOLDER .. "/x.pcapng", session.ledger.list)
        return document
    end)
end

local function harmless(body)
    local document, failure = outcome(body)
    assert.is_table(document, failure and failure.message)
    assert.equal("shop.example.", document.target.name)
    return document
end

-- `line`: the line of the book at which it is told.
local function refused(body, words, line)
    local document, failure = outcome(body)
    assert.is_nil(document, body)
    assert.equal(65, failure.code)
    assert.truthy(failure.message:find(words, 1, true), failure.message)
    local place = failure.message:match("^" .. PATH:gsub("%W", "%%%0") .. ":(%d+): ")
    assert.truthy(place, failure.message)
    assert.equal(line or math.tointeger(place), math.tointeger(place), failure.message)
end

teardown(function()
    os.execute("rm -r '" .. FOLDER .. "'")
end)

describe("what a runbook writes into is its own", function()
    for what, code in pairs {
        ["an exchange"] = EXCHANGE
            .. "ex.n, ex.server, ex.sent_us, ex.outcome, ex.from, ex.attempts = 'x', 5, {}, {}, 7, 5",
        ["its messages"] = EXCHANGE .. "ex.query, ex.response, ex.question = nil, nil, 5",
        ["a message's records"] = EXCHANGE .. "ex.response.answer[1] = 5; ex.response.flags.qr = {}",
        ["the settings"] = "ctx.target.name, ctx.target.types, ctx.shared, ctx.params, ctx.host, "
            .. "ctx.resolvers = {}, 5, 5, 5, 7, 7",
        ["the deadline"] = "ctx.deadline, ctx.lab, ctx.qps = math.huge, false, 'x'",
        ["methods that the run calls, with loops"] = "local function loop() while true do end end\n"
            .. "ctx.remaining, ctx.ledger.sent, ctx.meter.entered, ctx.on_progress = loop, loop, loop, loop",
        ["what is measured once"] = "ctx.shared.nameservers = { value = function() end }; ctx.shared.trace = "
            .. "5",
        ["a finding that was reported"] = "local f = ctx:finding { id = 'team.x', summary = 's' }\n"
            .. "f.summary, f.severity, f.evidence, f.subject, f.id = {}, 5, 'x', 7, nil",
        ["the report's settings"] = "ctx.report.target.name, ctx.report.step, ctx.report.data = {}, 5, 5",
    } do
        it(what, function()
            harmless(RUN:format(code))
        end)
    end
    it("also that of judges", function()
        harmless(
            MEASURE:format(
                EXCHANGE .. "ex.n = 'x'; ex.stray = 'x' return { ex }",
                "local ex = data[1]; ex.server, ex.query, ex.from, ex.sent_us, ex.transport = nil, 7, 7, "
                    .. "'x', {}"
            )
        )
    end)
    it("and the judge sees what came", function()
        local document = harmless(
            MEASURE:format(
                EXCHANGE .. "ex.outcome, ex.rtt_us, ex.transport = 'timeout', 'x', 'x' return { ex }",
                "report:put('seen', { data[1].outcome, data[1].transport, type(data[1].rtt_us) })"
            )
        )
        assert.same({ "answer", "udp", "number" }, document.steps[1].data.seen)
        assert.equal("udp", document.exchanges[1].transport)
    end)
    it("and servers keep the names that they were asked by", function()
        local document = harmless(
            RUN:format(
                "ctx:exchange { name = 'shop.example', type = 'A', server = '127.53.2.1', label = 'first' }"
            )
        )
        assert.equal("first", document.exchanges[1].server.label)
    end)
    it("but an exchange in pieces is not recorded", function()
        refused(
            MEASURE:format(
                EXCHANGE .. "ex.query, ex.response, ex.n = nil, nil, nil return { list = { ex } }",
                ""
            ),
            "step one: what measure returned cannot be recorded: data.list.1 is an exchange whose messages "
                .. "were taken out"
        )
    end)
    it("the data of a step named as a shipped one are not drawn", function()
        harmless(
            (MEASURE:format(
                EXCHANGE
                    .. "return { trace = { levels = { { servers = 5 } }, parent = 7, zone = 'x' }, ex = ex }",
                ""
            )):gsub("^", "id = 'delegation', ")
        )
    end)
end)

describe("what no report can hold is told with the line that gave it", function()
    for code, words in pairs {
        ["ctx:note({})"] = "report:note: a text is needed, got a table",
        ["ctx:note()"] = "report:note: a text is needed, got nothing",
        ["ctx:progress(print)"] = "ctx:progress: a text is needed",
        ["ctx.report:put('x', function() end)"] = "report:put: x is a function",
        ["local t = {}; t.t = t; ctx.report:put('x', t)"] = "report:put: x.t contains itself",
        ["ctx:table { key = 'k', columns = { {} }, rows = {} }"] = "report:table k: columns[1]: a text is "
            .. "needed",
        ["ctx:table { key = 'k', columns = { 'a' }, rows = { 7 } }"] = "report:table k: rows[1] is a number",
        ["ctx:finding { id = 'team.x', summary = 's', subject = { server = {} } }"] = "subject.server: a "
            .. "text is needed",
        ["ctx:finding { id = 'team.x', summary = 's', reproduce = { {} } }"] = "reproduce[1]: a text is "
            .. "needed",
        ["ctx.report:status('unknown', {})"] = "report:status: why: a text is needed",
        ["ctx.ledger = nil; ctx:trace()"] = "attempt to index a nil value (field 'ledger')",
        ["ctx.ledger:add({ n = 1 })"] = "has to be an exchange",
        ["for i = 1, 1001 do ctx:finding { id = 'team.x' .. i, summary = 's' } end"] = "at most 1000",
        ["ctx.report.note(nil, 'x')"] = "report:note: call it with a colon",
    } do
        it(code, function()
            refused(RUN:format(code), words)
        end)
    end
    -- The body of a step begins at line 3 of the book.
    local TASK = "local task = require 'dnsprobe.task'\nlocal nothing\n"
    for code, told in pairs {
        ["\nerror()"] = { "a nil was raised as an error; a text is needed", 4 },
        ["\nerror({})"] = { "a table was raised as an error; a text is needed", 4 },
        ["\nerror(setmetatable({}, { __tostring = function() error {} end }))"] = {
            "an error that has no text",
            4,
        },
        ["\nreturn table.concat { {} }"] = { "invalid value", 3 }, -- a tail call leaves no line of its own
        ["\nlocal h = require 'dnsprobe.task'.spawn(function() end); h:cancel() h:await() h:await()"] = {
            "canceled",
            nil,
        },
        [TASK .. "task.spawn(function()\nreturn nothing.x end):await()"] = {
            "attempt to index a nil value",
            6,
        },
        [TASK .. "task.spawn(function()\nctx:exchange { name = 5 }\nend) task.sleep(0.05)"] = {
            "bad argument #1 to 'exchange' (option 'server'",
            6,
        },
        [TASK .. "task.all { function() task.sleep(0.01) end, function()\nlocal _ = ('x'):rep(1 << 60) end "
            .. "}"] = {
            "too large",
            6,
        },
        [TASK .. "task.map({ 1, 2 }, function()\ntable.concat { {} }\nend, { limit = 1 })"] = {
            "invalid value",
            6,
        },
        [TASK .. "task.deadline(1, function()\ntable.insert(nothing, 5)\nend)"] = { "table expected", 6 },
        [TASK .. "pcall(task.spawn(function() error {} end).await, {})\nctx:note {}"] = { "report:note", 6 },
    } do
        it("line " .. (told[2] or "-") .. ": " .. code, function()
            refused(RUN:format(code), told[1], told[2])
        end)
    end
    it("and a judge at its own", function()
        refused(MEASURE:format("return {}", "\nreturn table.concat { {} }"), "invalid value", 3)
        refused(MEASURE:format("return {}", "\nreport:note {}"), "report:note", 4)
        refused(MEASURE:format("return {}", "\nerror()"), "a nil was raised", 4)
    end)
    it("data in too many tables", function()
        refused(
            MEASURE:format("local t = {}; for _ = 1, 2000 do t = { t } end return t", ""),
            "has more than 90 tables in one another"
        )
    end)
end)

describe("long texts and lists are cut, and say so", function()
    it("texts of every kind", function()
        local document = harmless(
            RUN:format(
                [[local long = ("ä"):rep(2500000)
            ctx:finding { id = "team.x", summary = long, fix = long, title = long,
                subject = { server = long }, reproduce = { long } }
            ctx:note(long); ctx:table { key = "k", title = long, columns = { "a" },
                rows = { { long } } }; ctx.report:put("x", long)]]
            )
        )
        local finding, step = document.findings[1], document.steps[1]
        for _, text in ipairs {
            finding.summary,
            finding.fix,
            finding.title,
            finding.subject.server,
            finding.reproduce[1],
            step.notes[1],
            step.data.k[1].a,
            step.tables[1].title,
            step.data.x,
        } do
            assert.is_true(#text < 66000)
            assert.truthy(text:find("ä%.%.%. %(%d+ more bytes%)$"), text:sub(-60))
        end
    end)
    it("rows, remarks, evidence and commands", function()
        local document = harmless(RUN:format([[local rows, numbers, lines = {}, {}, {}
            for i = 1, 20000 do rows[i], numbers[i], lines[i] = { i }, i, "dig" end
            ctx:table { key = "k", columns = { "a" }, rows = rows }
            for i = 1, 3000 do ctx:note("note " .. i) end
            ctx:finding { id = "team.x", summary = "s", evidence = numbers, reproduce = lines }]]))
        local finding, step = document.findings[1], document.steps[1]
        assert.same(
            { 5000, 201, 10000, 50 },
            { #step.data.k, #step.notes, #finding.evidence, #finding.reproduce }
        )
        assert.equal("k: 15000 more rows were left out", step.notes[1])
        assert.equal("2801 more remarks were left out", step.notes[201])
    end)
    it("not within a character, and only what is too long", function()
        assert.equal("ab", plain.shortened("ab", 2))
        assert.equal("a... (2 more bytes)", plain.shortened("aä", 2))
        assert.equal("\xff\xff... (1 more bytes)", plain.shortened("\xff\xff\xff", 2))
    end)
end)

-- What one step does with everything that it can reach, as code: all tables are emptied, and functions loop.
local VANDAL = [[
local seen = {}
local function ruin(t)
    if type(t) ~= "table" or seen[t] then return end
    seen[t] = true
    for key, value in next, t do
        ruin(value)
        if type(value) ~= "table" or getmetatable(value) == nil then t[key] = 7 end
    end
end
]]

describe("a team's step beside shipped ones", function()
    -- Statuses and findings of the shipped steps.
    local function judged_beside(loaded, measure, judge)
        assert(fs.write_atomic(PATH, VANDAL .. ([[
            local r = require "dnsprobe.runbook"
            local book = r.extend("delegation", { before = { nameservers = { id = "team", title = "Team",
                measure = function(ctx) %s return {} end, judge = function(data, report) %s end } } })
            %s
            return book]]):format(measure, judge, loaded)))
        local session = task.run(function()
            local one = launch.session({ lab = "dead-ns", domain = "shop.example", seed = 1, samples = 3,
                deadline = 20, timeout = 0.3, late = 0, qps = 500, book = runbook.load(PATH) }, { "test" })
            run.measure(one, function() end)
            one.lab.stop()
            return one
        end)
        session.with_exchanges = true
        local document = task.run(run.judge, session)
        local out = {}
        for _, step in ipairs(document.steps) do
            out[#out + 1] = step.id .. " " .. step.status
        end
        for _, finding in ipairs(document.findings) do
            out[#out + 1] = finding.id .. " " .. finding.step
        end
        assert(fs.write_atomic(FOLDER .. "/report.json", require("dnsprobe.json").encode(document)))
        local replayed = task.run(function()
            return run.judge((replay.session(replay.read(FOLDER .. "/report.json"))))
        end)
        assert.equal(#document.findings, #replayed.findings)
        return table.concat(out, "\n")
    end
    it("does not reach their settings, data and exchanges", function()
        local whole = judged_beside("", "", "")
        assert.truthy(whole:find("auth.ns-unreachable nameservers", 1, true), whole)
        assert.equal(whole, judged_beside("", "", "ruin(report.data)"))
        assert.equal(whole, judged_beside("", "", "ruin(report.provided) ruin(report)"))
        assert.equal(whole, judged_beside("", "ruin(ctx.target) ruin(ctx.params) ruin(ctx.host) "
            .. "ruin(ctx.resolvers) ctx.sample, ctx.exchange, ctx.nameservers, ctx.trace, ctx.cuts "
            .. "= nil, 5, 5, 5, 5", ""))
        assert.equal(whole, judged_beside("ruin(book)", "", ""))
    end)
end)
