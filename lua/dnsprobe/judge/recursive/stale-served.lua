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

-- What shows that a resolver hands out expired data, in words, and the exchange that does; nil: nothing. It
-- says so (EDE 3 or 19), or the TTL of what it gives stands still at a low value.
local function shown_by(group, truth)
    local views = {}
    local function pinned(row)
        local type = row.question.type
        if row.answer.kind == "data" and views[type] == nil then
            views[type] = caches.view(batch.of_type(group, type)) or false
        end
        local cache = row.answer.kind == "data" and views[type]
        return cache and (cache.pinned or math.huge) <= resolvers.STALE_TTL_MAX and cache.pinned or nil
    end
    for _, row in ipairs(group.rows) do
        local one = truth and truth.types[row.question.type]
        if one and not truths.complete(one) and answers.usable(row.answer) then
            local code = answers.has_ede(row.answer, resolvers.STALE_EDE)
            local ttl = not code and pinned(row)
            if code or ttl then
                return code and "EDE " .. code or "TTL stands at " .. ttl .. " s", row.exchange
            end
        end
    end
    return nil
end

--- Expired data, handed out while the zone's own servers do not answer.
function M.judge(report, groups, truth)
    local targets, addresses, exchanges, texts = {}, {}, {}, {}
    for _, group in ipairs(groups.domain) do
        local text, exchange = shown_by(group, truth)
        if text then
            targets[#targets + 1], addresses[#addresses + 1] = group.target, group.target.address
            exchanges[#exchanges + 1], texts[#texts + 1] = exchange, text
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
