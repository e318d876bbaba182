-- SPDX-License-Identifier: MIT
--- path.loss: loss spread over unrelated servers.

local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, loss)
    if not loss.path then
        return
    end
    report:finding {
        id = "path.loss",
        severity = "critical",
        summary = string.format(
            "%s queries were lost, spread over %s",
            words.of(loss.failures, loss.samples),
            words.count(#loss.affected, "unrelated server")
        ),
        subject = { name = report.target.name },
        stats = { failures = loss.failures, samples = loss.samples },
        evidence = loss.evidence,
        facts = { servers = words.addresses(loss.affected) },
        fix = "The loss is near this vantage: look at the access line, Wi-Fi, firewall state tables and the "
            .. "first hops (`mtr -u -P 53` to two of the servers).",
        reproduce = {
            dig.outcomes(dig.line(loss.affected[1], ".", "NS", { time = 2 }), loss.failures, loss.samples),
        },
    }
end

return M
