-- SPDX-License-Identifier: MIT
-- Sampling: the same questions to several targets, many times, so that a rate can be told.
--
-- How samples are placed in time decides what they can show:
--   1. Every target has a lane of its own and all lanes run side by side. One bad second then looks the same
--      at all targets, and a target that times out does not slow the others down.
--   2. In a lane the questions of each round are shuffled, so that an order effect is not taken for a cause.
--   3. Sample k of a lane is sent at a random moment of its slot, [k, k+1) * gap: regular sending can fall
--      into step with a server that fails regularly.
--   4. The gap keeps a lane below the ceiling per server, so the pacer (core/exchange) has nothing to delay.

local dns = require "dnsprobe"
local options = require "dnsprobe.measure.options"
local task = require "dnsprobe.base.task"

local M = {}

local IN_FLIGHT = 400 -- over all lanes: each holds a socket, and the usual limit is 1024
local LANE_MIN, LANE_MAX = 4, 128

local function shuffled(list)
    local out = { table.unpack(list) }
    for i = #out, 2, -1 do
        local j = dns.random(i)
        out[i], out[j] = out[j], out[i]
    end
    return out
end

local function options_of(target, question)
    local out = {}
    for key, value in pairs(question) do
        out[key] = value
    end
    out.server = target.address
    out.port = target.port
    out.label = target.label or target.name
    return out
end

-- The samples of one target in sending order, each with the moment it is due (seconds from the start).
local function lane_of(target, plan)
    local lane, lasting = {}, {}
    for _, question in ipairs(plan.lasting and plan.questions or {}) do
        lasting[question] = options.last(options_of(target, question))
    end
    for _ = 1, plan.n do
        for _, question in ipairs(plan.shuffle and shuffled(plan.questions) or plan.questions) do
            lane[#lane + 1] = { target = target, question = question, options = lasting[question] }
        end
    end
    local gap = plan.spread and plan.spread / math.max(1, #lane) or plan.gap
    for k, item in ipairs(lane) do
        item.due = (k - 1 + dns.random()) * gap
    end
    return lane
end

local function run_lane(ctx, lane, limit, started)
    local meter, exchange_of = ctx.meter, ctx.exchange
    meter:plan(#lane, #lane > 0 and lane[#lane].due or 0)
    return task.map(lane, function(item)
        local wait = started + item.due - dns.now()
        if wait > 0 then
            task.sleep(wait)
        end
        local exchange = exchange_of(ctx, item.options or options_of(item.target, item.question))
        meter:sampled()
        return { target = item.target, question = item.question, exchange = exchange }
    end, { limit = limit })
end

---@class dnsprobe.SamplePlan
---@field targets { address: string, port: integer?, label: string? }[]
---@field questions table[] { name =, type =, ... } with any option of dns.exchange
---@field n? integer samples of each question at each target; default ctx.samples
---@field spread? number seconds over which the samples are spread; default: as fast as the ceiling allows
---@field shuffle? boolean default true

--- Takes the samples. Results come by target, in sending order.
---@param ctx dnsprobe.Ctx
---@param plan dnsprobe.SamplePlan
---@return { target: table, question: table, exchange: dnsprobe.Exchange }[]
function M.run(ctx, plan)
    if #plan.targets == 0 or #plan.questions == 0 then
        return {}
    end
    local full = {
        n = plan.n or ctx.samples, questions = plan.questions, spread = plan.spread,
        shuffle = plan.shuffle ~= false, gap = 1 / ctx.qps,
        lasting = rawget(ctx, "exchange") == nil, -- no runbook has its hands between
    }
    local limit = math.max(LANE_MIN, math.min(LANE_MAX, IN_FLIGHT // #plan.targets))
    local started = dns.now()
    local lanes = {}
    for i, target in ipairs(plan.targets) do
        lanes[i] = function()
            return run_lane(ctx, lane_of(target, full), limit, started)
        end
    end
    local out = {}
    for _, results in ipairs(task.all(lanes)) do
        for _, result in ipairs(results) do
            out[#out + 1] = result
        end
    end
    return out
end

return M
