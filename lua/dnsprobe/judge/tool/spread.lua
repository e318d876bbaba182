-- SPDX-License-Identifier: MIT
--- Is a failure spread over everybody, or concentrated on a few?
--
-- Loss on the path near this vantage hits all servers alike; a flapping server loses alone. With few samples
-- the two look the same, so the question is put to Fisher's exact test: one server against all others,
-- corrected for the number of servers (Holm: the smallest p is held against alpha / servers still in).
-- A server that stands out is set aside and the rest is looked at again, so that one bad server cannot
-- make the path look bad, and a bad path cannot make each server look bad.

local stats = require "dnsprobe.stats"

local M = {}

---@class dnsprobe.Tally
---@field id string
---@field failures integer
---@field samples integer

local function totals(tallies)
    local failures, samples = 0, 0
    for _, tally in ipairs(tallies) do
        failures, samples = failures + tally.failures, samples + tally.samples
    end
    return failures, samples
end

--- The tally that fails most above the others, and how likely chance would do that.
local function worst(tallies, failures, samples)
    local place, least = nil, math.huge
    for i, tally in ipairs(tallies) do
        local other_failures, other_samples = failures - tally.failures, samples - tally.samples
        if tally.failures > 0 and other_samples > 0 then
            local p = stats.fisher_greater(tally.failures, tally.samples - tally.failures, other_failures,
                other_samples - other_failures)
            if p < least then
                place, least = i, p
            end
        end
    end
    return place, least
end

--- Part the tallies into those that fail more than the others and the rest.
---@param tallies dnsprobe.Tally[]
---@param alpha number the chance of a false alarm over all of them, for example 0.01
---@return dnsprobe.Tally[] outliers, dnsprobe.Tally[] rest both in the order given
function M.part(tallies, alpha)
    local rest, out = {}, {}
    for i, tally in ipairs(tallies) do
        rest[i] = tally
    end
    while #rest > 1 do
        local failures, samples = totals(rest)
        local place, p = worst(rest, failures, samples)
        if not place or p * #rest >= alpha then
            break
        end
        out[table.remove(rest, place)] = true
    end
    local outliers = {}
    for _, tally in ipairs(tallies) do
        if out[tally] then
            outliers[#outliers + 1] = tally
        end
    end
    return outliers, rest
end

--- Do failures of one group exceed those of another, beyond chance?
---@param a dnsprobe.Tally|{failures: integer, samples: integer}
---@param b dnsprobe.Tally|{failures: integer, samples: integer}
---@return number p one-sided; 1 when either has no samples
function M.exceeds(a, b)
    if a.samples == 0 or b.samples == 0 then
        return 1
    end
    return stats.fisher_greater(a.failures, a.samples - a.failures, b.failures, b.samples - b.failures)
end

M.totals = totals

return M
