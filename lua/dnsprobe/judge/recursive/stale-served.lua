-- SPDX-License-Identifier: MIT
--- recursive.stale-served: expired data is handed out (RFC 8767).

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local caches = require "dnsprobe.judge.tool.caches"
local dig = require "dnsprobe.judge.tool.dig"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Expired data, handed out while the zone's own servers do not answer.
function M.judge(report, groups, truth)
    local targets, addresses, exchanges, texts = {}, {}, {}, {}
    for _, group in ipairs(groups.domain) do
        local views = {}
        for _, row in ipairs(group.rows) do
            local type = row.question.type
            local one = truth and truth.types[type]
            local code = answers.has_ede(row.answer, resolvers.STALE_EDE)
            if not code and row.answer.kind == "data" and views[type] == nil then
                views[type] = caches.view(batch.of_type(group, type)) or false
            end
            local cache = not code and row.answer.kind == "data" and views[type]
            local low = cache and (cache.pinned or math.huge) <= resolvers.STALE_TTL_MAX
            if one and not truths.complete(one) and answers.usable(row.answer) and (code or low) then
                targets[#targets + 1], addresses[#addresses + 1] = group.target, group.target.address
                exchanges[#exchanges + 1] = row.exchange
                texts[#texts + 1] = code and "EDE " .. code or "TTL stands at " .. cache.pinned .. " s"
                break
            end
        end
    end
    if #targets == 0 then
        return
    end
    report:finding {
        id = "recursive.stale-served", severity = "warning",
        summary = string.format("%s serve%s expired data (%s) because the zone's servers do not answer",
            words.servers(targets), #targets == 1 and "s" or "", texts[1]),
        subject = words.subject(targets[1], { name = report.target.name }), evidence = exchanges,
        weight = #targets / #groups.domain, facts = { servers = addresses, kinds = { "stale" } },
        fix = "Repair the authoritative servers: expired answers are a reprieve of days at most (RFC 8767).",
        reproduce = dig.lines(targets, report.target.name, report.target.types[1], nil, 2),
    }
end

return M
