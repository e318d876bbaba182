-- SPDX-License-Identifier: MIT
-- dnsprobe test RUNBOOK: run the runbook through its lab scenarios and compare with their truth.
--
-- A scenario's truth is `expect`: the ids above info, the main one first. The runbook passes a scenario when it
-- blames exactly those, and the main one first. Scenarios are those the runbook lists, or all.

local exit = require "dnsprobe.exit"
local fs = require "dnsprobe.fs"
local runbook = require "dnsprobe.runbook"
local tables = require "dnsprobe.render.table"

local M = { name = "test", summary = "run a runbook through its lab scenarios and compare with their truth" }

function M.options(parser, add)
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
    parser:option("--only", "Only these scenarios."):argname("NAME[,NAME]"):convert(function(text)
        local out = {}
        for name in text:gmatch("[^,]+") do
            out[#out + 1] = name
        end
        return out
    end)
    parser:flag("--json", "As JSON.")
    add("steps", "set", "samples", "time", "deadline", "pace", "seed", "voice")
end

local function blamed(document)
    local out, seen = {}, {}
    for _, finding in ipairs(document.findings) do
        if finding.severity ~= "info" and not seen[finding.id] then
            seen[finding.id] = true
            out[#out + 1] = finding.id
        end
    end
    return out
end

-- The same set, and the same main one.
local function agrees(expect, got)
    if #expect ~= #got or expect[1] ~= got[1] then
        return false
    end
    local set = {}
    for _, id in ipairs(expect) do
        set[id] = true
    end
    for _, id in ipairs(got) do
        if not set[id] then
            return false
        end
    end
    return true
end

-- The options of `run` for one scenario.
local function options_for(options, scenario)
    local out = {}
    for key, value in pairs(options) do
        out[key] = value
    end
    out.lab, out.domain, out.allow = scenario.name, scenario.domain, {}
    return out
end

local function run_one(options, scenario)
    local run = require "dnsprobe.run"
    local session = require("dnsprobe.launch").session(options_for(options, scenario), { "test", scenario.name })
    run.measure(session, function() end)
    local document = run.judge(session)
    session.lab.stop()
    local got = blamed(document)
    return { scenario = scenario.name, expect = scenario.expect or {}, got = got,
        ok = agrees(scenario.expect or {}, got), status = document.verdict.status, cut = document.cut,
        elapsed_ms = document.elapsed_ms }
end

local function chosen(options, book, lab)
    local names = options.only or book.scenarios
    if not names then
        names = {}
        for i, scenario in ipairs(lab.list()) do
            names[i] = scenario.name
        end
    end
    local out = {}
    for i, name in ipairs(names) do
        out[i] = lab.load(name)
    end
    return out
end

local function say(options, row)
    if not options.json then
        io.stdout:write(("%-6s %-26s %s\n"):format(row.ok and "ok" or "FAILED", row.scenario, row.ok and
            tables.plain(row.got) or ("expected [%s], got [%s]"):format(tables.plain(row.expect), tables.plain(row.got))))
        io.stdout:flush()
    end
end

function M.run(options)
    local book = runbook.load(options.runbook)
    local rows, failed = {}, 0
    for i, scenario in ipairs(chosen(options, book, require "dnsprobe.lab")) do
        if options.verbose and fs.isatty(2) then
            io.stderr:write(scenario.name, "\n")
        end
        rows[i] = run_one(options, scenario)
        if rows[i].cut == "interrupted" then
            return exit.INTERRUPTED
        end
        failed = failed + (rows[i].ok and 0 or 1)
        say(options, rows[i])
    end
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode({ schema = "dnsprobe.test/1", runbook = book.name, scenarios = json.array(rows) },
            { pretty = true, sort = true }), "\n")
    else
        io.stdout:write(("%d of %d scenarios agree with their truth\n"):format(#rows - failed, #rows))
    end
    return failed == 0 and exit.OK or exit.CRITICAL
end

return M
