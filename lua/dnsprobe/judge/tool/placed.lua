-- SPDX-License-Identifier: MIT
--- Was a foreign answer given to a resolver for its place, by a zone that answers by place without client
--- subnets?
--
-- All of these: several resolvers fetched one at the moment when they were first asked (an old answer was
-- fetched before the change, and part of its TTL is over); it lives for a short time; and the SOA that the
-- resolver gives is one that the zone's servers gave too, so that it does not read the zone at servers that
-- the zone has left.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local caches = require "dnsprobe.judge.tool.caches"

local M = {}

--- So many resolvers that fetched a foreign answer just now were given it for their place.
local RESOLVERS_MIN = 2
--- Answers by place are kept for so long at most (seconds).
local TTL_MAX = 300

-- A resolver of this host may have been told to ask elsewhere.
local function is_fresh(view, truth)
    local first = view.wrong[1]
    if view.state ~= "behind" or view.target.host or first.answer.kind ~= "data" or not first.answer.ttl then
        return false
    end
    local cache, age = caches.view(view.wrong), (truth.ttl or 0) - first.answer.ttl
    return (age == 0 or age == 1)
        and not cache.pinned
        and view.wrong[#view.wrong].answer.ttl ~= first.answer.ttl
end

-- The serials in a list of answers to the SOA question.
local function serials_of(groups, into)
    for _, group in ipairs(groups) do
        for _, row in ipairs(group.rows) do
            local serial = row.question.type == "SOA" and answers.serial(row.answer)
            into[#into + 1] = serial or nil
        end
    end
    return into
end

--- The resolvers that read the zone as its servers have it, by their id.
---@param zone dnsprobe.Truth
---@param origins dnsprobe.Batch? of dnsprobe.survey.origin
---@return table<string, boolean>
function M.readers(zone, origins)
    local known, readers = {}, {}
    for _, serial in ipairs(serials_of(zone.groups, {})) do
        known[serial] = true
    end
    for _, group in ipairs(origins and batch.groups(origins) or {}) do
        local given = serials_of({ group }, {})
        readers[group.id] = #given > 0
        for _, serial in ipairs(given) do
            readers[group.id] = readers[group.id] and known[serial] == true
        end
    end
    return readers
end

--- Marks the views of resolvers that were given their foreign answer for their place.
---@param views dnsprobe.View[]
---@param truth dnsprobe.TypeTruth
---@param readers table<string, boolean>
function M.mark(views, truth, readers)
    local fresh = {}
    for _, view in ipairs((truth.ttl or math.huge) <= TTL_MAX and views or {}) do
        fresh[#fresh + 1] = readers[batch.id(view.target)] and is_fresh(view, truth) and view or nil
    end
    for _, view in ipairs(#fresh >= RESOLVERS_MIN and fresh or {}) do
        view.state, view.why = "elsewhere", "fetched just now: the zone answers by place"
    end
end

return M
