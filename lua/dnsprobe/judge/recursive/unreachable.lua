-- SPDX-License-Identifier: MIT
--- recursive.unreachable: a public resolver never answered, not even the control question.

local dig = require "dnsprobe.judge.tool.dig"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Resolvers that answer nothing here. This host's own are the business of the client layer.
function M.judge(report, groups)
    local targets, samples, exchanges = {}, 0, {}
    for _, group in ipairs(groups.control) do
        local own = group.target.host
        if not own and not resolvers.answers_control(group) and #group.rows > 0 then
            targets[#targets + 1] = group.target
            samples = samples + #group.rows
            exchanges[#exchanges + 1] = group.rows[1].exchange
        end
    end
    if #targets == 0 then
        return
    end
    report:finding {
        id = "recursive.unreachable",
        severity = "info",
        summary = words.servers(targets)
            .. " did not answer the control question from here and could not be judged",
        subject = words.subject(targets[1]),
        stats = { failures = samples, samples = samples },
        evidence = exchanges,
        facts = { servers = words.addresses(targets) },
        fix = "None is needed: this vantage cannot use that resolver. Leave it out with --resolvers if it is "
            .. "in the way.",
        reproduce = dig.lines(targets, ".", "NS", nil, 2),
    }
end

return M
