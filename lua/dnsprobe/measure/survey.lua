-- SPDX-License-Identifier: MIT
--- The samples that several steps share, taken once.
--
-- All targets are asked in the same stretch of time, so that one bad second looks the same at all of them:
-- the authoritative servers beside the resolvers. The first step that needs a part starts it; later steps are
-- handed the same table.
--
-- Packets at defaults: 29 x (types + 1) per server, and 3 control questions per resolver before (9 where it
-- is silent); three times as many again where something failed now and then (measure/survey/again.lua).

local again = require "dnsprobe.measure.survey.again"
local answers = require "dnsprobe.dns.answers"
local authority = require "dnsprobe.measure.survey.authority"
local batch = require "dnsprobe.judge.tool.batch"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local origin = require "dnsprobe.measure.survey.origin"
local overtcp = require "dnsprobe.measure.survey.overtcp"
local task = require "dnsprobe.base.task"

local M = {}

--- A resolver that answers none of so many control questions is given so many more, and then not asked
--- further: one that fails two of three times is ill rather than out of reach.
local CONTROL_TRIES, CONTROL_MORE = 3, 6
--- Samples at a resolver of this host that does not answer the control question.
local DOUBTFUL_SAMPLES = 8

--- The value of `make(ctx)`, made once per run.
---@param ctx dnsprobe.Ctx
---@param name string
---@param make fun(ctx: dnsprobe.Ctx): any
function M.once(ctx, name, make)
    local key = "survey." .. name
    if ctx.shared[key] == nil then
        ctx.shared[key] = make(ctx)
    end
    return ctx.shared[key]
end

--- Counts of the walk from the root per address family: who was asked above the zone, and who answered.
---@param trace dnsprobe.Trace
---@return table<string, { asked: integer, answered: integer }>
function M.walk(trace)
    local walk = { v4 = { asked = 0, answered = 0 }, v6 = { asked = 0, answered = 0 } }
    for _, level in ipairs(trace.levels or {}) do
        if level.zone ~= trace.zone or level.zone == "." then
            for _, server in ipairs(level.servers) do
                for _, address in ipairs(server.addresses) do
                    local exchange = address.exchange
                    if exchange and exchange.outcome ~= "canceled" then
                        local count = walk[address.address:find(":", 1, true) and "v6" or "v4"]
                        count.asked = count.asked + 1
                        local came = exchange.outcome == "answer" or exchange.outcome == "late"
                        count.answered = count.answered + (came and 1 or 0)
                    end
                end
            end
        end
    end
    return walk
end

--- This host's resolvers and the list to ask, each address once.
---@param ctx dnsprobe.Ctx
---@return table[]
function M.resolver_targets(ctx)
    local targets, seen = {}, {}
    local function add(resolver, host)
        local id = batch.id(resolver)
        if seen[id] then
            seen[id].host = seen[id].host or host or nil
            return
        end
        seen[id] = {
            address = resolver.address,
            port = resolver.port,
            label = resolver.name or resolver.label,
            host = host or nil,
            filtering = resolver.filtering,
            region = resolver.region,
            link = resolver.link,
            listed = not host or nil,
        }
        targets[#targets + 1] = seen[id]
    end
    for _, resolver in ipairs(ctx.resolvers) do
        add(resolver, resolver.host or false)
    end
    for _, resolver in ipairs(ctx.host and ctx.host.resolvers or {}) do
        add(resolver, true)
    end
    return targets
end

local CONTROL = { name = ".", type = "NS", rd = true }

--- Resolvers that answer the control question; those of this host that do not: these are asked for the target
--- all the same, because a company's resolver may know its own names only; and the others.
local function answering(targets, samples)
    local ok, kept, doubtful, silent = {}, {}, {}, {}
    for _, sample in ipairs(samples) do
        if answers.usable(borrowed.of(sample.exchange)) then
            ok[sample.target] = true
        end
    end
    for _, target in ipairs(targets) do
        if ok[target] then
            kept[#kept + 1] = target
        else
            local list = target.host and doubtful or silent
            list[#list + 1] = target
        end
    end
    return kept, doubtful, silent
end

-- Samples of the target at the resolvers that answered the control question, and a few at those of this host
-- that did not; `extra` are questions beside those about the target.
local function ask_about_target(ctx, targets, samples, extra)
    local questions = extra
    for _, type in ipairs(ctx.target.types) do
        questions[#questions + 1] = { name = ctx.target.name, type = type, rd = true }
    end
    local kept, doubtful, silent = answering(targets, samples)
    return silent, questions, {
        function()
            return ctx:sample { targets = kept, questions = questions, n = ctx.samples }
        end,
        function()
            return ctx:sample {
            targets = doubtful,
            questions = questions,
            n = math.min(DOUBTFUL_SAMPLES, ctx.samples),
        }
        end,
    }
end

local function joined(ctx, samples, parts)
    local out = table.move(samples, 1, #samples, 1, {})
    for _, part in ipairs(parts) do
        table.move(part, 1, #part, #out + 1, out)
    end
    overtcp.add(ctx, out)
    return batch.pack(out)
end

--- How the resolvers are doing, whatever the domain: what many runs share (measure/survey/common.lua).
---@param ctx dnsprobe.Ctx
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[] samples
---@return table[] targets
function M.take_control(ctx)
    local targets = M.resolver_targets(ctx)
    local samples =
        ctx:sample { targets = targets, questions = { CONTROL }, n = math.max(CONTROL_TRIES, ctx.samples) }
    local _, _, silent = answering(targets, samples)
    local more = ctx:sample { targets = silent, questions = { CONTROL }, n = CONTROL_MORE }
    return table.move(more, 1, #more, #samples + 1, samples), targets
end

--- Who the resolvers say they are, whatever the domain.
---@param ctx dnsprobe.Ctx
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[] samples
function M.take_identity(ctx)
    local targets = M.resolver_targets(ctx)
    for _, target in ipairs(targets) do
        for _, resolver in ipairs(ctx.resolvers) do
            if resolver.address == target.address then
                target.operator = resolver.operator
            end
        end
    end
    return ctx:sample {
        targets = targets,
        n = 1,
        questions = { { name = "id.server", type = "TXT", class = "CH", rd = false } },
    }
end

-- One of many runs: how the resolvers are doing is sampled for all of them at once.
local function measure_resolvers_among(ctx)
    local samples, targets = ctx.common:samples("control")
    local _, _, asking = ask_about_target(ctx, targets, samples, {})
    return joined(ctx, samples, task.all(asking))
end

local function measure_resolvers(ctx)
    if ctx.common then
        return measure_resolvers_among(ctx)
    end
    local targets = M.resolver_targets(ctx)
    local samples = ctx:sample { targets = targets, questions = { CONTROL }, n = CONTROL_TRIES }
    local silent, questions, asking = ask_about_target(ctx, targets, samples, { CONTROL })
    asking[3] = function()
        return ctx:sample { targets = silent, questions = { CONTROL }, n = CONTROL_MORE }
    end
    local parts = task.all(asking)
    parts[4] = ctx:sample { targets = answering(silent, parts[3]), questions = questions, n = ctx.samples }
    return joined(ctx, samples, parts)
end

--- Samples of the resolvers: control question and target.
---@param ctx dnsprobe.Ctx
---@return dnsprobe.Batch
function M.resolvers(ctx)
    return M.once(ctx, "resolvers", measure_resolvers)
end

local function first_truth(ctx)
    return M.once(ctx, "truth", authority.measure)
end

-- The second look, once per run: who has the resolvers' samples as well looks at both.
local function look_again(ctx, resolvers)
    return M.once(ctx, "again", function()
        again.look(ctx, first_truth(ctx), resolvers)
        return true
    end)
end

--- The authoritative samples.
---@param ctx dnsprobe.Ctx
---@return dnsprobe.MeasuredZone
function M.truth(ctx)
    local truth = first_truth(ctx)
    look_again(ctx)
    return truth
end

--- The delegated servers that answered the authoritative samples; all of them where none did. For steps that
--- need an answer and not a verdict about the server.
---@param ctx dnsprobe.Ctx
---@return table[]
function M.answering_servers(ctx)
    local samples = {}
    for _, packed in ipairs { M.truth(ctx).samples, M.truth(ctx).plain } do
        for _, row in ipairs(packed.rows) do
            samples[#samples + 1] = { target = packed.targets[row.t], exchange = row.x }
        end
    end
    return authority.answering(ctx.nameservers, samples)
end

--- Everything at once, and the counts of the walk; then again, closer, where that is needed, and the SOA at
--- resolvers that gave what no server gave.
---@param ctx dnsprobe.Ctx
---@return { truth: table, resolvers: dnsprobe.Batch, walk: table, origins: dnsprobe.Batch? }
function M.everybody(ctx)
    return M.once(ctx, "everybody", function()
        local walk
        task.all {
            function()
                first_truth(ctx)
                walk = M.walk(ctx:trace())
            end,
            function()
                M.resolvers(ctx)
            end,
        }
        local truth, resolvers = first_truth(ctx), M.resolvers(ctx)
        look_again(ctx, resolvers)
        return {
            truth = truth,
            resolvers = resolvers,
            walk = walk,
            origins = origin.measure(ctx, truth, resolvers),
        }
    end)
end

return M
