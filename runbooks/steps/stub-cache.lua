-- SPDX-License-Identifier: MIT
--- Which caches sit on this host, and do they serve what the layer behind them no longer gives?
--
-- Sends: nothing new where step `recursive` ran (its samples show this host's resolvers and the layer behind
-- them); with --allow flush it flushes the caches and asks each of this host's resolvers again, 5 x types.
--
-- Must not fall for:
--   a stub that is merely a forwarder   it has the age of the cache behind it: then the layer behind is
--   behind as well a split view                        own SOA, private addresses, an answer that does not
--   age: not a cache

local batch = require "dnsprobe.judge.tool.batch"
local dns = require "dnsprobe"
local stale_cache = require "dnsprobe.judge.client.stale-cache"
local survey = require "dnsprobe.survey"

--- Samples per type after a flush.
local AFTER_SAMPLES = 5

local function own_targets(ctx)
    local targets = {}
    for _, target in ipairs(survey.resolver_targets(ctx)) do
        targets[#targets + 1] = target.host and target or nil
    end
    return targets
end

local function flushed(ctx)
    local plan = dns.flush { plan = false }
    local questions = {}
    for _, type in ipairs(ctx.target.types) do
        questions[#questions + 1] = { name = ctx.target.name, type = type, rd = true }
    end
    local samples = ctx:sample { targets = own_targets(ctx), questions = questions, n = AFTER_SAMPLES }
    return { plan = plan, after = batch.pack(samples) }
end

local function measure(ctx)
    ctx:progress("looking for caches on this host")
    local everybody = survey.everybody(ctx)
    local data = {
        truth = everybody.truth, resolvers = everybody.resolvers, walk = everybody.walk,
        caches = dns.stub.caches() or {}, plan = dns.flush { plan = true },
    }
    if ctx.allow.flush then
        data.flushed = flushed(ctx)
    end
    return data
end

return {
    id = "stub-cache",
    title = "Caches on this host",
    essential = false,
    sends = "nothing where step recursive ran; with --allow flush 5 x types to this host's resolvers after "
        .. "the flush",
    provides = { "truth", "resolvers", "walk" },
    measure = measure,
    judge = stale_cache.judge,
}
