-- SPDX-License-Identifier: MIT
-- dnsprobe run RUNBOOK DOMAIN: measure, judge, report. With --domains instead: the same for each domain of a
-- list (run/bulk.lua).

local exit = require "dnsprobe.base.exit"
local formats = require "dnsprobe.base.formats"
local output = require "dnsprobe.base.output"

local M = { name = "run", summary = "run a runbook against a domain" }

function M.options(parser, add)
    parser
        :argument("runbook", "A name (intermittent), a file name or a path; see: dnsprobe list.")
        :argname("RUNBOOK")
    parser:argument("domain", "The name that fails."):argname("DOMAIN"):args "?"
    add(
        "format",
        "output",
        "type",
        "resolvers",
        "steps",
        "set",
        "samples",
        "time",
        "deadline",
        "pace",
        "allow",
        "trust",
        "network",
        "lab",
        "seed",
        "state",
        "exchanges",
        "capture",
        "bundle",
        "profile",
        "bulk",
        "voice"
    )
end

-- Streams what a format writes while the run goes on; a file (--output) is written whole at its end.
local function follow(session, options)
    local format = formats.get(options.format)
    if not format.follow or options.output then
        return
    end
    local count, tell =
        session.ledger.on_enter, format.follow(session, function(text)
            io.stdout:write(text)
            io.stdout:flush()
        end)
    session.ledger.on_enter = function(exchange)
        count(exchange)
        tell(exchange)
    end
    options.followed = true
end

-- Measures, and shows how far it is.
local function measure(run, session, options)
    local view <close> = require("dnsprobe.format.tool.live").new(session.meter, options)
    session.ctx.on_progress = function(text) view:progress(text) end
    follow(session, options)
    run.measure(session, function(outcome)
        view:step(outcome)
    end)
    -- What canceled tasks of an interrupted run still enter comes too late to be told
    session.ledger.on_enter = nil
end

--- Finds out before anything is sent that the bundle could not be written. Raises a Failure.
---@param options table
---@param command string
function M.check_bundle(options, command)
    output.check(options.bundle, "--bundle")
    if options.no_redact and not options.bundle then
        exit.usage_of(command, "--no-redact is about --bundle FILE")
    end
end

--- The report, and the bundle of it: that has the exchanges, whether they were asked for or not.
---@param session dnsprobe.Session
---@param options table
---@return table document
function M.judged(session, options)
    local wanted = session.with_exchanges
    session.with_exchanges = wanted or options.bundle ~= nil
    local document = require("dnsprobe.run.session").judge(session)
    if options.bundle then
        require("dnsprobe.cli.bundle").deliver(options.bundle, document, options)
    end
    if not wanted then
        document.exchanges, document.recorded = nil, nil
    end
    return document
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

local DEFAULT_RUNBOOK = "intermittent"

-- One word alone is the name that fails, where it is no runbook: `dnsprobe run shop.example` runs the default
-- one.
local function without_runbook(options)
    local word = options.runbook
    if not options.domain and not options.domains and word:find("[.:/]") and not word:match("%.lua$")
        and not require("dnsprobe.guest.find").runbook(word) then
        options.runbook, options.domain = DEFAULT_RUNBOOK, word
    end
end

-- Either one domain or a list of them, and what belongs to a list only with a list.
local function check(options)
    without_runbook(options)
    if options.domains and options.domain then
        exit.usage_of("run", "DOMAIN and --domains FILE exclude each other")
    elseif not options.domains and not options.domain then
        exit.usage_of("run", "missing argument 'DOMAIN', or --domains FILE")
    end
    for _, name in ipairs { "jobs", "resume", "shard", "fresh" } do
        if options[name] and not options.domains then
            exit.usage_of("run", "--%s goes with --domains FILE", name)
        end
    end
    for _, name in ipairs { "capture", "bundle" } do
        if options[name] and options.domains then
            exit.usage_of("run", "--%s goes with one DOMAIN, not with --domains", name)
        end
    end
end

function M.run(options, argv)
    check(options)
    output.check(options.output)
    output.check(options.capture, "--capture")
    M.check_bundle(options, "run")
    if options.domains then
        return require("dnsprobe.run.bulk").run(options, argv)
    end
    local run = require "dnsprobe.run.session"
    local session = require("dnsprobe.run.launch").session(options, argv)
    session.with_exchanges = options.exchanges or formats.get(options.format).stream
    local ok, err = pcall(measure, run, session, options)
    -- Also of a run that a mistake has ended
    require("dnsprobe.run.capture").deliver(options.capture, session.ledger.list)
    if not ok then
        error(err, 0)
    end
    local document = M.judged(session, options)
    local code = M.deliver(document, options)
    if options.profile then
        local profile = require "dnsprobe.run.profile"
        io.stderr:write(profile.text(profile.of(session, document)))
    end
    return code
end

return M
