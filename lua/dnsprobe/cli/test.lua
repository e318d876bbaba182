-- SPDX-License-Identifier: MIT
-- dnsprobe test RUNBOOK: run the runbook through its lab scenarios and compare with their truth.
--
-- A scenario's truth is `expect`: the ids above info, the main one first; and `info`: ids that have to be
-- seen at info. The runbook passes a scenario when it blames exactly those, and the main one first. Scenarios
-- are those the runbook lists (names, files beside it, tables in place), else all of the lab.

local compare = require "dnsprobe.test.compare"
local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"
local matrix = require "dnsprobe.test.matrix"
local runbook = require "dnsprobe.book.runbook"
local task = require "dnsprobe.base.task"
local values = require "dnsprobe.book.values"

local M = { name = "test", summary = "run a runbook through its lab scenarios and compare with their truth" }

local JOBS_MAX, SEEDS_MAX = 64, 1000

local function between(option, low, high)
    return function(text)
        local n = math.tointeger(tonumber(text))
        if not n or n < low or n > high then
            return nil, ("%s: %d to %d expected, got '%s'"):format(option, low, high, text)
        end
        return n
    end
end

local about = [[
Each scenario runs in a process and a lab of its own, so many at a time as --jobs says; one that does not end by the deadline
is killed and counts as failed. A run agrees with its scenario when it reports exactly the ids of `expect` above info, the
first of them first, and those of `info` at info. Exit status: 0 when all agree, 2 when any does not. Labs measure real
round trips: on a machine that is busy with other work, fewer --jobs keep timings true.]]

function M.options(parser, add)
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
    parser:option("--only", "Only these scenarios."):argname("NAME[,NAME]"):convert(values.list)
    parser
        :option("--seeds", "Run each scenario with so many seeds (default 1).")
        :argname("N")
        :convert(between("--seeds", 1, SEEDS_MAX))
    parser
        :option("--jobs", "So many scenarios at a time (default: twice the cores).")
        :argname("N")
        :convert(between("--jobs", 1, JOBS_MAX))
    parser:option("--junit", "Also write JUnit XML there, atomically."):argname("FILE")
    parser:flag("--coverage", "Say which lines of the runbook and its steps no scenario reached.")
    parser:flag("--json", "As JSON.")
    parser:epilog((about:gsub("\n", " ")))
    parser:option("--worker"):argname("CASE"):hidden(true)
    add("steps", "set", "samples", "time", "deadline", "pace", "seed", "trust", "voice")
end

-- ---- cases ----

local function named(book, lab, name)
    for _, entry in ipairs(book.scenarios or {}) do
        local scenario = lab.load(entry, book.path)
        if scenario.name == name then
            return scenario
        end
    end
    return lab.load(name)
end

local function scenarios_of(options, book)
    local lab, out = require "dnsprobe.lab.scenarios", {}
    if options.only then
        for i, name in ipairs(options.only) do
            out[i] = named(book, lab, name)
        end
        return out
    end
    for i, entry in ipairs(book.scenarios or lab.list()) do
        out[i] = lab.load(book.scenarios and entry or entry.name, book.path)
    end
    return out
end

-- Seeds of one scenario stand together.
local function cases_of(options, scenarios)
    local out, first = {}, options.seed or 1
    for i, scenario in ipairs(scenarios) do
        for k = 0, (options.seeds or 1) - 1 do
            out[#out + 1] = { index = i, scenario = scenario, seed = first + k }
        end
    end
    return out
end

-- ---- one case, in a process of its own ----

local function options_for(options, scenario, seed)
    local out = {}
    for key, value in pairs(options) do
        out[key] = value
    end
    out.lab, out.domain, out.seed, out.allow = scenario, scenario.domain, seed, {}
    return out
end

local function measured(options, scenario, seed, scenarios)
    local run = require "dnsprobe.run.session"
    local coverage = options.coverage and require "dnsprobe.test.coverage"
    local session = require("dnsprobe.run.launch").session(
        options_for(options, scenario, seed),
        { "test", scenario.name }
    )
    run.measure(session, function() end)
    local document = run.judge(session)
    session.lab.stop()
    local row = compare.row(scenario, seed, document)
    row.coverage = coverage and coverage.taken(session.runbook, session, scenarios) or nil
    return row
end

local function work(options)
    local workers = require "dnsprobe.test.workers"
    if options.coverage then
        require("dnsprobe.test.coverage").start() -- before the runbook is loaded: loading executes lines too
    end
    local index, seed, file = workers.parse(options.worker)
    local scenarios = index and scenarios_of(options, runbook.load(options.runbook)) or {}
    local scenario = scenarios[index]
    if not scenario then
        exit.usage_of("test", "--worker: no such case: %s", options.worker)
    end
    local row = measured(options, scenario, seed, scenarios)
    for _, key in ipairs { "expect", "info", "got", "misses", "alarms" } do
        row[key] = json.array(row[key])
    end
    local ok, err = fs.write_atomic(file, json.encode(row))
    if not ok then
        exit.usage("%s: %s", file, err or "cannot be written")
    end
    return row.cut == "interrupted" and exit.INTERRUPTED or exit.OK
end

-- ---- all of them ----

local function say(options, row, seeds)
    if options.json or options.quiet then
        return
    end
    local name = seeds > 1 and ("%s, seed %d"):format(row.scenario, row.seed) or row.scenario
    io.stdout:write(("%-6s %s%s\n"):format(row.error and "ERROR" or row.ok and "ok" or "FAILED", name,
        row.ok and "" or ": " .. compare.why(row)))
    io.stdout:flush()
end

local function write_junit(options, book, rows, seconds)
    if options.junit then
        local ok, err =
            fs.write_atomic(options.junit, require("dnsprobe.test.junit").render(book.name, rows, seconds))
        if not ok then
            exit.usage_of("test", "--junit %s: %s", options.junit, err or "cannot be written")
        end
    end
end

local function as_json(book, rows, totals, coverage)
    local list = {}
    for i, row in ipairs(rows) do
        list[i], row.coverage = row, nil
        for _, key in ipairs { "expect", "info", "got", "misses", "alarms" } do
            row[key] = json.array(row[key])
        end
    end
    return json.encode(
        {
            schema = "dnsprobe.test/1",
            runbook = book.name,
            totals = totals,
            coverage = coverage,
            scenarios = json.array(list),
        },
        { pretty = true, sort = true }
    )
end

local function summary(totals)
    return ("%d of %d runs agree with their truth: %d missed, %d false alarms, %d without a report"):format(
        totals.ok,
        totals.runs,
        totals.misses,
        totals.alarms,
        totals.errors
    )
end

-- All cases; interrupted, those that have ended by then.
local function run_all(options, argv, cases)
    local workers = require "dnsprobe.test.workers"
    local ended, interrupted = {}, false
    local handle = task.spawn(workers.run, argv, cases, {
        jobs = options.jobs or workers.jobs(), deadline = options.deadline,
        on_row = function(row)
            ended[#ended + 1] = row
            say(options, row, options.seeds or 1)
        end,
    })
    task.on_signal(function()
        interrupted = true
        handle:cancel()
    end)
    local ok, rows = pcall(handle.await, handle)
    task.on_signal(nil)
    if not ok and not interrupted then
        error(rows, 0)
    end
    return ok and rows or ended, interrupted
end

function M.run(options, argv)
    if options.worker then
        return work(options)
    end
    local dns = require "dnsprobe"
    local started = dns.now()
    local book = runbook.load(options.runbook)
    local cases = cases_of(options, scenarios_of(options, book))
    local rows, interrupted = run_all(options, argv, cases)
    local totals = matrix.totals(rows)
    write_junit(options, book, rows, dns.now() - started)
    local coverage = options.coverage and require("dnsprobe.test.coverage")
    local sum = coverage and coverage.sum(book, rows)
    if options.json then
        io.stdout:write(as_json(book, rows, totals, sum), "\n")
    else
        local reached = coverage and "\n" .. table.concat(coverage.lines(sum), "\n") .. "\n" or ""
        io.stdout:write(
            "\n",
            table.concat(matrix.lines(rows), "\n"),
            "\n",
            reached,
            "\n",
            summary(totals),
            "\n"
        )
    end
    return interrupted and exit.INTERRUPTED or totals.ok == totals.runs and exit.OK or exit.CRITICAL
end

return M
