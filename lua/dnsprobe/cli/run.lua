-- SPDX-License-Identifier: MIT
-- dnsprobe run RUNBOOK DOMAIN: measure, judge, report.

local exit = require "dnsprobe.exit"
local formats = require "dnsprobe.formats"
local fs = require "dnsprobe.fs"
local output = require "dnsprobe.output"

local M = { name = "run", summary = "run a runbook against a domain" }

function M.options(parser, add)
    parser:argument("runbook", "A name (intermittent), a file name or a path; see: dnsprobe list."):argname("RUNBOOK")
    parser:argument("domain", "The name that fails."):argname("DOMAIN")
    add("format", "output", "type", "resolvers", "steps", "set", "samples", "time", "deadline", "pace", "allow",
        "network", "lab", "seed", "exchanges", "voice")
end

-- A line per step, and the step's own progress behind it, on stderr.
local function progress(options, session)
    if options.quiet or not (options.verbose or fs.isatty(2)) then
        return function() end
    end
    local total = #session.outcomes
    local function say(outcome, text)
        io.stderr:write(("[%d/%d] %-12s %s\n"):format(outcome.number, total, outcome.step.id, text))
        io.stderr:flush()
    end
    return function(outcome)
        session.ctx.on_progress = function(text) say(outcome, text) end
        say(outcome, outcome.step.title)
    end
end

--- Writes the report of a session and returns the exit code.
---@param document table
---@param options table
---@return integer
function M.deliver(document, options)
    local format = formats.get(options.format)
    output.write(options.output, format.render(document, output.style(options)))
    if document.cut == "interrupted" then
        return exit.INTERRUPTED
    end
    return exit.of_status[document.verdict.status]
end

function M.run(options, argv)
    output.check(options.output)
    local run = require "dnsprobe.run"
    local session = require("dnsprobe.launch").session(options, argv)
    session.with_exchanges = options.exchanges
    run.measure(session, progress(options, session))
    return M.deliver(run.judge(session), options)
end

return M
