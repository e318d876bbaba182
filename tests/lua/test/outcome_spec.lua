-- SPDX-License-Identifier: MIT
-- `dnsprobe test`: what a report is compared with, and how the outcome is shown.

local compare = require "dnsprobe.test.compare"
local junit = require "dnsprobe.test.junit"
local lines = require "dnsprobe.test.lines"
local matrix = require "dnsprobe.test.matrix"

local function report(...)
    local findings = {}
    for i, one in ipairs { ... } do
        local id, severity = one:match("^(%S+) (%S+)$")
        findings[i] = { id = id, severity = severity }
    end
    return { findings = findings, verdict = { status = "warning" }, elapsed_ms = 1500 }
end

local function row(scenario, ...)
    scenario.name = scenario.name or "one"
    return compare.row(scenario, 7, report(...))
end

describe("the comparison with a scenario's truth", function()
    it("passes when exactly the expected is blamed, the main one first", function()
        local one = row({ expect = { "a.x", "b.y" } }, "a.x critical", "b.y warning", "c.z info")
        assert.is_true(one.ok)
        assert.equal("", compare.why(one))
    end)

    it("tells what was missed from what was a false alarm", function()
        local one = row({ expect = { "a.x" } }, "b.y warning", "a.x info")
        assert.is_false(one.ok)
        assert.same({ "a.x" }, one.misses)
        assert.same({ "b.y" }, one.alarms)
        assert.equal("missed: a.x; false alarm: b.y", compare.why(one))
    end)

    it("wants the main one first", function()
        local one = row({ expect = { "a.x", "b.y" } }, "b.y critical", "a.x warning")
        assert.is_false(one.ok)
        assert.is_true(one.misplaced)
        assert.equal("first is b.y, not a.x", compare.why(one))
    end)

    it("wants what the scenario says is seen at info, at info", function()
        assert.is_true(row({ expect = {}, info = { "a.x" } }, "a.x info").ok)
        assert.is_false(row({ expect = {}, info = { "a.x" } }).ok)
        assert.is_false(row({ expect = {}, info = { "a.x" } }, "a.x warning").ok)
    end)

    it("does not pass a run that was cut short", function()
        local document = report()
        document.cut = "deadline"
        assert.is_false(compare.row({ name = "one", expect = {} }, 1, document).ok)
    end)
end)

describe("the matrix", function()
    local rows = {
        row({ name = "good", expect = { "a.x" } }, "a.x critical"),
        row({ name = "bad", expect = { "a.x" } }, "b.y critical"),
        row({ name = "bad", expect = { "a.x" } }, "a.x critical"),
        compare.broken({ name = "gone", expect = {} }, 1, "killed"),
    }

    it("counts misses and false alarms over the seeds of a scenario", function()
        local text = table.concat(matrix.lines(rows), "\n")
        assert.truthy(text:find("a.x       +  -1   ?", 1, true), text)
        assert.truthy(text:find("b.y       .  !1   ?", 1, true), text)
        assert.truthy(text:find("  1  ok     good\n  2  FAILED bad\n  3  ERROR  gone", 1, true), text)
    end)

    it("has totals", function()
        assert.same({ runs = 4, ok = 2, misses = 1, alarms = 1, errors = 1 }, matrix.totals(rows))
    end)

    it("keeps its lines within a hundred characters", function()
        local many = {}
        for i = 1, 60 do
            many[i] = row(
                { name = "s" .. i, expect = { "authoritative.something-long" } },
                "authoritative.something-long critical"
            )
        end
        for _, line in ipairs(matrix.lines(many)) do
            assert.is_true(#line <= 100, line)
        end
    end)

    it("becomes JUnit XML, with hostile text escaped", function()
        local text = junit.render(
            "team",
            { rows[1], rows[2], compare.broken({ name = "<x>", expect = {} }, 1, 'a "b" & c') },
            2
        )
        assert.truthy(text:find('tests="3" failures="1" errors="1"', 1, true), text)
        assert.truthy(text:find('name="&lt;x&gt; seed 1"', 1, true), text)
        assert.truthy(text:find('message="a &quot;b&quot; &amp; c"', 1, true), text)
        assert.truthy(text:find('type="missed" message="missed: a.x; false alarm: b.y"', 1, true), text)
    end)
end)

describe("the lines that can be executed", function()
    local text = table.concat({
        "local function never(a)",      -- 1
        "    if a then",                -- 2
        "        return { b = a }",     -- 3
        "    end",                      -- 4
        "    -- nothing here",          -- 5
        "    return 1.5, 'x', ...",     -- 6
        "end",                          -- 7
        "",
        "return { x = never,",          -- 9
        "    y = 2 }",                  -- 10
    }, "\n")

    it("are those with code, in functions that nobody calls too", function()
        local active = lines.of((text:gsub(", %.%.%.", "")))
        local list = {}
        for number in pairs(active) do
            list[#list + 1] = number
        end
        table.sort(list)
        assert.same({ 2, 3, 6, 9, 10 }, list)
    end)

    it("agree with the debug library on every function that is there", function()
        for _, path in ipairs { "lua/dnsprobe/judge/verdict.lua", "lua/dnsprobe/judge/tool/path.lua",
            "runbooks/steps/transport.lua" } do
            local file <close> = assert(io.open(path))
            local source = file:read("a")
            local active = assert(lines.of(source))
            local texts, n = {}, 0
            for line in (source .. "\n"):gmatch("(.-)\n") do
                texts[#texts + 1] = line
            end
            for number in pairs(debug.getinfo(assert(load(source)), "L").activelines) do
                local line = texts[number]:gsub("%s", "")
                if not line:match("^end") and not line:match("^[%)%]},;]*$") then
                    n = n + 1
                    assert.is_true(active[number], path .. ":" .. number)
                end
            end
            assert.is_true(n > 10)
        end
    end)

    it("are none where the text does not compile", function()
        assert.is_nil(lines.of("return return"))
    end)
end)
