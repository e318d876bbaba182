-- SPDX-License-Identifier: MIT
-- `dnsprobe test`: what a report is compared with, and how the outcome is shown.

local compare = require "dnsprobe.test.compare"
local junit = require "dnsprobe.test.junit"
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
            many[i] = row({ name = "s" .. i, expect = { "authoritative.something-long" } }, "authoritative.something-long critical")
        end
        for _, line in ipairs(matrix.lines(many)) do
            assert.is_true(#line <= 100, line)
        end
    end)

    it("becomes JUnit XML, with hostile text escaped", function()
        local text = junit.render("team", { rows[1], rows[2], compare.broken({ name = "<x>", expect = {} }, 1, 'a "b" & c') }, 2)
        assert.truthy(text:find('tests="3" failures="1" errors="1"', 1, true), text)
        assert.truthy(text:find('name="&lt;x&gt; seed 1"', 1, true), text)
        assert.truthy(text:find('message="a &quot;b&quot; &amp; c"', 1, true), text)
        assert.truthy(text:find('type="missed" message="missed: a.x; false alarm: b.y"', 1, true), text)
    end)
end)
