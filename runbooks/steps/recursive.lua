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

local blocked = require "dnsprobe.judge.path.blocked"
local cannot_resolve = require "dnsprobe.judge.recursive.cannot-resolve"
local divergence = require "dnsprobe.judge.recursive.divergence"
local evidence = require "dnsprobe.judge.tool.evidence"
local filtered = require "dnsprobe.judge.recursive.filtered"
local flapping = require "dnsprobe.judge.recursive.flapping"
local loss = require "dnsprobe.judge.path.loss"
local path = require "dnsprobe.judge.tool.path"
local slow = require "dnsprobe.judge.path.slow"
local stale_served = require "dnsprobe.judge.recursive.stale-served"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local unreachable = require "dnsprobe.judge.recursive.unreachable"

local function judge(data, report)
    local truth, groups = evidence.truth(report), evidence.resolvers(report)
    local asked = truths.everyone(truth)
    if #groups.domain == 0 then
        report:status("unknown", "no resolver to ask")
        return
    end
    local access = path.access(asked, groups, data.walk)
    if access ~= "open" then
        blocked.judge(report, access, asked, groups, evidence.has(report, "path"))
        return
    end
    local lost = path.loss(asked, groups, data.walk, evidence.matrix(report))
    unreachable.judge(report, groups)
    flapping.judge(report, groups, lost)
    stale_served.judge(report, groups, truth)
    if truth and truth.known then
        filtered.judge(report, groups, truth)
        cannot_resolve.judge(report, groups, truth)
        divergence.judge(report, groups, truth, data.origins)
    else
        report:status("unknown", "no authoritative answer to compare with")
        report:put("truth", truths.text { keys = {} })
    end
    if not evidence.has(report, "path") then
        loss.judge(report, lost)
        slow.judge(report, asked, groups)
    end
end

return {
    id = "recursive",
    title = "Resolvers against the truth",
    sends = "3 x `. NS`, then 29 x (types + 1) to every resolver, beside the authoritative samples",
    provides = { "truth", "resolvers", "walk" },
    measure = function(ctx)
        ctx:progress("asking the resolvers and the zone's servers")
        return survey.everybody(ctx)
    end,
    judge = judge,
}
