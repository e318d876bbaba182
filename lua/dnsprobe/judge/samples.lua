-- SPDX-License-Identifier: MIT
--- Reading samples: choose, group, count, and take some as evidence. Pure functions, for measures and judges.
--
-- A condition is a function(sample, answer) or a table of what must fit: server (address), name, type, dress,
-- kind (data, nodata, nxdomain, servfail, refused, timeout, ...: see answers.of), outcome, rcode, transport.

local answers = require "dnsprobe.dns.answers"
local stats = require "dnsprobe.stats"

local M = {}

local read = {
    server = function(sample) return sample.target.address end,
    name = function(sample) return sample.question.name end,
    type = function(sample) return sample.question.type end,
    dress = function(sample) return sample.dress end,
    kind = function(_, answer) return answer.kind end,
    rcode = function(_, answer) return answer.rcode end,
    outcome = function(sample) return sample.exchange.outcome end,
    transport = function(sample) return sample.exchange.transport end,
}

local function words()
    local out = {}
    for word in pairs(read) do
        out[#out + 1] = word
    end
    table.sort(out)
    return table.concat(out, ", ")
end

local function test_of(condition, what)
    if condition == nil then
        return function() return true end
    elseif type(condition) == "function" then
        return condition
    elseif type(condition) ~= "table" then
        error(("%s: a condition is a function or a table, not a %s"):format(what, type(condition)), 3)
    end
    for key in pairs(condition) do
        if not read[key] then
            error(("%s: unknown condition %q; there are: %s"):format(what, tostring(key), words()), 3)
        end
    end
    return function(sample, answer)
        for key, wanted in pairs(condition) do
            if read[key](sample, answer) ~= wanted then
                return false
            end
        end
        return true
    end
end

--- What a sample says about its question; see answers.of.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- samples.answer(list[1]).kind --> "data"
--- ```
---@param sample dnsprobe.Sample
---@return dnsprobe.Answer
function M.answer(sample)
    return answers.of(sample.exchange)
end

--- The samples that fit, in their order.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- #samples.where(list, { type = "A", server = "127.53.2.1" }) --> 2
--- #samples.where(list, function(sample, answer) return not answer.aa end) --> 0
--- ```
---@param list dnsprobe.Sample[]
---@param condition? table|fun(sample: dnsprobe.Sample, answer: dnsprobe.Answer): boolean?
---@return dnsprobe.Sample[]
function M.where(list, condition)
    local test, out = test_of(condition, "samples.where"), {}
    for _, sample in ipairs(list) do
        out[#out + 1] = test(sample, answers.of(sample.exchange)) and sample or nil
    end
    return out
end

--- How many samples fit, and the first of their exchanges as evidence.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- samples.count(list, { kind = "timeout" }) --> 0, {}
--- ```
---@param list dnsprobe.Sample[]
---@param condition? table|fun(sample: dnsprobe.Sample, answer: dnsprobe.Answer): boolean?
---@param most? integer exchanges to keep as evidence; default 3
---@return integer count
---@return dnsprobe.Exchange[] evidence
function M.count(list, condition, most)
    local found = M.where(list, condition)
    return #found, M.evidence(found, most)
end

--- Samples without a usable answer: silence, SERVFAIL, REFUSED, referrals, answers that cannot be read.
--- Samples that were never sent (`canceled`) count on neither side.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- samples.failures(list) --> 0, 6, {}
--- ```
---@param list dnsprobe.Sample[]
---@param most? integer exchanges to keep as evidence; default 3
---@return integer failures
---@return integer sent
---@return dnsprobe.Exchange[] evidence
function M.failures(list, most)
    local sent = M.where(list, function(_, answer) return answer.kind ~= "canceled" end)
    local failed = M.where(sent, function(_, answer) return not answers.usable(answer) end)
    return #failed, #sent, M.evidence(failed, most)
end

--- Exchanges of the first samples, as `evidence` of a finding takes them.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- #samples.evidence(list) --> 3
--- ```
---@param list dnsprobe.Sample[]
---@param most? integer default 3
---@return dnsprobe.Exchange[]
function M.evidence(list, most)
    local out = {}
    for i = 1, math.min(#list, most or 3) do
        out[i] = list[i].exchange
    end
    return out
end

--- Groups of samples that have something in common, in the order in which they first come. `target` is the
--- server where the samples are grouped by it.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- for _, group in ipairs(samples.by(list, "server")) do assert(#group.samples == 2) end
--- #samples.by(list, "kind") --> 1
--- ```
---@param list dnsprobe.Sample[]
---@param key string|fun(sample: dnsprobe.Sample, answer: dnsprobe.Answer): any word of a condition, or a function
---@return { key: any, samples: dnsprobe.Sample[], target: dnsprobe.Target? }[]
function M.by(list, key)
    local of, out, at = type(key) == "function" and key or read[key], {}, {}
    if not of then
        error(("samples.by: unknown key %q; there are: %s"):format(tostring(key), words()), 2)
    end
    for _, sample in ipairs(list) do
        local value = of(sample, answers.of(sample.exchange))
        if value == nil then
            value = "-"
        end
        if not at[value] then
            at[value] = { key = value, samples = {}, target = key == "server" and sample.target or nil }
            out[#out + 1] = at[value]
        end
        table.insert(at[value].samples, sample)
    end
    return out
end

--- Times of the answers in milliseconds; only `n = 0` where nothing was answered.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" }, dress = { "edns", "tcp" } })
--- samples.times(list).n --> 6
--- ```
---@param list dnsprobe.Sample[]
---@return { n: integer, min: number?, p50: number?, p95: number?, p99: number?, max: number?, mean: number? } ms
function M.times(list)
    local times = {}
    for _, sample in ipairs(list) do
        times[#times + 1] = sample.exchange.rtt_us and sample.exchange.rtt_us / 1000
    end
    return stats.quantiles(times)
end

return M
