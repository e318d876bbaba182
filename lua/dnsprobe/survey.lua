-- SPDX-License-Identifier: MIT
--- The samples that several steps share, taken once.
--
-- All targets are asked in the same stretch of time, so that one bad second looks the same at all of them: the
-- authoritative servers beside the resolvers. The first step that needs a part starts it; later steps are handed
-- the same table.
--
-- Packets at defaults: 29 x (types + 1) per server, and 3 control questions per resolver before.

local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.batch"
local task = require "dnsprobe.task"
local truth = require "dnsprobe.truth"

local M = {}

--- A resolver that answers none of so many control questions is not asked further.
local CONTROL_TRIES = 3

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
        if level.zone ~= trace.zone then
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
            address = resolver.address, port = resolver.port, label = resolver.name or resolver.label,
            host = host or nil, filtering = resolver.filtering, region = resolver.region, link = resolver.link,
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

--- Resolvers that answer the control question; this host's own are kept whatever they say.
local function answering(targets, samples)
    local ok, kept = {}, {}
    for _, sample in ipairs(samples) do
        if answers.usable(answers.of(sample.exchange)) then
            ok[sample.target] = true
        end
    end
    for _, target in ipairs(targets) do
        if ok[target] or target.host then
            kept[#kept + 1] = target
        end
    end
    return kept
end

local function measure_resolvers(ctx)
    local targets = M.resolver_targets(ctx)
    local samples = ctx:sample { targets = targets, questions = { CONTROL }, n = CONTROL_TRIES }
    local questions = { CONTROL }
    for _, type in ipairs(ctx.target.types) do
        questions[#questions + 1] = { name = ctx.target.name, type = type, rd = true }
    end
    local kept = answering(targets, samples)
    for _, sample in ipairs(ctx:sample { targets = kept, questions = questions, n = ctx.samples }) do
        samples[#samples + 1] = sample
    end
    return batch.pack(samples)
end

--- Samples of the resolvers: control question and target.
---@param ctx dnsprobe.Ctx
---@return dnsprobe.Batch
function M.resolvers(ctx)
    return M.once(ctx, "resolvers", measure_resolvers)
end

--- The authoritative samples.
---@param ctx dnsprobe.Ctx
function M.truth(ctx)
    return M.once(ctx, "truth", truth.measure)
end

--- Everything at once, and the counts of the walk.
---@param ctx dnsprobe.Ctx
---@return { truth: table, resolvers: dnsprobe.Batch, walk: table }
function M.everybody(ctx)
    return M.once(ctx, "everybody", function()
        local walk
        task.all {
            function()
                M.truth(ctx)
                walk = M.walk(ctx:trace())
            end,
            function()
                M.resolvers(ctx)
            end,
        }
        return { truth = M.truth(ctx), resolvers = M.resolvers(ctx), walk = walk }
    end)
end

return M
