-- SPDX-License-Identifier: MIT
--- recursive.flapping: the same resolver alternates between good answers and failures, whatever the rate.

local dig = require "dnsprobe.judge.tool.dig"
local moments = require "dnsprobe.judge.tool.moments"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

-- Are the failures all of one type, and all of that type? Then it is broken there, and nothing alternates.
local function one_kind(group)
    local of_type, failed_always, failed_never = {}, false, false
    for _, row in ipairs(group.rows) do
        local count = of_type[row.question.type] or { n = 0, failed = 0 }
        of_type[row.question.type] = count
        count.n, count.failed = count.n + 1, count.failed + (resolvers.is_failure(row.answer) and 1 or 0)
    end
    for _, count in pairs(of_type) do
        if count.failed > 0 and count.failed < count.n then
            return false
        end
        failed_always, failed_never = failed_always or count.failed > 0, failed_never or count.failed == 0
    end
    return failed_always and failed_never
end

function M.judge(report, groups, loss)
    local flaps, targets, addresses, kinds, exchanges = {}, {}, {}, {}, {}
    local failures, samples, host = 0, 0, false
    local others = { failures = loss.failures, samples = loss.samples, resolvers = #groups.domain }
    local moment = moments.shared(groups.domain, resolvers.is_failure)
    if moment then
        report:note(
            string.format(
                "%d resolvers failed on %d samples that were all sent within %.1f s: one moment, which is "
                    .. "not held against them.",
                moment.targets,
                moment.failures,
                math.max(0.1, moment.span)
            )
        )
    end
    for i, group in ipairs(groups.domain) do
        local control = groups.control[i]
        local flap = resolvers.answers_control(control)
            and not one_kind(group)
            and resolvers.flap(group, control, others, moment)
        if flap then
            flaps[#flaps + 1] = flap
            targets[#flaps], addresses[#flaps] = flap.target, flap.target.address
            failures, samples = failures + flap.failures, samples + flap.samples
            host = host or flap.target.host or false
            for _, kind in ipairs(flap.kinds) do
                kinds[kind] = true
            end
            table.move(flap.evidence, 1, math.min(2, #flap.evidence), #exchanges + 1, exchanges)
        end
    end
    if #flaps == 0 then
        return
    end
    local names = {}
    for kind in pairs(kinds) do
        names[#names + 1] = kind
    end
    table.sort(names)
    local asked = exchanges[1].question
    report:finding {
        id = "recursive.flapping",
        severity = "critical",
        summary = string.format(
            "%s answered some samples and failed others (%s, %s)",
            words.servers(targets),
            words.of(failures, samples),
            words.list(names)
        ),
        subject = words.subject(targets[1], { name = report.target.name }),
        evidence = exchanges,
        stats = { failures = failures, samples = samples },
        weight = failures / samples * #flaps / #groups.domain,
        facts = { servers = addresses, kinds = names, host = host },
        fix = "If it is your resolver, look at its upstreams and its load; else use a second resolver beside "
            .. "it.",
        reproduce = {
            dig.outcomes(dig.line(targets[1], asked.name, asked.type, { time = 2 }), failures, samples),
        },
    }
end

return M
