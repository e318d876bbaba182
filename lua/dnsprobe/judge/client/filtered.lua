-- SPDX-License-Identifier: MIT
--- client.filtered: this host's own resolver filters or overrides the name. The policy that excuses a public
--- filter accuses one's own: programs here cannot reach the name, and nobody else is at fault.

local dig = require "dnsprobe.judge.tool.dig"
local policy = require "dnsprobe.judge.tool.policy"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@param report dnsprobe.StepReport
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
function M.judge(report, groups, truth)
    local list = policy.blocking(report, groups, truth, true)
    if #list == 0 then
        return
    end
    local own, targets, values, exchanges, failures, samples = 0, {}, {}, {}, 0, 0
    for _, group in ipairs(groups.domain) do
        own = own + (group.target.host and 1 or 0)
    end
    for i, one in ipairs(list) do
        targets[i], exchanges[i] = one.target, one.exchange
        failures, samples = failures + one.failures, samples + one.samples
        table.move(one.values, 1, #one.values, #values + 1, values)
    end
    local first = list[1]
    report:finding {
        id = "client.filtered",
        severity = "critical",
        summary = ("%s, configured on this host, filters the name: it gives %s for %s (%s); "):format(
            words.servers(targets), first.said, words.list(first.types), first.why)
            .. "the zone gives another answer",
        subject = words.subject(first.target, { name = report.target.name, type = first.types[1] }),
        stats = { failures = failures, samples = samples },
        evidence = exchanges,
        weight = #list / math.max(1, own),
        facts = { servers = words.addresses(targets), values = values, addresses = values, host = true },
        fix = "Take the name off the block list or the local zone of that resolver (dnsmasq: address=, "
            .. "local=; Pi-hole and AdGuard: their lists; Unbound: local-zone; a provider's filter: its "
            .. "settings), or let this host ask another.",
        reproduce = dig.lines(targets, report.target.name, first.types[1], nil, 2),
    }
end

return M
