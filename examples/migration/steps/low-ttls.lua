-- SPDX-License-Identifier: MIT
--- Are TTLs low enough to change anything? What resolvers have cached outlives the change by as long.
--
-- Sends: one query for each name to each delegated server.

local answers = require "dnsprobe.answers"
local servers = require "./servers.lua"

local function measure(ctx)
    local questions = {}
    for _, name in ipairs(servers.names(ctx.params.names, ctx.target.name)) do
        questions[#questions + 1] = { name = name, type = ctx.target.types[1], rd = false }
    end
    return ctx:sample { targets = ctx.nameservers, questions = questions, n = 1 }
end

local function judge(samples, report)
    local worst
    for _, sample in ipairs(samples) do
        local ttl = answers.of(sample.exchange).ttl
        if ttl and ttl > (worst and worst.ttl or report.params.ttl_limit) then
            worst = { ttl = ttl, sample = sample }
        end
    end
    if worst then
        local question = worst.sample.question
        report:finding {
            id = "migration.ttl-high",
            layer = "migration",
            severity = "warning",
            summary = ("the TTL of %s %s is %d s: resolvers keep old answers for that long after the "
                .. "change"):format(
                question.name,
                question.type,
                worst.ttl
            ),
            subject = { name = question.name, type = question.type },
            evidence = { worst.sample.exchange },
            fix = ("Lower it to %d s, and wait for the present %d s to pass."):format(
                report.params.ttl_limit,
                worst.ttl
            ),
            reproduce = { ("dig %s %s +norec"):format(question.name, question.type) },
        }
    end
end

return {
    id = "low-ttls",
    title = "Are TTLs low enough?",
    measure = measure,
    judge = judge,
    sends = "one query per name to each delegated server",
}
