-- SPDX-License-Identifier: MIT
-- Runbooks: found by the search path, defined, extended, checked; parameters typed and in range.
local exit = require "dnsprobe.base.exit"
local find = require "dnsprobe.guest.find"
local host = require "support.host"
local params = require "dnsprobe.book.runbook.params"
local runbook = require "dnsprobe.book.runbook"

local HEAD = [[local runbook = require "dnsprobe.runbook"
]]

local function step(id)
    local text = 'return { id = %q, title = "T", measure = function() return {} end, judge = function() end }'
    return text:format(id)
end

local function load_failure(name)
    local ok, err = pcall(runbook.load, name)
    assert.is_false(ok)
    return exit.failure(err), tostring(err)
end

local function ids(book)
    local out = {}
    for i, one in ipairs(book.steps) do
        out[i] = one.id
    end
    return table.concat(out, " ")
end

before_each(function()
    host.begin()
    for _, id in ipairs { "one", "two", "three" } do
        host.files["/src/runbooks/steps/" .. id .. ".lua"] = step(id)
    end
    host.files["/src/runbooks/base.lua"] = HEAD .. [[return runbook.define{ name = "base", summary = "the base",
        params = { limit = { type = "integer", default = 5, min = 1, max = 9, unit = "ms", help = "a limit" } },
        steps = { "one", "two" } }]]
end)

after_each(host.restore)

describe("search", function()
    it("goes through the contract's folders in order", function()
        host.env = { DNSPROBE_PATH = "/a:/b/", XDG_CONFIG_HOME = "/xdg" }
        host.data = "/usr/share/dnsprobe"
        assert.same(
            {
                "./",
                "/a/",
                "/b/",
                "/xdg/dnsprobe/runbooks/",
                "/etc/dnsprobe/runbooks/",
                "/usr/share/dnsprobe/runbooks/",
                "/src/runbooks/",
            },
            find.folders()
        )
    end)

    it("takes a name, a file name and a path", function()
        assert.equal("/src/runbooks/base.lua", find.runbook "base")
        assert.equal("/src/runbooks/base.lua", find.runbook "base.lua")
        assert.equal("/src/runbooks/base.lua", find.runbook "/src/runbooks/base.lua")
        host.files["./base.lua"] = host.files["/src/runbooks/base.lua"]
        assert.equal("./base.lua", find.runbook "base")
    end)

    it("says exit 64 where there is none", function()
        assert.equal(64, load_failure("nowhere").code)
    end)
end)

describe("define", function()
    it("loads steps by id, by file and in place", function()
        host.files["/t/steps/own.lua"] = step "own"
        host.files["/t/team.lua"] = HEAD .. [[return runbook.define{ name = "team", summary = "s",
            steps = { "one", "./steps/own.lua", { id = "mx", title = "T", run = function() end } } }]]
        local book = runbook.load "/t/team.lua"
        assert.equal("one own mx", ids(book))
        assert.equal(64, #book.sha256)
    end)

    it("takes parameters from steps, and the runbook's own on top", function()
        host.files["/src/runbooks/steps/one.lua"] = [[return { id = "one", title = "T", run = function() end,
            params = { depth = { type = "integer", default = 3, min = 1, max = 9 } } }]]
        host.files["/t/x.lua"] = HEAD .. [[return runbook.define{ name = "x", summary = "s", steps = { "one" },
            params = { depth = 4 } }]]
        assert.equal(4, runbook.load("/t/x.lua").params.depth.default)
    end)

    it("says exit 65 with file and line for each mistake", function()
        local mistakes = {
            ["syntax"] = "return {",
            ["returns nothing"] = "local x = 1",
            ["unknown member"] = HEAD
                .. "return runbook.define{ name = 'x', summary = 's', steps = {}, stepps = {} }",
            ["no summary"] = HEAD .. "return runbook.define{ name = 'x', steps = {} }",
            ["no such step"] = HEAD
                .. "return runbook.define{ name = 'x', summary = 's', steps = { 'nope' } }",
            ["step twice"] = HEAD
                .. "return runbook.define{ name = 'x', summary = 's', steps = { 'one', 'one' } }",
            ["half a step"] = HEAD
                .. "return runbook.define{ name='x', summary='s', steps={ { id='a', title='t', measure=print "
                .. "} } }",
            ["bad default"] = HEAD
                .. "return runbook.define{ name='x', summary='s', steps={}, params={ p={ type='integer', "
                .. "default='a' } } }",
            ["leaves folder"] = HEAD
                .. "return runbook.define{ name='x', summary='s', steps={ './../y.lua' } }",
            ["lua error"] = "error('boom')",
        }
        for what, text in pairs(mistakes) do
            host.files["/t/x.lua"] = text
            local failure, message = load_failure "/t/x.lua"
            assert.equal(65, failure and failure.code, what)
            assert.truthy(message:find("/t/x.lua", 1, true), what .. ": " .. message)
            assert.is_nil(message:find("\n", 1, true), what)
        end
    end)
end)

describe("a mistake", function()
    -- text → what the message begins with behind the path
    local function told(text, expected)
        host.files["/t/x.lua"] = text
        local failure, message = load_failure "/t/x.lua"
        assert.equal(65, failure and failure.code, text)
        assert.equal("/t/x.lua:" .. expected, message:sub(1, #"/t/x.lua:" + #expected), message)
    end

    it("of runbook.define has the line of what is wrong", function()
        local head = "-- stepps, name, 'nope'\n"
            .. HEAD
            .. "return runbook.define {\n    name = 'x',\n    summary = 's',\n"
        told(
            head .. "    stepps = {},\n}",
            '6: runbook.define: unknown member "stepps"; there are: explains, max_queries, name,'
        )
        told(head .. "    steps = 'one',\n}", "6: runbook.define: steps is a string, not a table")
        told(head .. "}", "3: runbook.define: steps is missing")
        told(head .. "    steps = {\n        'one',\n        'nope',\n    },\n}", "8: no step named \"nope\"")
        told(
            head .. "    steps = {\n        'one',\n        './steps/gone.lua',\n    },\n}",
            "8: the step's file /t/steps/gone.lua"
        )
        told(
            head .. "    steps = {\n        'one',\n        '../x.lua',\n    },\n}",
            '8: "../x.lua" leaves the folder'
        )
        told(
            head .. "    steps = { 'one',\n        { id = 'mx', titel = 'T' } },\n}",
            '7: step mx: unknown member "titel"'
        )
        told(head .. "    steps = { 'one',\n        { id = 'mx' } },\n}", "7: step mx: title is missing")
        told(
            head .. "    steps = {},\n    params = {\n        deep = 4,\n    },\n}",
            '8: x has no parameter "deep"; it has none'
        )
        told(
            head .. "    steps = {},\n    params = {\n        deep = { min = 'a' },\n    },\n}",
            "8: parameter deep: min is a string"
        )
        told(
            head .. "    steps = {},\n    scenarios = {\n        '/etc/x.lua',\n    },\n}",
            '8: "/etc/x.lua" leaves'
        )
    end)

    it("in a step's own file is told with that file", function()
        host.files["/t/steps/bad.lua"] = "return {\n  id = 'bad',\n  title = 5,\n  run = function() end }"
        host.files["/t/x.lua"] = HEAD
            .. "return runbook.define{ name = 'x', summary = 's', steps = { './steps/bad.lua' } }"
        local _, message = load_failure "/t/x.lua"
        assert.equal("/t/steps/bad.lua:3: step bad: title is a number, not a string", message)
    end)
end)

describe("extend", function()
    local function extended(spec)
        host.files["/t/team.lua"] = HEAD .. "return runbook.extend('base', " .. spec .. ")"
        return runbook.load "/t/team.lua"
    end

    it("puts steps before, after, in place of, and leaves out", function()
        assert.equal("three one two", ids(extended "{ before = { one = 'three' } }"))
        assert.equal("one three two", ids(extended "{ after = { one = 'three' } }"))
        assert.equal("three two", ids(extended "{ replace = { one = 'three' } }"))
        assert.equal("two", ids(extended "{ skip = { 'one' } }"))
    end)

    it("changes parameters, name and resolvers", function()
        local book = extended "{ name = 'mine', params = { limit = 7 }, resolvers = { '192.0.2.1' } }"
        assert.equal("mine", book.name)
        assert.equal("the base", book.summary)
        assert.equal(7, book.params.limit.default)
        assert.same({ "192.0.2.1" }, book.resolvers)
    end)

    it("names the steps that are there when a place is unknown", function()
        host.files["/t/team.lua"] = HEAD .. "return runbook.extend('base', { after = { nine = 'one' } })"
        local failure, message = load_failure "/t/team.lua"
        assert.equal(65, failure.code)
        assert.truthy(message:find("one, two", 1, true))
    end)

    it("goes on to work when the extended runbook is upgraded, as far as it fits", function()
        local spec = [[{ after = { two = { id = 'mine', title = 'T', run = function() end } },
            skip = { 'one' },
            params = { limit = 7 } }]]
        assert.equal("two mine", ids(extended(spec)))
        local function upgraded(from, to, message_of_it)
            local old = host.files["/src/runbooks/base.lua"]
            host.files["/src/runbooks/base.lua"] = old:gsub(from, to)
            local ok, book = pcall(extended, spec)
            host.files["/src/runbooks/base.lua"] = old
            if not message_of_it then
                return book
            end
            assert.is_false(ok)
            assert.equal("/t/team.lua:" .. message_of_it, tostring(book))
        end
        assert.equal("two mine three", ids(upgraded('"two" }', '"two", "three" }')))
        upgraded(
            '"two" }',
            '"three" }',
            '2: runbook.extend: after: base has no step "two"; there are: one, three'
        )
        upgraded('"one", ', "", '3: runbook.extend: skip: base has no step "one"; there are: two')
        upgraded('"two" }', '"two", { id = "mine", title = "T", run = function() end } }',
            '2: runbook.extend: base has a step "mine" of its own; give yours another id, or put it in '
                .. "its place with replace")
        upgraded(
            "limit =",
            "ceiling =",
            '4: base has no parameter "limit"; there are: ceiling; '
                .. "a new one needs { type =, default =, help = }"
        )
        upgraded(
            "max = 9",
            "max = 6",
            "4: parameter limit: the default: limit must be between 1 and 6 ms, got 7"
        )
    end)

    it("tells contradictions and a base that is not there", function()
        for spec, expected in pairs {
            ["{ skip = { 'one' }, replace = { one = 'three' } }"] = 'step "one" is both replaced and skipped',
            ["{ before = { 'three' } }"] = 'before: base has no step "1"',
            ["{ skips = {} }"] = 'unknown member "skips"',
        } do
            local ok, err = pcall(extended, spec)
            assert.is_false(ok)
            assert.truthy(
                tostring(err):find("/t/team.lua:2: runbook.extend: " .. expected, 1, true),
                tostring(err)
            )
        end
        host.files["/t/team.lua"] = HEAD .. "return runbook.extend('gone', {})"
        local failure, message = load_failure "/t/team.lua"
        assert.equal(65, failure.code)
        assert.equal(
            '/t/team.lua:2: runbook.extend: no runbook named "gone" was found (see: dnsprobe list)',
            message
        )
    end)

    it("lets a replacing step declare its parameters anew", function()
        local book = extended [[{ replace = { one = { id = 'mine', title = 'T', run = function() end,
            params = { limit = { type = 'integer', default = 70, max = 99 } } } } }]]
        assert.equal(70, book.params.limit.default)
    end)

    it("finds scenarios beside the runbook", function()
        assert.same(
            { "healthy", "/t/lab/x.lua" },
            extended("{ scenarios = { 'healthy', './lab/x.lua' } }").scenarios
        )
    end)

    it("extends the shipped runbook of the same name, not itself", function()
        host.files["./base.lua"] = HEAD .. "return runbook.extend('base', { skip = { 'two' } })"
        assert.equal("one", ids(runbook.load "base"))
    end)
end)

describe("explains", function()
    local verdict = require "dnsprobe.judge.verdict"

    local function book_with(rows)
        host.files["/t/team.lua"] = HEAD
            .. "return runbook.extend('base', {\n explains = {\n"
            .. rows
            .. "\n} })"
        return runbook.load "/t/team.lua"
    end

    local function finding(id, severity, server)
        return {
            id = id,
            severity = severity,
            layer = id:match("^[^.]+"),
            summary = id,
            subject = { server = server },
            evidence = {},
            facts = {},
        }
    end

    it("gives a team's finding its place: as the cause, and as what follows", function()
        local book = book_with [[
            { cause = "team.vpn-down", effect = { "client.split-dns", "team.slow" }, because = "the VPN is down" },
            { cause = "auth.lame", effect = "team.no-mx", when = "same server",
                because = "that server is lame" },]]
        local list = {
            finding("client.split-dns", "critical"),
            finding("team.vpn-down", "warning"),
            finding("team.slow", "warning"),
        }
        local judged = verdict.judge(list, { { id = "s", status = "ok" } }, { explains = book.explains })
        assert.same({ "team.vpn-down", "warning" }, { judged.cause, judged.status })
        assert.equal("the VPN is down", list[2].because)
        for server, cause in pairs { ["192.0.2.1"] = "auth.lame", ["192.0.2.2"] = "team.no-mx" } do
            list = { finding("team.no-mx", "critical", server), finding("auth.lame", "warning", "192.0.2.1") }
            assert.equal(
                cause,
                verdict.judge(list, { { id = "s", status = "ok" } }, { explains = book.explains }).cause
            )
        end
    end)

    it("takes a function, and the rows of the extended runbook stay", function()
        host.files["/src/runbooks/base.lua"] = host.files["/src/runbooks/base.lua"]:gsub("steps =", [[
            explains = { { cause = "base.a", effect = "base.b", because = "x" } }, steps =]])
        local book = book_with [[{ cause = "team.a", effect = "base.a", because = "y",
            when = function(cause, effect) return cause.subject.server ~= effect.subject.server end }]]
        assert.equal(2, #book.explains)
        assert.is_true(book.explains[2].when(finding("team.a", "info", "1"), finding("base.a", "info", "2")))
    end)

    it("tells a mistake with its line", function()
        for row, expected in pairs {
            ['{ cause = "team.a", effekt = "team.b" }'] = '4: explains: row 1: unknown member "effekt"',
            ['{ cause = "team.a", effect = "team.b" }'] = "4: explains: row 1: because is missing",
            ['{ cause = "auth.lame", effect = "auth.ns-flapping", because = "x" }'] = "4: explains: "
                .. "auth.lame and auth.ns-flapping are both shipped findings",
            ['{ cause = "auth.tame", effect = "team.b", because = "x" }'] =
                '4: explains: id "auth.tame" is not known',
            ['{ cause = "team.a", effect = "team.b", because = "x", when = "it rains" }'] =
                '4: explains: when: there is no "it rains"; '
                .. "there are: its addresses, its names, its servers, its values, same server",
            ['{ cause = "team.a", effect = "team.b", because = "x" },\n'
                .. '{ cause = "team.b", effect = "team.a", because = "x" }'] =
                "4: explains: team.a would explain itself in a circle",
            ['{ cause = "auth.ns-divergence", effect = "team.b", because = "x" },\n'
                .. '{ cause = "team.b", effect = "auth.node-divergence", because = "x" }'] =
                "4: explains: auth.ns-divergence would explain itself in a circle",
        } do
            local ok, err = pcall(book_with, row)
            assert.is_false(ok)
            assert.equal("/t/team.lua:" .. expected, tostring(err):sub(1, #"/t/team.lua:" + #expected))
        end
    end)
end)

describe("a declaration that cannot hold", function()
    it("is told with its line, by what is wrong with it", function()
        for spec, expected in pairs {
            ["p = { min = 1 }"] = "parameter p: min is for numbers, and its type is string",
            ["p = { type = 'integer', min = 5, max = 1 }"] = "parameter p: nothing is between min = 5 and "
                .. "max = 1",
            ["p = { type = 'integer', values = { 'a' } }"] =
                'parameter p: values: a whole number is needed, got "a"',
            ["p = { values = {} }"] = "parameter p: values is an empty list",
            ["p = { type = 'number', default = 1 / 0 }"] =
                'parameter p: the default: p needs a number, got "inf"',
            ["p = { typ = 'integer' }"] =
                'parameter p: unknown member "typ"; there are: default, help, max, min, source, type, unit, '
                .. "values; did you mean type?",
            ["p = { type = 'itneger' }"] =
                'parameter p: unknown type "itneger"; there are: address, boolean, integer, name, '
                .. "number, string; did you mean integer?",
            ["['a b'] = { default = 'x' }"] = "parameter a b: a name of letters, digits and _ is needed, for "
                .. "--set NAME=VALUE",
            ["'p'"] = "parameter 1: a name of letters, digits and _ is needed, for --set NAME=VALUE",
        } do
            host.files["/t/x.lua"] = HEAD
                .. "return runbook.define{ name = 'x', summary = 's', steps = {},\nparams = { "
                .. spec
                .. " } }"
            local failure, message = load_failure "/t/x.lua"
            assert.equal(65, failure and failure.code, spec)
            assert.equal("/t/x.lua:3: " .. expected, message)
        end
    end)

    it("nor does a name that is a path or an escape", function()
        for _, name in ipairs { "../x", "", "a b", "x\\27[31m", ("x"):rep(65) } do
            host.files["/t/x.lua"] = HEAD
                .. ("return runbook.define{ summary = 's', steps = {},\nname = '%s' }"):format(name)
            local failure, message = load_failure "/t/x.lua"
            assert.equal(65, failure and failure.code)
            assert.truthy(message:find("^/t/x.lua:3: name: a letter, then"), message)
        end
    end)

    it("nor do resolvers that nobody can ask", function()
        host.files["/t/x.lua"] = HEAD .. "return runbook.extend('base', {\nresolvers = { 'nowhere' } })"
        local failure, message = load_failure "/t/x.lua"
        assert.equal(65, failure and failure.code)
        assert.truthy(message:find("^/t/x.lua:3: resolvers: entry 1: no address"), message)
    end)
end)

describe("params", function()
    local specs = {
        n = { type = "integer", default = 5, min = 0, max = 9 },
        word = { values = { "a", "b" }, default = "a" },
        on = { type = "boolean", default = false },
        who = { type = "name" },
        where = { type = "address" },
    }

    it("checks types and ranges", function()
        assert.same(
            { n = 7, word = "b", on = true, who = "x.example.", where = "192.0.2.1#5353" },
            params.values(
                specs,
                { n = "7", word = "b", on = "yes", who = "X.example", where = "192.0.2.1#5353" }
            )
        )
        for key, text in pairs { n = "10", word = "c", on = "maybe", who = "a..b", where = "nowhere" } do
            local values, err = params.values(specs, { [key] = text })
            assert.is_nil(values, key)
            assert.truthy(err:find(key, 1, true))
        end
        assert.is_nil((params.values(specs, { n = "1.5" })))
    end)

    it("names the valid keys where one is unknown", function()
        local _, err = params.values(specs, { nn = "1" })
        assert.truthy(err:find("n, on, where, who, word", 1, true))
    end)
end)
