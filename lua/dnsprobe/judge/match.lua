-- SPDX-License-Identifier: MIT
--- Is what a resolver gives what the zone gives?
--
-- An answer is right when it lies in the union that the authoritative servers gave. Where that union depends
-- on the client's place it can be incomplete, and a foreign value is then "elsewhere" rather than "other".
-- Behind an alias that leaves the zone there is mostly a content network, which answers by place without
-- saying so: there a foreign value is called other only where the truth stands still and lives long. Of a
-- pool that was not seen to its end a foreign value may be a member; and a resolver of a network with NAT64
-- makes AAAA records out of the zone's A records.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local chains = require "dnsprobe.dns.chains"

local M = {}

--- Answers that depend on the client's place live so long at most (seconds).
local PLACE_TTL_MAX = 300
--- So many values at resolvers that no server gives here are places, not one old value.
local PLACE_VALUES = 2

--- So many values are a pool rather than an old answer beside a new one.
local POOL_MIN = 3

--- Have we seen only a part of a pool? Values seen once tell of others not seen at all (Good and Turing).
local function is_open(truth)
    local kinds, single = 0, false
    for _, count in pairs(truth.values) do
        kinds, single = kinds + 1, single or count == 1
    end
    return not truth.static and kinds >= POOL_MIN and single
end

--- The IPv4 address in the last 32 bits of an IPv6 address.
local function embedded(address)
    local groups = {}
    for group in ("0:0:" .. address:gsub("::", ":0:0:")):gmatch("[^:]+") do
        groups[#groups + 1] = tonumber(group, 16)
    end
    local high, low = groups[#groups - 1], groups[#groups]
    return high and low and ("%d.%d.%d.%d"):format(high >> 8, high & 255, low >> 8, low & 255)
end

--- Is it what DNS64 makes of the zone's A records where there is no AAAA (RFC 6147)? The prefix is the
--- network's own.
local function is_synthesized(truth, answer)
    local ipv4 = truth.type == "AAAA" and truth.ipv4 and truth.ipv4.values or {}
    for _, value in ipairs(answer.values) do
        if not ipv4[embedded(value) or ""] then
            return false
        end
    end
    return #answer.values > 0
end

local function values_fit(truth, answer)
    if truth.static and not truth.geo then
        return truth.keys[answer.key] ~= nil
            or (#answer.values > 0 and answers.same_values(answer, truth.values))
    end
    for _, value in ipairs(answer.values) do
        if not truth.values[value] and not truth.elsewhere[value] then
            return false
        end
    end
    return true
end

--- Does the truth stand still, and long enough that another value is an old one?
local function is_firm(truth)
    return truth.static
        and not truth.geo
        and next(truth.elsewhere) == nil
        and (truth.ttl or 0) > PLACE_TTL_MAX
end

--- What an answer says behind the alias that leaves the zone.
local function match_beyond(beyond, answer)
    for i = answer.kind ~= "open" and #answer.chain or 0, 2, -1 do
        local one = beyond[answer.chain[i]]
        if one and one.good > 0 then
            local fate = M.of(one, chains.from(answer, i))
            if fate == "other" and not is_firm(one) and answer.kind ~= "nxdomain" then
                return "elsewhere"
            end
            return fate
        end
    end
    return "same"
end

-- Did the answer come over this alias?
local function leads_over(chain, name)
    for _, via in ipairs(chain) do
        if via == name then
            return true
        end
    end
    return false
end

--- Do resolvers elsewhere show that a name is answered by the client's place? They give several short-lived
--- values that its servers do not give here; an old value that some have kept would be one.
---@param truth dnsprobe.TypeTruth
---@param name string the name it is the truth about
---@param groups dnsprobe.Group[] the resolvers' samples
---@return boolean
function M.by_place(truth, name, groups)
    if (truth.ttl or math.huge) > PLACE_TTL_MAX then
        return false
    end
    local foreign, count = {}, 0
    for _, group in ipairs(groups) do
        for _, row in ipairs(batch.of_type(group, truth.type)) do
            local over = row.answer.kind == "data" and leads_over(row.answer.chain, name)
            for _, value in ipairs(over and row.answer.values or {}) do
                count = count + ((foreign[value] or truth.values[value]) and 0 or 1)
                foreign[value] = true
            end
        end
    end
    return count >= PLACE_VALUES or next(truth.elsewhere) ~= nil
end

-- An answer without data, where the truth is the zone's own.
local function match_kind(truth, answer)
    return truth.kinds[answer.kind == "open" and "nodata" or answer.kind] and "same" or "other"
end

local function match_data(truth, answer)
    if not truth.kinds.data then
        return is_synthesized(truth, answer) and "same" or "other"
    elseif values_fit(truth, answer) then
        return "same"
    end
    return (truth.geo or is_open(truth)) and "elsewhere" or "other"
end

--- Does an answer (of a resolver) agree with the truth?
--   "same"       it does
--   "other"      it does not
--   "elsewhere"  its values are unknown here, but the zone answers by the client's place
--   "unknown"    no authoritative answer to compare with, or the answer is no answer
---@param truth dnsprobe.TypeTruth?
---@param answer dnsprobe.Answer
---@return "same"|"other"|"elsewhere"|"unknown"
function M.of(truth, answer)
    if not truth or truth.good == 0 or not answers.usable(answer) then
        return "unknown"
    end
    if next(truth.chains) and chains.fits(truth.chains, answer) then
        return match_beyond(truth.beyond or {}, answer)
    end
    return (answer.kind == "data" and match_data or match_kind)(truth, answer)
end

return M
