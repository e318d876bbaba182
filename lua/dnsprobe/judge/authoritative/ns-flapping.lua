-- SPDX-License-Identifier: MIT
--- auth.ns-flapping: a server answers only part of the samples.

local dig = require "dnsprobe.judge.tool.dig"
local servers = require "dnsprobe.judge.tool.servers"
local several = require "dnsprobe.judge.tool.serverstates"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, truth, judged, flapping)
    if #flapping == 0 then
        return
    end
    local failures, samples = 0, several.sum(flapping, "n")
    for _, state in ipairs(flapping) do
        failures = failures + state.flips + (state.lossy and state.timeouts or 0)
    end
    local finding, evidence = several.about(truth, flapping, judged), several.gather(flapping)
    local asked = evidence[1].question
    finding.weight = finding.weight * failures / math.max(1, samples)
    several.report_as(report, finding, {
        id = "auth.ns-flapping",
        severity = "critical",
        summary = string.format(
            "%s failed %s samples (%s), far more than the others",
            words.servers(several.targets_of(flapping)),
            words.of(failures, samples),
            servers.complaints(flapping[1])
        ),
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        fix = "Look at that server's load, its socket buffers, and the machines behind its load balancer: "
            .. "one of them is likely failing.",
        reproduce = {
            dig.outcomes(
                dig.line(flapping[1].target, asked.name, asked.type, { norecurse = true, time = 2 }),
                failures,
                samples
            ),
        },
    })
end

return M
