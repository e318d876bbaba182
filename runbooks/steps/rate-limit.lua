-- SPDX-License-Identifier: MIT
--- Do failures come with the query rate, and go when it drops?
--
-- Sends: to each resolver of this host, up to twelve others and every delegated server, a climb over 1/4, 1/2
-- and all of the ceiling (--qps, 20; 100 in the lab, on loopback or with --allow burst), 1 s each and 2 s at
-- the top, then 6 slow queries: about 60 packets per server at 20 qps. Where the climb met failures, a pause
-- of 15 s (limiters keep count for so long), a slow control of 16 queries at 2 qps and a second climb take
-- the place of the 6.
--
-- Must not fall for:
--   the vantage's own loss        the slow control loses as well
--   a server that always flaps    its failures do not follow the rate
--   genuinely large answers       they are truncated at any rate

local batch = require "dnsprobe.judge.tool.batch"
local rate_limited = require "dnsprobe.judge.authoritative.rate-limited"
local survey = require "dnsprobe.survey"
local task = require "dnsprobe.task"

--- Public resolvers beside this host's: as many as may climb at once, and a few where rates are high.
local OTHER_RESOLVERS, FEW_RESOLVERS = 12, 2
--- What all climbs together may send (queries/s); the ceiling of a run is 500.
local TOTAL_QPS = 400
--- Highest rate without the user's word, where nobody else is hit: loopback and the lab (queries/s).
local BURST_QPS = 100
--- Steps of the climb: share of the ceiling, seconds.
local CLIMB = { { 0.25, 1 }, { 0.5, 1 }, { 1, 2 } }
--- Share of failures from which a limit is suspected: in the samples so far, and at the top of the climb.
local MET_SHARE = 0.1
--- Rate of the slow control: what one client sends, not a crowd (queries/s).
local SLOW_QPS = 2

local function is_loopback(address)
    return address:match("^127%.") ~= nil or address == "::1"
end

--- How fast a server may be asked.
local function ceiling(ctx, target)
    if ctx.lab or ctx.allow.burst or is_loopback(target.address) then
        return math.max(ctx.qps, BURST_QPS)
    end
    return ctx.qps
end

--- Did a server answer anything in the samples so far? One that did and now answers nothing may still be
--- limiting us.
local function answered_before(ctx, target)
    local samples = target.side == "recursive" and survey.resolvers(ctx) or survey.truth(ctx).samples
    for _, group in ipairs(batch.groups(samples)) do
        for _, row in ipairs(group.id == batch.id(target) and group.rows or {}) do
            if not rate_limited.is_failure(row.answer) then
                return true
            end
        end
    end
    return false
end

--- Resolvers that failed some of the samples so far: those are worth a climb before others.
local function suspects(ctx)
    local ids = {}
    for _, group in ipairs(batch.groups(survey.resolvers(ctx))) do
        local good, bad = 0, 0
        for _, row in ipairs(group.rows) do
            local failure = rate_limited.is_failure(row.answer)
            good, bad = good + (failure and 0 or 1), bad + (failure and 1 or 0)
        end
        ids[group.id] = good > 0 and bad > 1 and bad >= MET_SHARE * (good + bad)
    end
    return ids
end

--- How many other resolvers may climb beside so many servers, each of them to its own ceiling.
local function room_for_others(ctx, resolvers, count)
    if ctx.common then
        return FEW_RESOLVERS
    end
    local top = ctx.qps
    for _, target in ipairs(resolvers) do
        top = math.max(top, ceiling(ctx, target))
    end
    return math.max(FEW_RESOLVERS, math.min(OTHER_RESOLVERS, TOTAL_QPS // top - count))
end

local function targets_of(ctx)
    local targets, others, suspect = {}, 0, suspects(ctx)
    local resolvers = survey.resolver_targets(ctx)
    local room = room_for_others(ctx, resolvers, #ctx.nameservers + 1)
    for _, target in ipairs(resolvers) do
        others = others + ((target.host or suspect[batch.id(target)]) and 0 or 1)
        if target.host or suspect[batch.id(target)] or others <= room then
            targets[#targets + 1] = { address = target.address, port = target.port, label = target.label,
                host = target.host, side = "recursive" }
        end
    end
    for _, server in ipairs(ctx.nameservers) do
        targets[#targets + 1] = { address = server.address, port = server.port, label = server.name,
            side = "authoritative" }
    end
    return targets
end

--- What to ask at every rate: the first type whose answers are not truncated of themselves, or else the
--- zone's SOA. A truncated answer is what a limiter gives, too.
local function question_of(ctx)
    local large = {}
    for _, packed in ipairs { survey.truth(ctx).samples, survey.resolvers(ctx) } do
        local counts = {}
        for _, row in ipairs(batch.rows(packed)) do
            local type, kind = row.question.type, row.answer.kind
            local count = counts[type] or { truncated = 0, data = 0 }
            counts[type] = count
            local small = kind == "data" and row.question.transport ~= "tcp"
            count.truncated = count.truncated + (kind == "truncated" and 1 or 0)
            count.data = count.data + (small and 1 or 0)
        end
        for type, count in pairs(counts) do
            large[type] = large[type] or count.truncated > count.data
        end
    end
    for _, type in ipairs(ctx.target.types) do
        if not large[type] then
            return ctx.target.name, type
        end
    end
    return ctx:trace().zone or ctx.target.name, "SOA"
end

--- Ask in phases, one after the other without waiting for stragglers: a limiter must not get a rest. Each
--- phase is { name, rate in queries/s, count }. Late answers are not waited for: they are no sign of a limit.
local function ask(ctx, target, phases)
    local plan, start, questions = {}, 0, target.questions
    for _, phase in ipairs(phases) do
        local name, rate, key = phase[1], phase[2], phase[1] .. " " .. phase[2]
        questions[key] = questions[key]
            or { name = target.question.name, type = target.question.type, phase = name, rate = rate }
        local options = {
            name = target.question.name,
            type = target.question.type,
            server = target.address,
            port = target.port,
            label = target.label,
            rd = target.side == "recursive",
            edns = { size = 1232 },
            qps = rate * 2,
            late = 0,
        }
        for i = 1, phase[3] do
            plan[#plan + 1] = { due = start + (i - 1) / rate, options = options, question = questions[key] }
        end
        start = start + phase[3] / rate
    end
    return task.map(plan, function(item)
        task.sleep(item.due)
        return { target = target, exchange = ctx:exchange(item.options), question = item.question }
    end)
end

--- The climb as phases, from the `first` stage on.
local function climb(top, first, last)
    local phases = {}
    for i = first, last do
        local rate = math.max(1, top * CLIMB[i][1])
        phases[#phases + 1] = { "climb", rate, math.floor(rate * CLIMB[i][2] + 0.5) }
    end
    return phases
end

local function failures(rows, rate)
    local count, all = 0, 0
    for _, row in ipairs(rows) do
        if not rate or row.question.rate == rate then
            all = all + 1
            count = count + (rate_limited.failure_of(row.exchange) and 1 or 0)
        end
    end
    return count, all
end

--- Did the top of the climb fail often enough to be worth the slow control?
local function met_a_limit(rows, top)
    local count, all = failures(rows, top)
    return count >= 2 and count >= MET_SHARE * all
end

local function probe(ctx, target)
    local top = ceiling(ctx, target)
    local rows = ask(ctx, target, climb(top, 1, 1))
    local function more(phases)
        local new = ask(ctx, target, phases)
        table.move(new, 1, #new, #rows + 1, rows)
    end
    if failures(rows) < #rows then
        more(climb(top, 2, #CLIMB))
        if not met_a_limit(rows, top) then
            more { { "slow", math.min(SLOW_QPS * 2, top), ctx.params.slow_samples } }
            return rows
        end
    elseif not answered_before(ctx, target) then
        return rows -- dead, and not worth a climb
    end
    task.sleep(ctx.params.cool_down)
    more { { "slow", math.min(SLOW_QPS, top), ctx.params.slow_confirm } }
    more(climb(top, 1, #CLIMB))
    return rows
end

local function measure(ctx)
    ctx:progress("raising the query rate")
    local targets, samples = targets_of(ctx), {}
    local name, type = question_of(ctx)
    local question, questions = { name = name, type = type }, {}
    for _, target in ipairs(targets) do
        target.question, target.questions = question, questions
    end
    for _, rows in ipairs(task.map(targets, function(target)
        return probe(ctx, target)
    end)) do
        table.move(rows, 1, #rows, #samples + 1, samples)
    end
    for _, target in ipairs(targets) do
        target.questions = nil
    end
    return { climbs = batch.pack(samples), slow_qps = SLOW_QPS }
end

return {
    id = "rate-limit",
    title = "Failures that follow the query rate",
    sends = "a climb to the ceiling (--qps) at this host's resolvers, up to twelve others and the zone's "
        .. "servers, then a slow control",
    params = {
        cool_down = {
            type = "number",
            default = 15,
            min = 0,
            max = 120,
            unit = "s",
            help = "pause before the slow control where the climb met failures",
            source = "BIND's RRL window",
        },
        slow_samples = {
            type = "integer",
            default = 6,
            min = 1,
            max = 100,
            help = "slow queries after the climb",
        },
        slow_confirm = {
            type = "integer",
            default = 16,
            min = 10,
            max = 200,
            help = "slow queries where the climb met failures: 16 without one rule out a rate of 17 %",
        },
    },
    provides = { "climbs" },
    measure = measure,
    judge = rate_limited.judge,
}
