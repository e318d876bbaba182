-- SPDX-License-Identifier: MIT
--- auth.ns-unreachable: a delegated server never answered.

local several = require "dnsprobe.judge.tool.serverstates"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, truth, judged, dead)
    if #dead == 0 then
        return
    end
    local all = judged.serving == 0 and #judged.lame == 0
    several.report_as(report, several.about(truth, dead, judged), {
        id = "auth.ns-unreachable",
        severity = all and "critical" or "warning",
        summary = string.format(
            "%s never answered (0 of %d samples)%s",
            words.servers(several.targets_of(dead)),
            several.sum(dead, "n"),
            all and "; no server of the zone answers" or ""
        ),
        stats = { failures = several.sum(dead, "n"), samples = several.sum(dead, "n") },
        evidence = several.gather(dead),
        fix = "Bring the server back or open UDP and TCP port 53 to it; if it is gone for good, take it out "
            .. "of the delegation at the registrar and out of the zone's NS records.",
    })
end

return M
