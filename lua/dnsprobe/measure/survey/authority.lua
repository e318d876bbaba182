-- SPDX-License-Identifier: MIT
--- Asking the authority: the samples from which `dnsprobe.truth` is made.
--
-- Every address of every delegated server is asked many times; two of those that answer are asked on behalf
-- of clients on several continents; those that do not answer are asked without EDNS, what was truncated is
-- asked over TCP, and a difference seen with few samples is asked again. Where the name is an alias that
-- leaves its zone, the servers of the zones it leads to are asked in the same way, in the same minutes.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local overtcp = require "dnsprobe.measure.survey.overtcp"
local regions = require "dnsprobe.judge.tool.regions"
local task = require "dnsprobe.base.task"

local M = {}

--- Servers that are asked on behalf of clients elsewhere, and how often per region.
local ECS_SERVERS, ECS_SAMPLES = 2, 1
--- Samples without EDNS at servers that do not answer with it.
local PLAIN_SAMPLES = 8
--- With fewer samples than this a difference between servers is asked again before it is believed.
local CONFIRM_BELOW, CONFIRM_SAMPLES = 8, 8

local function questions_of(ctx, name, zone)
    local questions = {}
    for _, type in ipairs(ctx.target.types) do
        questions[#questions + 1] = { name = name, type = type, rd = false, nsid = true }
    end
    questions[#questions + 1] = { name = zone, type = "SOA", rd = false, nsid = true }
    return questions
end

local function ecs_questions(ctx, name)
    local questions = {}
    for _, type in ipairs(ctx.target.types) do
        if type == "A" or type == "AAAA" then
            for _, place in ipairs(regions) do
                questions[#questions + 1] = {
                    name = name, type = type, rd = false, subnet = place.subnet, late = 0,
                }
            end
        end
    end
    return questions
end

--- Did the same question get different answers?
local function differ(samples)
    local seen = {}
    for _, sample in ipairs(samples) do
        local answer = borrowed.of(sample.exchange)
        if answers.usable(answer) and sample.question.type ~= "SOA" then
            local first = seen[sample.question]
            if first and first ~= answer.key then
                return true
            end
            seen[sample.question] = answer.key
        end
    end
    return false
end

--- Ask again where few samples say that servers differ.
local function confirm(ctx, servers, questions, samples)
    if ctx.samples < CONFIRM_BELOW and differ(samples) then
        local more = ctx:sample { targets = servers, questions = questions, n = CONFIRM_SAMPLES }
        table.move(more, 1, #more, #samples + 1, samples)
    end
end

--- Answers for clients elsewhere matter where somebody is seen to answer differently, or resolvers elsewhere
--- are judged. A runbook that asks no resolvers may say so with its parameter `regions`.
local function abroad_questions(ctx, name, samples)
    return (ctx.params.regions ~= false or differ(samples)) and ecs_questions(ctx, name) or {}
end

local REJECTS_EDNS = { FORMERR = true, NOTIMP = true, BADVERS = true }

--- Servers that gave no answer to a query with EDNS are asked again without it: a firewall or an old server
--- that cannot bear EDNS is not dead, and step `transport` says what it is.
local function without_edns(ctx, servers, questions, samples)
    local fine, silent, plain = {}, {}, {}
    for _, sample in ipairs(samples) do
        local response = sample.exchange.response
        if response and not REJECTS_EDNS[response.rcode] then
            fine[sample.target.address] = true
        end
    end
    for _, server in ipairs(servers) do
        silent[#silent + 1] = not fine[server.address] and server or nil
    end
    for i, question in ipairs(questions) do
        plain[i] = { name = question.name, type = question.type, rd = false, edns = false, late = 0 }
    end
    return ctx:sample { targets = silent, questions = plain, n = math.min(PLAIN_SAMPLES, ctx.samples) }
end

--- The servers that answered something; all of them where none did.
---@param servers table[]
---@param samples { target: table, exchange: dnsprobe.Exchange }[]
---@return table[]
function M.answering(servers, samples)
    local answered, list = {}, {}
    for _, sample in ipairs(samples) do
        if sample.exchange.response then
            answered[sample.target.address] = true
        end
    end
    for _, server in ipairs(servers) do
        list[#list + 1] = answered[server.address] and server or nil
    end
    return #list > 0 and list or table.move(servers, 1, #servers, 1, {})
end

local function measure_zone(ctx, name, trace, servers)
    local zone = trace.zone or name
    local questions = questions_of(ctx, name, zone)
    local samples = ctx:sample { targets = servers, questions = questions, n = ctx.samples }
    confirm(ctx, servers, questions, samples)
    local few = table.move(M.answering(servers, samples), 1, ECS_SERVERS, 1, {})
    local abroad = ctx:sample { targets = few, questions = abroad_questions(ctx, name, samples),
        n = math.min(ECS_SAMPLES, ctx.samples) }
    local plain = without_edns(ctx, servers, questions, samples)
    overtcp.add(ctx, samples)
    return { name = name, zone = zone, types = ctx.target.types, samples = batch.pack(samples),
        plain = batch.pack(plain), ecs = batch.pack(abroad) }
end

local function measure_links(ctx)
    return task.map(ctx:links(), function(link)
        return measure_zone(ctx, link.name, link.trace, link.servers)
    end)
end

---@class dnsprobe.MeasuredZone
---@field name string the name asked for
---@field zone string
---@field types string[]
---@field samples dnsprobe.Batch
---@field plain dnsprobe.Batch without EDNS
---@field ecs dnsprobe.Batch for clients elsewhere
---@field links dnsprobe.MeasuredZone[]? the zones that the name's alias leads to, in the order of the chain
---@field absent string? the name at the end of the chain, where it does not exist
---@field hops integer? aliases followed, where there are any
---@field circle boolean? the aliases lead back to one of their names

--- Ask every delegated server, interleaved, and a few of them for clients elsewhere.
---@param ctx dnsprobe.Ctx
---@return dnsprobe.MeasuredZone
function M.measure(ctx)
    local own, links
    task.all {
        function()
            own = measure_zone(ctx, ctx.target.name, ctx:trace(), ctx.nameservers)
        end,
        function()
            links = measure_links(ctx)
        end,
    }
    own.links, own.absent, own.circle = #links > 0 and links or nil, ctx:links().absent, ctx:links().circle
    own.hops = ctx:links().hops
    return own
end

return M
