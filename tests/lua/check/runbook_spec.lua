-- SPDX-License-Identifier: MIT
-- `dnsprobe check`: every kind of mistake has its line, all are told at once, and what is shipped has none.
local book = require "dnsprobe.check.runbook"
local fs = require "dnsprobe.fs"
local server = require "dnsprobe.check.languageserver"
local task = require "dnsprobe.base.task"

local folder = os.tmpname()
os.remove(folder)
assert(fs.mkdir_p(folder .. "/steps"))
folder = assert(fs.realpath(folder))
teardown(function()
    os.execute("rm -r '" .. folder .. "'")
end)

local function write(name, text)
    assert(fs.write_atomic(folder .. "/" .. name, text))
    return folder .. "/" .. name
end

local function check(path)
    return task.run(book.check, path)
end

-- Problems as "LINE: text" or "LINE: warning: text", of the runbook's own file.
local function told(path)
    local out = {}
    for _, problem in ipairs(check(path).problems) do
        out[#out + 1] = ("%s%s: %s%s"):format(
            problem.file == path and "" or problem.file:match("[^/]+$") .. ":",
            tostring(problem.line),
            problem.severity == "warning" and "warning: " or "",
            problem.text
        )
    end
    return out
end

-- A runbook of one step with this body of `measure` or `judge`.
local function with_measure(body, params)
    return ([[local dns = require "dnsprobe"; local names = require "dnsprobe.names"
local function measure(ctx)
%s
end
local function judge(data, report) return data, report end
return require "dnsprobe.runbook".define { name = "x", summary = "s", params = { limit = { default = "1", help = "h" } %s },
    steps = { { id = "a", title = "T", sends = "nothing", measure = measure, judge = judge } } }
]]):format(body, params or "")
end

describe("what is shipped", function()
    local function each(pattern)
        for path in io.popen("ls " .. pattern):lines() do
            if not path:find("/resolvers.lua", 1, true) then
                it("has no fault: " .. path, function()
                    assert.same({}, told(path))
                end)
            end
        end
    end
    each "runbooks/*.lua"
    each "examples/*/*.lua"
end)

describe("a mistake in the text", function()
    for body, expected in pairs {
        ["return undefined"] = '3: there is no variable "undefined"',
        ["return ctxx"] = '3: there is no variable "ctxx"; did you mean ctx?',
        ["return prnt, dsn"] = '3: there is no variable "dsn"; did you mean dns?',
        ["count = 1"] = "3: count is assigned and was declared nowhere; is `local` missing?",
        ["return dns.exchagne"] = '3: dns has no member "exchagne"; did you mean exchange?',
        ["return dns.stub.lookpu('x')"] = '3: dns.stub has no member "lookpu"; did you mean lookup?',
        ["return names.parnt"] = '3: names has no member "parnt"; did you mean parent?',
        ["return dns.setup{}"] = '3: dns has no member "setup"',
        ["return ctx.nameserver"] = '3: Ctx has no member "nameserver"; did you mean nameservers?',
        ["return ctx:querry{ name = 'x', server = 'y' }"] =
            '3: Ctx has no member "querry"; did you mean query?',
        ["local x = ctx:query{ name = 'x', server = 'y' }\nreturn x.respons"] =
            '4: Exchange has no member "respons"',
        ["local x = ctx:query{ name = 'x', server = 'y' }\nfor _, r in ipairs(x.response.answer) do\nreturn "
            .. "r.tttl end"] =
            '5: Record has no member "tttl"; did you mean ttl?',
        ["local function f(c) return c.samplez end\nf(ctx)"] =
            '3: Ctx has no member "samplez"; did you mean sample?',
        ["return os.execute('ls')"] = '3: os has no member "execute"',
        ["return ('x'):fnd('x')"] = '3: string has no member "fnd"; did you mean find?',
        ["return require 'dnsprobe.nams'"] =
            '3: module "dnsprobe.nams" is not available to runbooks; did you mean dnsprobe.names?',
        ["return require 'io'"] = '3: module "io" is not available to runbooks',
        ["return ctx.params.limitt"] = '3: parameter "limitt" is declared nowhere; did you mean limit?',
        ["ctx:progress(5)"] = "3: ctx:progress: text is an integer, not string",
        ["ctx:progress()"] = "3: ctx:progress: text is missing",
        ["ctx:progress('a', 'b')"] = "3: ctx:progress takes 1 argument, not 2",
        ["return ctx:query{ name = 'x' }"] = "3: ctx:query: options: server is missing",
        ["return ctx:query{ name = 'x', server = 'y', nme = 1 }"] =
            '3: ctx:query: options: there is no member "nme"; did you mean name?',
        ["return ctx:query{ name = 5, server = 'y' }"] = "3: ctx:query: options: name is an integer, not "
            .. "string",
        ["return ctx:query{ name = 'x', server = 'y', transport = 'upd' }"] =
            '3: ctx:query: options: transport is "upd"; did you mean udp?',
        ["return dns.exchange{ name = 'x', server = 'y', rd = 'no' }"] = "3: dns.exchange: options: rd is a "
            .. "string, not boolean",
        ["return ctx.samples()"] = "",
        ["return dns()"] = "3: dns is called and is no function",
    } do
        it(body, function()
            local list = told(write("x.lua", with_measure(body)))
            if expected == "" then
                return
            end
            local found = false
            for _, text in ipairs(list) do
                found = found or text:sub(1, #expected) == expected
            end
            assert.is_true(found, table.concat(list, "\n"))
        end)
    end

    it("is none where nobody can know", function()
        for _, body in ipairs {
            "local x\nx = ctx:query{ name = 'x', server = 'y' }\nx = {}\nreturn x.anything",
            "local function f(v) return v.anything end\nf(ctx); f({ anything = 1 })",
            "return ctx.data.a.b.c",
            "return ctx.params.other or 5",
            "local t = {}\nt.x = 1\nreturn t.y",
            "for k, v in pairs(ctx.params) do return k, v.x end",
            "local o = { name = 'x', server = 'y' }\no.rd = false\nreturn ctx:query(o)",
            "return select('#', ctx:query(table.unpack({ {} })))",
            "local ok = ctx.target.zone and ctx.host.resolvers[1].port",
            "return dns.is_type 'A' and ('%d'):format(1)",
            "goto done\n::done::\nrepeat local z = 1 until z == 1\nreturn 0x10 >> 1, 1e3 // 2, [==[ ]] ]==], "
                .. "'a\\z\n  b'",
        } do
            assert.same({}, told(write("x.lua", with_measure(body))), body)
        end
    end)

    it("is told with all others, in every file, where the runbook cannot be loaded too", function()
        write(
            "steps/own.lua",
            "return { id = 'own', title = 'T', run = function(ctx)\n    return ctx.parms, nowhere\nend }"
        )
        assert.same(
            {
                '5: no step named "nameserver" (steps/nameserver.lua) was found; did you mean nameservers?',
                '6: two steps with the id "m"; the other one is in line 5',
                "7: warning: finding team.a: fix is missing: what should be done about it?",
                '7: finding team.a: severity "fatal"; there are: info, warning, critical',
                '8: parameter "limitt" is declared nowhere; did you mean limit?',
                "own.lua:1: warning: step own: sends is missing: what does it send at defaults, for "
                    .. "`dnsprobe show`?",
                'own.lua:2: Ctx has no member "parms"; did you mean params?',
                'own.lua:2: there is no variable "nowhere"',
            },
            told(write(
                "x.lua",
                [[return require "dnsprobe.runbook".define {
    name = "x", summary = "s",
    params = { limit = { type = "integer", default = 5, help = "h" } },
    steps = { "./steps/own.lua",
        "nameserver", { id = "m", title = "T", sends = "x", run = function() end },
        { id = "m", title = "T", sends = "x", run = function(ctx)
            ctx:finding { id = "team.a", severity = "fatal", summary = "s" }
            return ctx.params.limitt
        end } },
}
]]
            ))
        )
    end)

    it("of the syntax is told once, with its line", function()
        local list = told(write("x.lua", "local x = 1\nlocal = 5\n"))
        assert.equal(1, #list)
        assert.truthy(list[1]:find("^2: <name> expected near '='"), list[1])
    end)
end)

local LAMED = 'finding: id "auth.lamed" is not known; a runbook\'s own ids carry a prefix of their own; '
    .. "did you mean auth.lame?"

describe("texts", function()
    it("that are missing are warnings; an id without prefix is an error", function()
        local path = write("x.lua", [[return require "dnsprobe.runbook".define { name = "x", summary = "s",
    params = { a = { type = "integer", default = 1 }, b = { type = "integer", default = 1, help = "h" } },
    steps = { { id = "a", title = "T", run = function(ctx)
        ctx:finding { id = "spf", severity = "warning", summary = "s", fix = "f" }
        ctx:finding { id = "auth.lamed", severity = "warning", summary = "s", fix = "f" }
        ctx:finding { id = "auth.lame", severity = "warning", summary = "s" }
        ctx:finding { id = "team.a", severity = "warning", fix = "f" }
    end } } }]])
        assert.same({ "2: warning: parameter a: help is missing: what is it for?",
            "3: warning: step a: sends is missing: what does it send at defaults, for `dnsprobe show`?",
            '4: finding: id "spf": lower-case letters with a prefix and a dot are needed, as in '
                .. "team.mail-spf",
            "5: " .. LAMED,
            "7: finding team.a: summary is missing" }, told(path))
    end)
end)

describe("each kind of mistake is printed with its file and line", function()
    local function printed(path)
        local out, stdout, add = {}, io.stdout, server.add
        rawset(io, "stdout", {
            write = function(_, ...)
                out[#out + 1] = table.concat { ... }
            end,
        })
        server.add = function() end
        local ok, code = pcall(task.run, require("dnsprobe.cli.check").run, { runbook = path })
        rawset(io, "stdout", stdout)
        server.add = add
        assert(ok, code)
        return table.concat(out), code
    end
    local head = 'local dns = require "dnsprobe"\n'
        .. 'return require "dnsprobe.runbook".define { name = "x", summary = "s",\n'
        .. '  params = { limit = { type = "integer", default = 1, help = "h" } },\n'
    local function step(body)
        return head
            .. '  steps = { { id = "a", title = "T", sends = "none", run = function(ctx)\n    '
            .. body
            .. "\n  end } } }\n"
    end
    for what, case in pairs {
        ["syntax"] = { step "local = dns", "5: <name> expected near '='" },
        ["unknown variable"] = {
            step "return dns, ctxx",
            '5: there is no variable "ctxx"; did you mean ctx?',
        },
        ["unknown member"] = {
            step "return dns.exchagne, ctx",
            '5: dns has no member "exchagne"; did you mean exchange?',
        },
        ["wrong type of an argument"] = {
            step "ctx:progress(dns and 5)\n    ctx:progress(5)",
            "6: ctx:progress: text is an integer, not string",
        },
        ["undeclared parameter"] = {
            step "return dns, ctx.params.limitt",
            '5: parameter "limitt" is declared nowhere; did you mean limit?',
        },
        ["missing text"] = {
            step "return dns, ctx:finding { id = 'team.a', severity = 'warning', fix = 'f' }",
            "5: finding team.a: summary is missing",
        },
        ["unknown finding"] = {
            step("ctx:finding { id = 'auth.lamed', severity = 'warning', summary = 's', fix = 'f' }\n"
                .. "  return dns"),
            "5: " .. LAMED,
        },
        ["unknown step"] = {
            head .. '  steps = { "delegation",\n    "nameserver" } }, dns\n',
            '5: no step named "nameserver" (steps/nameserver.lua) was found; did you mean nameservers?',
        },
    } do
        it(what, function()
            local path = write("x.lua", case[1])
            local text, code = printed(path)
            assert.equal(("%s:%s\n%s: 1 error, 0 warnings\n"):format(path, case[2], path), text)
            assert.equal(65, code)
        end)
    end
end)

describe("scenarios", function()
    for body, words in pairs {
        ["expect = {}, change = function(net)\nnet:server('ns1.shop.example.').faults.delay = 1 end"] = false,
        ["expect = {}, change = function(net)\nnet:server('ns9.shop.example.').faults.flap = 1 end"] =
            '5: the lab has no server named ',
        ["expect = {}, change = function(net)\nnet:edit('shop.exampel.', {}) end"] =
            '5: the lab has no zone "shop.exampel."',
        ["expect = {}, change = function(net)\nnet:after(-1, type) end"] = "5: net:after: seconds and a "
            .. "function are needed",
        ["expect = {}, change = function(net) net.rots = {} end"] =
            'nil: scenario s: net: unknown member "rots"',
        ["expect = { 'auth.lamee' }"] = 'nil: scenario s: expect: id "auth.lamee" is not known',
        ["expct = {}"] = 'nil: scenario s: scenario: unknown member "expct"',
        ["expect = {}, base = 'helthy'"] =
            'nil: base: there is no lab scenario "helthy"; did you mean healthy?',
        ["expect = {}, also_run = { sample = 3 }"] = 'nil: scenario s: also_run: unknown member "sample"',
    } do
        it("are looked at: " .. body, function()
            local list = told(write(
                "x.lua",
                ([[
return require "dnsprobe.runbook".define { name = "x", summary = "s",
    steps = { { id = "a", title = "T", sends = "nothing", run = function(ctx) return ctx end } },
    scenarios = { { name = "s",
%s } } }]]):format(body)
            ))
            assert.equal(words and 1 or 0, #list, table.concat(list, "\n"))
            assert.truthy(not words or list[1]:find(words, 1, true) == 1, list[1])
        end)
    end
end)

describe("the budget", function()
    it("is what the steps say, below the ceiling", function()
        local result = check(
            write(
                "x.lua",
                [[return require "dnsprobe.runbook".define { name = "x", summary = "s", max_queries = 40,
            steps = { { id = "a", title = "T", sends = "5 queries to one server", run = function() end },
                      { id = "b", title = "T", sends = "29 x types to each server",
                          run = function() end } } }]]
            )
        )
        assert.same(
            { 40, 5, nil },
            { result.budget.max_queries, result.budget.steps[1].queries, result.budget.steps[2].queries }
        )
    end)
end)

describe("lua-language-server", function()
    it("adds its warnings where it is installed", function()
        local path = write("x.lua", with_measure("return 1"))
        write("lua-language-server", ([[#!/bin/sh
for word in "$@"; do case $word in --logpath=*) log=${word#--logpath=};; esac; done
printf '{"file://%s/x.lua":[{"code":"unused-local","message":"Unused local `dns`.","range":{"start":{"line":0}}}],
"file:///other.lua":[{}]}' >"$log/check.json"
]]):format(folder))
        os.execute("chmod +x '" .. folder .. "/lua-language-server'")
        local getenv = fs.getenv
        fs.getenv = function(name)
            return name == "PATH" and folder .. ":/usr/bin" or getenv(name)
        end
        local result = task.run(function()
            local checked = book.check(path)
            server.add(checked)
            return checked
        end)
        fs.getenv = getenv
        assert.same({ { file = path, line = 1, severity = "warning",
            text = "Unused local `dns`. (lua-language-server, unused-local)" } }, result.problems)
    end)
end)
