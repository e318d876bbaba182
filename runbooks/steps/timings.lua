-- SPDX-License-Identifier: MIT
--- How long do answers take, and how many come after a client has given up?
--
-- Sends nothing of its own: it reads the samples of the steps `recursive` and `nameservers`, and takes them
-- if it is used alone.
--
-- Must not fall for:
--   percentiles that leave losses out   what was lost stands beside them
--   a cold cache                        a resolver's first answer of each type is counted apart

local evidence = require "dnsprobe.judge.tool.evidence"
local survey = require "dnsprobe.survey"
local timing = require "dnsprobe.judge.tool.timing"
local truths = require "dnsprobe.truth"

return {
    id = "timings",
    title = "Times of the answers",
    essential = false,
    sends = "nothing beyond the samples of the steps recursive and nameservers",
    measure = survey.everybody,
    judge = function(_, report)
        local truth, groups = evidence.truth(report), evidence.resolvers(report)
        local rows = timing.rows(truths.everyone(truth), groups)
        report:table {
            key = "timings", rows = rows,
            columns = { "server", "side", "answered", "lost", "p50", "p95", "p99", "max", "over 2 s",
                "over 5 s" },
        }
        if #rows == 0 then
            report:status("unknown", "no server answered")
        end
    end,
}
