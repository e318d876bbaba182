-- SPDX-License-Identifier: MIT
-- The command line in this process, on a host of the spec's own: exit codes, one line on stderr, all formats.
local host = require "support.host"
local json = require "dnsprobe.json"
local run = require "support.commandline"

-- The demo sends: to the lab.
local DEMO = "run demo shop.example --lab healthy --samples 3"

local HOSTILE = "\27[31mred\27[0m <script>alert(1)</script> | `x` ]] & \"q\" 'p'\r\n\226\128\174evil"

local function shipped(path)
    local file <close> = assert(io.open(path))
    return file:read "a"
end

local function base_files()
    host.begin()
    host.files["/src/runbooks/resolvers.lua"] = [[return {
        { group = "majors", name = "One", address = "198.51.100.1", address6 = "2001:db8::1" },
        { group = "regional", name = "Two", address = "198.51.100.2" } }]]
    host.files["/src/runbooks/steps/servers.lua"] = [[return { id = "servers", title = "Servers",
        measure = function(ctx)
            return { samples = ctx:sample { targets = ctx.nameservers, questions = { { name = ctx.target.name, type = "A" } } },
                resolvers = ctx.resolvers, limit = ctx.params.limit }
        end,
        judge = function(data, report)
            report:table { key = "servers", columns = { "server", "n" }, rows = { { HOSTILE, #data.samples } } }
            report:note(HOSTILE)
            report:finding { id = "auth.ns-divergence", summary = HOSTILE, weight = 0.5,
                subject = { server = "192.0.2.2", label = HOSTILE }, stats = { failures = 3, samples = 9 },
                evidence = { data.samples[1].exchange }, reproduce = { "dig @192.0.2.2 " .. HOSTILE }, fix = HOSTILE }
            report:finding { id = "auth.serial-mismatch", severity = "warning", summary = "serials differ" }
        end }]]
    host.files["/src/runbooks/steps/servers.lua"] = host.files["/src/runbooks/steps/servers.lua"]:gsub(
        "HOSTILE",
        function()
            return ("%q"):format(HOSTILE)
        end
    )
    host.files["/src/runbooks/demo.lua"] =
        [[return require "dnsprobe.runbook".define{ name = "demo", summary = "a demo",
        params = { limit = { type = "integer", default = 3, min = 1, max = 9 } },
        steps = { "servers", { id = "quiet", title = "Quiet",
            run = function(ctx) ctx:progress("x") end } } }]]
    for _, scenario in ipairs { "healthy", "dead-ns" } do
        host.files["/src/runbooks/lab/" .. scenario .. ".lua"] = shipped("runbooks/lab/" .. scenario
            .. ".lua")
    end
    host.files["/src/runbooks/calm.lua"] =
        [[return require "dnsprobe.runbook".define{ name = "calm", summary = "s",
        steps = { { id = "quiet", title = "Quiet", run = function() end } } }]]
    host.files["/src/runbooks/boom.lua"] =
        [[return require "dnsprobe.runbook".define{ name = "boom", summary = "s",
        steps = { { id = "bad", title = "Bad", measure = function() return {} end,
            judge = function() local x = nil; return x.y end } } }]]
end

before_each(base_files)
after_each(host.restore)

describe("exit codes", function()
    it("follow the verdict", function()
        assert.equal(2, (run(DEMO)))
        assert.equal(0, (run "run calm shop.example"))
        assert.equal(3, (run "run demo shop.example --skip servers,quiet"))
    end)

    it("are 64 with one line for wrong usage", function()
        for _, line in ipairs {
            "",
            "frob",
            "run",
            "run demo",
            "run demo a..b",
            "run nowhere shop.example",
            "run demo shop.example --frob",
            "run demo shop.example -t NOTATYPE",
            "run demo shop.example --resolver x",
            "run demo shop.example --set nolimit=1",
            "run demo shop.example --set limit=99",
            "run demo shop.example --set x",
            "run demo shop.example --detect 0",
            "run demo shop.example --detect 200%",
            "run demo shop.example --samples 0",
            "run demo shop.example --format yaml",
            "run demo shop.example --step nope",
            "run demo shop.example -4 -6",
            "run demo shop.example --resolvers /missing",
            "run demo shop.example --resolvers @nogroup",
            "run demo shop.example --allow everything",
            "run demo shop.example -o /no/such/folder/x",
            "explain frob",
            "run demo shop.example --port 70000",
            "help frob",
            "replay /missing",
            "show nowhere",
            "new Bad_Name",
        } do
            local code, out, err = run(line)
            assert.equal(64, code, line)
            assert.equal("", out, line)
            assert.truthy(err:match("^dnsprobe: [^\n]+\n$"), line .. ": " .. err)
        end
    end)

    it("are 65 with file and line for broken files", function()
        host.files["/list"] = "192.0.2.1 fine\nnot an address\n"
        host.files["/list.json"] = '["192.0.2.1", 42]'
        host.files["/report"] = "{}"
        for line, place in pairs {
            ["run boom shop.example"] = "/src/runbooks/boom.lua:3:",
            ["run demo shop.example --resolvers /list"] = "/list:2:",
            ["run demo shop.example --resolvers /list.json"] = "/list.json: entry 2",
            ["replay /report"] = "/report",
        } do
            local code, _, err = run(line)
            assert.equal(65, code, line .. err)
            assert.truthy(err:find(place, 1, true), err)
            assert.truthy(err:match("^dnsprobe: [^\n]+\n$"), err)
        end
    end)
end)

describe("run", function()
    it("asks the resolvers it is told to", function()
        host.files["/list"] = "# ours\n192.0.2.10#5353 ours\n[2001:db8::5]:53\n\n192.0.2.11 other # said so\n"
        local function asked(options)
            local _, out = run("run calm shop.example --json --exchanges " .. options)
            local list = {}
            for i, one in ipairs(json.decode(out).recorded.resolvers) do
                list[i] = ("%s#%d %s"):format(one.address, one.port, one.name or "-")
            end
            return list
        end
        assert.same({ "198.51.100.1#53 One" }, asked "")
        assert.same({ "2001:db8::1#53 One" }, asked "-6")
        assert.same({ "198.51.100.2#53 Two" }, asked "--resolvers @regional")
        assert.same(
            { "192.0.2.9#5300 -", "192.0.2.8#53 -" },
            asked "--resolver 192.0.2.9#5300 --resolver 192.0.2.8"
        )
        assert.same(
            { "192.0.2.10#5353 ours", "2001:db8::5#53 -", "192.0.2.11#53 other" },
            asked "--resolvers /list"
        )
        assert.same({ "198.51.100.1#5353 One" }, asked "--port 5353")
    end)

    it("counts samples by rate or number", function()
        local function samples(options)
            local _, out = run("run calm shop.example --json --exchanges " .. options)
            return json.decode(out).recorded.samples
        end
        assert.same(
            { 29, 74, 74, 5 },
            { samples "", samples "--detect 4%", samples "--detect 0.04", samples "--samples 5" }
        )
    end)

    it("writes to a file and leaves stdout alone", function()
        local code, out = run(DEMO .. " --json -o x.json")
        assert.equal(2, code)
        assert.equal("", out)
        assert.equal("dnsprobe.report/1", json.decode(host.written["x.json"]).schema)
    end)

    it("hands the engine what the options say", function()
        run "run calm shop.example --qps 7 --timeout 1 --late 500 -4 --seed 42 --allow private,flush"
        local setup = host.setups[#host.setups]
        assert.same(
            { 7, 1, 0.5, 4, 42, "off", true },
            {
                setup.qps,
                setup.timeout,
                setup.late,
                setup.family,
                setup.seed,
                setup.guard.mode,
                setup.allow_flush,
            }
        )
        run "run calm shop.example --resolver 10.0.0.1"
        setup = host.setups[#host.setups]
        assert.same({ mode = "public", allow = { "10.0.0.1#53" }, servers = 2000 }, setup.guard)
    end)
end)

describe("replay", function()
    it("comes to the same findings and verdict", function()
        local _, first = run(DEMO .. " --json --exchanges")
        host.files["/report.json"] = first
        local code, again = run "replay /report.json --json"
        assert.equal(2, code)
        local a, b = json.decode(first), json.decode(again)
        for _, member in ipairs {
            "findings",
            "verdict",
            "steps",
            "target",
            "started",
            "seed",
            "sent",
            "vantage",
        } do
            assert.same(a[member], b[member], member)
        end
    end)

    it("judges with the runbook's thresholds of today, and says so", function()
        local _, first = run(DEMO .. " --json --exchanges")
        host.files["/report.json"] = first
        host.files["/src/runbooks/demo.lua"] = host.files["/src/runbooks/calm.lua"]:gsub("calm", "demo")
        local code, _, err = run "replay /report.json"
        assert.equal(0, code)
        assert.truthy(err:find("has changed", 1, true))
    end)
end)

describe("formats", function()
    local formats = require("dnsprobe.base.formats").names()

    it("are those of the contract", function()
        assert.same({ "html", "json", "jsonl", "junit", "markdown", "nagios", "prometheus", "text" }, formats)
    end)

    for _, name in ipairs(formats) do
        it(name .. " lets nothing hostile through", function()
            local code, out = run(DEMO .. " --color never --format " .. name)
            assert.equal(2, code)
            assert.is_nil(out:find("\27", 1, true))
            assert.is_nil(out:find("\r", 1, true))
            if name == "html" or name == "junit" then
                assert.is_nil(out:find("<script", 1, true))
            elseif name == "markdown" then
                assert.is_nil(out:gsub("```+sh.-\n```+", ""):find("<script", 1, true))
            elseif name == "nagios" then
                assert.equal(1, select(2, out:match("^[^\n]*"):gsub("|", "")))
            elseif name == "jsonl" then
                for line in out:gmatch("[^\n]+") do
                    assert.truthy(json.decode(line).record)
                end
            end
        end)
    end

    it("colours only where asked", function()
        local _, out = run(DEMO .. " --color always")
        assert.truthy(out:find("\27[31;1mCRITICAL", 1, true))
        _, out = run(DEMO)
        assert.is_nil(out:find("\27", 1, true))
    end)
end)

describe("schema", function()
    -- What an independent validator says; empty when the report is valid.
    local function complaints(text)
        local path = os.tmpname()
        local file = assert(io.open(path, "w"))
        file:write(text)
        file:close()
        local schema = "lua/dnsprobe/schema/report-1.json"
        local pipe = io.popen(("python3 -W ignore -m jsonschema -i %s %s 2>&1"):format(path, schema))
        local said = pipe:read "a"
        pipe:close()
        os.remove(path)
        return said
    end

    it("holds for every kind of report", function()
        for _, line in ipairs {
            DEMO .. " --json --exchanges",
            "run calm shop.example --json",
            "run demo shop.example --json --step quiet",
            "run demo shop.example --json --skip servers,quiet",
        } do
            local _, out = run(line)
            assert.equal("", complaints(out), line)
        end
    end)

    it("refuses what is not a report", function()
        assert.not_equal("", complaints [[{ "schema": "dnsprobe.report/1" }]])
    end)
end)

describe("small commands", function()
    it("work", function()
        for line, expected in pairs {
            ["version"] = "dnsprobe",
            ["help"] = "dnsprobe run",
            ["help run"] = "--detect",
            ["run --help"] = "--detect",
            ["explain auth.lame"] = "What fixes it",
            ["explain"] = "path.loss",
            ["list"] = "a demo",
            ["show demo"] = "limit",
            ["check demo"] = "2 steps",
            ["help runbook"] = "./steps/spf.lua",
            ["help query"] = "+bufsize",
        } do
            local code, out = run(line)
            assert.equal(0, code, line)
            assert.truthy(out:find(expected, 1, true), line)
        end
    end)

    it("new writes a skeleton that passes check, and a copy", function()
        assert.equal(0, (run "new my-check"))
        for path, text in pairs(host.written) do
            host.files["./" .. path] = text
        end
        assert.truthy(host.written["scenarios/my-check-slow.lua"]:find('expect = { "my-check.slow" }', 1,
            true))
        host.files["/src/runbooks/steps/nameservers.lua"] =
            host.files["/src/runbooks/steps/servers.lua"]:gsub('id = "servers"', 'id = "nameservers"')
        local code, out = run "check ./my-check.lua"
        assert.equal(0, code, out)
        assert.equal(0, (run "new mine --from demo"))
        assert.truthy(host.written["mine.lua"]:find('name = "mine"', 1, true))
    end)
end)
