-- SPDX-License-Identifier: MIT
--- path.slow: answers arrive, but so late that common clients have given up.

local dig = require "dnsprobe.judge.tool.dig"
local path = require "dnsprobe.judge.tool.path"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, truth, resolvers)
    local slow = path.slow(truth, resolvers)
    local worst = slow.slow[1]
    if not worst then
        return
    end
    local targets, failures, samples, evidence, seen = {}, 0, 0, {}, {}
    for _, tally in ipairs(slow.slow) do
        targets[#targets + 1] = not seen[tally.id] and tally.target or nil
        seen[tally.id] = true
        failures, samples = failures + tally.failures, samples + tally.samples
        table.move(tally.evidence, 1, math.min(2, #tally.evidence), #evidence + 1, evidence)
    end
    report:finding {
        id = "path.slow",
        severity = "warning",
        summary = string.format(
            "%s answers of %s came later than clients wait (2 s)",
            words.of(failures, samples),
            words.servers(targets)
        ),
        subject = #targets == 1 and words.subject(targets[1], { name = report.target.name })
            or { name = report.target.name },
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        weight = failures / samples,
        facts = { servers = words.addresses(targets) },
        fix = "Find out why that server is slow (load, distance, an upstream that times out); until then "
            .. "raise the clients' timeout (`options timeout:5`) rather than their number of attempts.",
        reproduce = {
            dig.line(
                worst.target,
                worst.evidence[1].question.name,
                worst.evidence[1].question.type,
                { norecurse = worst.kind == "authoritative" or nil, time = 6 }
            ) .. " | grep 'Query time'",
        },
    }
end

return M
