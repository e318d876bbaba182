-- SPDX-License-Identifier: MIT
-- dnsprobe replay REPORT: judge a recorded run again, without a network.

local dns = require "dnsprobe"

local M = { name = "replay", summary = "judge a recorded run again, without a network" }

function M.options(parser, add)
    parser
        :argument("report", "A JSON report that was written with --exchanges, or a bundle.")
        :argname("REPORT")
    add("format", "output", "set", "exchanges", "bundle", "trust", "voice")
end

function M.run(options)
    require("dnsprobe.base.output").check(options.output)
    local run, replay = require "dnsprobe.cli.run", require "dnsprobe.run.replay"
    run.check_bundle(options, "replay")
    local report = replay.read(options.report)
    local session, changed = replay.session(report, options.set)
    session.with_exchanges = options.exchanges or require("dnsprobe.base.formats").get(options.format).stream
    if changed and not options.quiet then
        io.stderr:write(
            "dnsprobe: the runbook has changed since that run: ",
            dns.escape(session.runbook.path),
            "\n"
        )
    end
    local was = replay.other_version(report)
    if was and not options.quiet then
        io.stderr:write("dnsprobe: recorded by version ", dns.escape(was), "\n")
    end
    return run.deliver(run.judged(session, options), options)
end

return M
