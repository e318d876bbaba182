-- SPDX-License-Identifier: MIT
--- Do the resolvers of the world give what the authoritative servers give, and since when not?
--
-- Sends: to each of the twelve majors (or the list given) and of this host's resolvers 3 control questions
-- (`. NS`) and then 29 x (types + 1); beside them, in the same seconds, the authoritative samples that are
-- the truth. About 90 packets per resolver at the defaults. Then 2 x SOA to each resolver that gave what no
-- server of the zone gave.
--
-- Must not fall for:
--   order, case, TTL                  answers are compared as sets
--   pools and geo answers             the truth is a union, also over clients elsewhere (ECS); where the
--   place
--                                     decides, a value unknown here is not called old
--   filtering resolvers               EDE 15 to 18, sink addresses, NXDOMAIN without SOA: policy, not age
--   a moment that stood still          failures of many resolvers in the same second are one event
--   resolvers that refuse this host   they fail the control question and are not judged
--   a cache that runs out just now    old before, right after: that is propagation at work

local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.tool.batch"
local caches = require "dnsprobe.judge.tool.caches"
local dig = require "dnsprobe.judge.tool.dig"
local divergence = require "dnsprobe.judge.divergence"
local evidence = require "dnsprobe.judge.tool.evidence"
local moments = require "dnsprobe.judge.tool.moments"
local path = require "dnsprobe.judge.tool.path"
local pathfaults = require "dnsprobe.judge.pathfaults"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local words = require "dnsprobe.judge.tool.words"

local function answers_control(group)
    for _, row in ipairs(group.rows) do
        if answers.usable(row.answer) then
            return true
        end
    end
    return false
end

--- Resolvers that answer nothing here. This host's own are the business of the client layer.
local function report_unreachable(report, groups)
    local targets, samples, exchanges = {}, 0, {}
    for _, group in ipairs(groups.control) do
        local own = group.target.host
        if not own and not answers_control(group) and #group.rows > 0 then
            targets[#targets + 1] = group.target
            samples = samples + #group.rows
            exchanges[#exchanges + 1] = group.rows[1].exchange
        end
    end
    if #targets == 0 then
        return
    end
    local addresses = {}
    for i, target in ipairs(targets) do
        addresses[i] = target.address
    end
    report:finding {
        id = "recursive.unreachable",
        severity = "info",
        summary = words.servers(targets)
            .. " did not answer the control question from here and could not be judged",
        subject = words.subject(targets[1]),
        stats = { failures = samples, samples = samples },
        evidence = exchanges,
        facts = { servers = addresses },
        fix = "None is needed: this vantage cannot use that resolver. Leave it out with --resolvers if it is "
            .. "in the "
            .. "way.",
        reproduce = dig.lines(targets, ".", "NS", nil, 2),
    }
end

local function report_flapping(report, groups, loss)
    local flaps, targets, addresses, kinds, exchanges = {}, {}, {}, {}, {}
    local failures, samples, host = 0, 0, false
    local others = { failures = loss.failures, samples = loss.samples, resolvers = #groups.domain }
    local moment = moments.shared(groups.domain, resolvers.is_failure)
    if moment then
        report:note(
            string.format(
                "%d resolvers failed on %d samples that were all sent within %.1f s: one moment, which "
                    .. "is not held against them.",
                moment.targets,
                moment.failures,
                math.max(0.1, moment.span)
            )
        )
    end
    for i, group in ipairs(groups.domain) do
        local control = groups.control[i]
        local flap = answers_control(control) and resolvers.flap(group, control, others, moment)
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

--- Expired data, handed out while the zone's own servers do not answer.
local function report_stale(report, groups, truth)
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

local function judge(data, report)
    local truth, groups = evidence.truth(report), evidence.resolvers(report)
    local asked = truths.everyone(truth)
    if #groups.domain == 0 then
        report:status("unknown", "no resolver to ask")
        return
    end
    local access = path.access(asked, groups, data.walk)
    if access ~= "open" then
        pathfaults.closed(report, access, asked, groups, report.data.nameservers ~= nil)
        return
    end
    local loss = path.loss(asked, groups, data.walk, evidence.matrix(report))
    report_unreachable(report, groups)
    report_flapping(report, groups, loss)
    report_stale(report, groups, truth)
    if truth and truth.known then
        divergence.judge(report, groups, truth, data.origins)
    else
        report:status("unknown", "no authoritative answer to compare with")
        report:put("truth", truths.text { keys = {} })
    end
    if not report.data.nameservers then
        pathfaults.judge(report, asked, groups, loss)
    end
end

return {
    id = "recursive",
    title = "Resolvers against the truth",
    sends = "3 x `. NS`, then 29 x (types + 1) to every resolver, beside the authoritative samples",
    measure = function(ctx)
        ctx:progress("asking the resolvers and the zone's servers")
        return survey.everybody(ctx)
    end,
    judge = judge,
}
