-- SPDX-License-Identifier: MIT
--- recursive.filtered: a public resolver blocks the name by policy. Its users cannot reach the name; the zone
--- and the caches are in order, and no TTL will end it.

local dig = require "dnsprobe.judge.tool.dig"
local policy = require "dnsprobe.judge.tool.policy"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@param report dnsprobe.StepReport
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
function M.judge(report, groups, truth)
    local list = policy.blocking(report, groups, truth, false)
    if #list == 0 then
        return
    end
    local targets, texts, exchanges, failures, samples = {}, {}, {}, 0, 0
    for i, one in ipairs(list) do
        targets[i], exchanges[i] = one.target, one.exchange
        texts[i] = ("%s: %s"):format(words.server(one.target), one.why)
        failures, samples = failures + one.failures, samples + one.samples
    end
    report:finding {
        id = "recursive.filtered",
        severity = "warning",
        summary = ("%s of the resolvers asked block%s the name by policy (%s): "):format(
            words.of(#list, #groups.domain), #list == 1 and "s" or "", words.some(texts, 3))
            .. "their users cannot reach it",
        subject = words.subject(targets[1], { name = report.target.name, type = list[1].types[1] }),
        stats = { failures = failures, samples = samples },
        evidence = exchanges,
        weight = #list / #groups.domain,
        facts = { servers = words.addresses(targets) },
        fix = "Ask that operator to take the name off its list (each has a page for appeals); look whether "
            .. "the name, or a host beside it, served malware or phishing.",
        reproduce = dig.lines(targets, report.target.name, list[1].types[1], nil, 2),
    }
end

return M
