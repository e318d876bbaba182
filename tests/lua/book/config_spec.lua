-- SPDX-License-Identifier: MIT
-- Config files: which are read, what wins, and what each mistake is told as; through the command line, on
-- a host of the spec's own.
local host = require "support.host"
local json = require "dnsprobe.json"
local run = require "support.commandline"

local SYSTEM, USER = "/etc/dnsprobe/config.lua", "/home/u/.config/dnsprobe/config.lua"

before_each(function()
    host.begin()
    host.env.HOME = "/home/u"
    host.files["/src/runbooks/resolvers.lua"] =
        [[return { { group = "majors", name = "One", address = "198.51.100.1" },
        { group = "regional", name = "Two", address = "198.51.100.2" } }]]
    host.files["/src/runbooks/demo.lua"] =
        [[return require "dnsprobe.runbook".define{ name = "demo", summary = "a demo",
        params = { limit = { type = "integer", default = 3, min = 1, max = 9, unit = "ms", help = "a limit" } },
        steps = { { id = "s", title = "S", measure = function() return {} end, judge = function() end } } }]]
end)

after_each(host.restore)

-- What a run recorded: { resolvers =, params =, samples = ... }, its target's types, and what the engine was
-- told.
local function recorded(options)
    local code, out, err = run("run demo shop.example --json --exchanges " .. (options or ""))
    assert.equal("", err)
    assert.equal(0, code)
    local report = json.decode(out)
    return report.recorded, report.target.types, host.setups[#host.setups]
end

describe("files", function()
    it("are the system's and the user's, and the user's wins key by key", function()
        host.files[SYSTEM] =
            [[return { qps = 5, timeout = 1, params = { ["*"] = { limit = 4 }, demo = { limit = 5 } } }]]
        host.files[USER] = [[return { qps = 7, types = { "mx" }, params = { ["*"] = { limit = 6 } } }]]
        local run_of, types, setup = recorded()
        assert.same({ 7, 1, { "MX" }, 6 }, { setup.qps, setup.timeout, types, run_of.params.limit })
        host.env.XDG_CONFIG_HOME = "/xdg"
        run_of, types, setup = recorded()
        assert.same({ 5, 1, { "A", "AAAA" }, 5 }, { setup.qps, setup.timeout, types, run_of.params.limit })
    end)

    it("are replaced by DNSPROBE_CONFIG, which may be empty", function()
        host.files[USER], host.files["/x.lua"] = "return { qps = 7 }", "return { qps = 8 }"
        host.env.DNSPROBE_CONFIG = "/x.lua"
        assert.equal(8, select(3, recorded()).qps)
        host.env.DNSPROBE_CONFIG = ""
        assert.equal(20, select(3, recorded()).qps)
        host.env.DNSPROBE_CONFIG = "/gone.lua"
        local code, _, err = run "run demo shop.example"
        assert.equal(65, code)
        assert.truthy(err:find("/gone.lua", 1, true))
    end)

    it("lose to the command line", function()
        host.files[USER] =
            [[return { resolvers = { "192.0.2.1" }, qps = 7, samples = 50, types = "TXT", format = "nagios", port = 99,
            params = { demo = { limit = 5 } } }]]
        local run_of, types, setup =
            recorded "--qps 9 --detect 4% -t NS --set limit=8 --resolver 192.0.2.2 --port 98"
        assert.same(
            { 9, 74, { "NS" }, 8, "192.0.2.2", 98 },
            { setup.qps, run_of.samples, types, run_of.params.limit, run_of.resolvers[1].address, setup.port }
        )
        assert.equal(50, recorded().samples)
        local _, out = run "run demo shop.example"
        assert.truthy(out:match("^DNS%S* OK") or out:match("^OK") or out:match("|"), out)
    end)

    it("name resolvers and groups for runbooks that have no list", function()
        host.files[USER] = [[return { resolvers = { "192.0.2.1#5353 office", "@regional" } }]]
        local list = recorded().resolvers
        assert.same(
            { "192.0.2.1", 5353, "office", "198.51.100.2" },
            { list[1].address, list[1].port, list[1].name, list[2].address }
        )
        host.files["/src/runbooks/demo.lua"] =
            host.files["/src/runbooks/demo.lua"]:gsub("steps =", 'resolvers = { "192.0.2.9" }, steps =')
        assert.equal("192.0.2.9", recorded().resolvers[1].address)
    end)

    it("lose to the environment for parameters", function()
        host.files[USER] = "return { params = { demo = { limit = 5 } } }"
        host.env.DNSPROBE_SET_limit = "7"
        assert.equal(7, recorded().params.limit)
        host.env.DNSPROBE_SET_limit = "70"
        local code, _, err = run "run demo shop.example"
        assert.equal(64, code)
        assert.equal("dnsprobe: DNSPROBE_SET_limit: limit must be between 1 and 9 ms, got 70\n", err)
        host.env = { DNSPROBE_SET_limti = "7" }
        code, _, err = run "run demo shop.example"
        assert.equal(64, code)
        assert.equal(
            'dnsprobe: DNSPROBE_SET_limti: demo has no parameter "limti"; did you mean DNSPROBE_SET_limit?\n',
            err
        )
        host.env = { DNSPROBE_SET_dkim_selector = "of another runbook" }
        assert.equal(3, recorded().params.limit)
    end)
end)

describe("a mistake", function()
    it("is told in one line with file and key, before anything is sent", function()
        local mistakes = {
            ["return {"] = USER .. ":1:",
            ["return 5"] = "returns a table",
            ["return { qpss = 5 }"] = 'unknown key "qpss"; there are: color, deadline, detect,',
            ["return { 5 }"] = "unknown key 1",
            ["return { qps = 0 }"] = "qps: a number from 0.1 to 100000 is needed, got '0'",
            ["return { timeout = 'soon' }"] = "timeout: a number",
            ["return { detect = '200%' }"] = "detect: a rate",
            ["return { types = { 'A', 'NOTATYPE' } }"] = "types: unknown record type 'NOTATYPE'",
            ["return { types = { {} } }"] = "types: record types are needed",
            ["return { samples = 1.5 }"] = "samples: a whole number",
            ["return { format = 'yaml' }"] = "format: one of html, json,",
            ["return { color = true }"] = "color: one of auto",
            ["return { resolvers = '192.0.2.1' }"] = "resolvers: a list",
            ["return { resolvers = {} }"] = "resolvers: an address",
            ["return { resolvers = { '192.0.2.1', 'nowhere' } }"] = "resolvers: entry 2: no address",
            ["return { resolvers = { '@nogroup' } }"] = "resolvers: entry 1: no group @nogroup; there are: "
                .. "@majors, @regional",
            ["return { params = { limit = 5 } }"] = 'params: { ["*" or a runbook\'s name]',
            ["return { params = { demo = { nolimit = 5 } } }"] =
                'params: demo: unknown parameter "nolimit"; there are: limit',
            ["return { params = { demo = { limit = 10 } } }"] = "params: demo: limit must be between 1 and 9 "
                .. "ms, got 10",
            ["return { params = { ['*'] = { limit = 'x' } } }"] = "params: *: limit needs a whole number",
            ["return { qps = os.getenv('QPS') }"] = USER .. ":1:",
            ["return require 'dnsprobe'"] = USER .. ":1:",
        }
        for text, expected in pairs(mistakes) do
            host.files[USER] = text
            local sent = #host.setups
            local code, _, err = run "run demo shop.example"
            assert.equal(65, code, text)
            assert.truthy(err:find(expected, 1, true), text .. ": " .. err)
            assert.truthy(err:find("^dnsprobe: " .. USER:gsub("%p", "%%%0") .. "[^\n]*\n$"), err)
            assert.equal(sent, #host.setups, text)
        end
    end)

    it("in another runbook's parameters, or for a key that only other runbooks have, is none", function()
        host.files[USER] = "return { params = { ['*'] = { depth = 3 }, other = { depth = 3 } } }"
        assert.equal(3, recorded().params.limit)
    end)
end)

describe("show and help", function()
    it("show what is in effect and where it comes from", function()
        host.files[SYSTEM], host.files[USER] =
            "return { qps = 5, timeout = 1 }", "return { qps = 7, params = { demo = { limit = 5 } } }"
        local _, out = run "show demo --json"
        local shown = json.decode(out)
        assert.same(
            { "5", USER, "ms" },
            { shown.params[1].default, shown.params[1].from, shown.params[1].unit }
        )
        local from = {}
        for _, row in ipairs(shown.settings) do
            from[row.setting] = row.value .. " " .. row.from
        end
        assert.same({ "7 " .. USER, "1 " .. SYSTEM, "120 built in", "@majors built in" },
            { from.qps, from.timeout, from.deadline, from.resolvers })
        host.env.DNSPROBE_SET_limit = "6"
        _, out = run "show demo"
        assert.truthy(out:match("limit%s+6%s+DNSPROBE_SET_limit%s+integer%s+1..9%s+ms%s+a limit"), out)
    end)

    it("describe every key", function()
        local code, out = run "help config"
        assert.equal(0, code)
        for _, row in ipairs(require("dnsprobe.book.config").keys) do
            assert.truthy(out:find("\n  " .. row.key .. " ", 1, true), row.key)
        end
    end)
end)
