-- SPDX-License-Identifier: MIT
--- Does the parent send clients to the same servers as the zone itself?
--
-- Sends: the walk from the root (every server at every level once, about 40 packets for a name in a common
-- TLD), the servers' own addresses, DS and DNSKEY; and the samples of step `nameservers`, in which the glue
-- ADDRESSES are asked like every other, because that is where clients are sent.
--
-- Must not fall for:
--   servers outside the zone       they need no glue, and glue given for them need not be complete
--   an address family that only one side lists   a missing AAAA glue sends nobody to a wrong place
--   order and case of the NS set
--   zones that an alias leads to   they are another party's: only what stops look-ups is said of them

local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.tool.batch"
local cuts = require "dnsprobe.judge.tool.cuts"
local delegation = require "dnsprobe.judge.delegation.zone"
local names = require "dnsprobe.judge.tool.delegated"
local parent_divergence = require "dnsprobe.judge.delegation.parent-divergence"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local words = require "dnsprobe.judge.tool.words"

-- ---- measuring ----

--- Servers of the zone that are asked for the addresses of its servers, and how often.
local OWN_SERVERS, OWN_SAMPLES = 3, 2
--- How often the servers of a level that disagree are asked again.
local AGAIN_SAMPLES = 2

--- What the zone's servers say about the addresses of those servers whose names lie in the zone.
local function own_addresses(ctx, trace, answering)
    local questions, few = {}, table.move(answering, 1, OWN_SERVERS, 1, {})
    for _, name in ipairs(trace.parent and trace.parent.ns or {}) do
        if names.within(name, trace.zone) then
            questions[#questions + 1] = { name = name, type = "A", rd = false, late = 0 }
            questions[#questions + 1] = { name = name, type = "AAAA", rd = false, late = 0 }
        end
    end
    return batch.pack(
        ctx:sample { targets = few, questions = questions, n = math.min(OWN_SAMPLES, ctx.samples) }
    )
end

--- What the judge needs of a walk.
local function slim(trace)
    local parent, child = trace.parent or {}, trace.child or {}
    local levels = {}
    for i, level in ipairs(trace.levels or {}) do
        local list = {}
        for _, server in ipairs(level.servers) do
            for _, address in ipairs(server.addresses) do
                list[#list + 1] = {
                    name = server.name,
                    address = address.address,
                    kind = address.kind,
                    source = address.source,
                    exchange = address.exchange,
                }
            end
        end
        levels[i] = { zone = level.zone, servers = list, elapsed_us = level.elapsed_us }
    end
    return {
        zone = trace.zone,
        status = trace.status,
        levels = levels,
        without_address = names.without_address(trace),
        unusable = names.unusable(trace),
        parent = { zone = parent.zone, ns = parent.ns, glue = parent.glue, ds = parent.ds },
        child = { ns = child.ns, addresses = child.addresses },
    }
end

--- Where the servers of a level disagree about the next cut, all of them are asked again: a change that was
--- on its way through them is no fault.
local function ask_again(ctx, name, levels)
    local list = {}
    for i = 1, #levels - 1 do
        local zone = levels[i + 1].zone:lower()
        if #cuts.camps(levels[i], zone) > 1 then
            ctx:progress("asking the servers above once more")
            local samples = ctx:sample {
                targets = levels[i].servers, n = AGAIN_SAMPLES,
                questions = { { name = name, type = ctx.target.types[1], rd = false, late = 0 } },
            }
            for _, sample in ipairs(samples) do
                list[#list + 1] = { zone = zone, address = sample.target.address, exchange = sample.exchange,
                    kind = answers.of(sample.exchange).kind }
            end
        end
    end
    return #list > 0 and list or nil
end

--- The delegations that the target's alias leads to; nil where there are none.
local function links_of(ctx)
    local links = {}
    for i, link in ipairs(ctx:links()) do
        links[i] =
            { name = link.name, trace = slim(link.trace), own = own_addresses(ctx, link.trace, link.servers) }
    end
    return #links > 0 and links or nil
end

-- ---- judging ----

local function put_levels(report, trace)
    local rows = {}
    for _, level in ipairs(trace.levels) do
        local kinds, answered = {}, 0
        for _, server in ipairs(level.servers) do
            kinds[server.kind or "-"] = (kinds[server.kind or "-"] or 0) + 1
            local outcome = server.exchange and server.exchange.outcome
            answered = answered + ((outcome == "answer" or outcome == "late") and 1 or 0)
        end
        local list, texts = {}, {}
        for kind in pairs(kinds) do
            list[#list + 1] = kind
        end
        table.sort(list)
        for i, kind in ipairs(list) do
            texts[i] = kind .. " " .. kinds[kind]
        end
        rows[#rows + 1] = { level.zone, words.of(answered, #level.servers), table.concat(texts, ", "),
            words.time(level.elapsed_us) }
    end
    report:table { key = "levels", columns = { "zone", "answered", "said", "took" }, rows = rows }
end

local function judge(data, report)
    local trace, truth = data.trace, truths.of(data.truth)
    put_levels(report, trace)
    if trace.zone == "." and trace.status ~= "dead-end" then
        report:status("skipped", "the root has no zone above it")
        return
    elseif #trace.levels < 2 or not trace.parent.ns then
        report:status(
            "unknown",
            "the walk from the root found no delegation to judge (" .. trace.status .. ")"
        )
        return
    end
    parent_divergence.judge(report, data, truth)
    delegation.judge(report, data, truth)
    for _, link in ipairs(truth.links) do
        for _, one in ipairs(data.links or {}) do
            if one.name == link.name and #one.trace.levels > 1 and one.trace.parent.ns then
                delegation.judge(report, one, link)
            end
        end
    end
end

return {
    id = "delegation",
    title = "Delegation and glue",
    sends = "the walk from the root (every server at every level), then the samples of step nameservers",
    provides = { "truth" },
    measure = function(ctx)
        ctx:progress("walking the delegation from the root")
        local trace = ctx:trace()
        local slimmed = slim(trace)
        return {
            trace = slimmed, above_again = ask_again(ctx, ctx.target.name, slimmed.levels),
            own = own_addresses(ctx, trace, survey.answering_servers(ctx)),
            truth = survey.truth(ctx), links = links_of(ctx),
        }
    end,
    judge = judge,
}
