-- SPDX-License-Identifier: MIT
-- Figures of a report in words, the same in every format for people.

local M = {}

--- A share as a percentage: two digits that count.
---@param x number
---@return string
function M.percent(x)
    if x == 0 or x >= 0.0995 then
        return ("%.0f %%"):format(100 * x)
    end
    return ("%.2g %%"):format(100 * x)
end

--- A duration.
---@param ms number
---@return string
function M.duration(ms)
    if ms < 1000 then
        return ("%d ms"):format(ms)
    end
    return ("%.1f s"):format(ms / 1000)
end

--- "3 of 74 (4.1 %, 95 % interval 1.4 to 11 %)".
---@param stats table
---@return string
function M.rate(stats)
    return ("%d of %d (%s, 95 %% interval %s to %s)"):format(stats.failures, stats.samples, M.percent(stats.rate),
        M.percent(stats.low), M.percent(stats.high))
end

--- The verdict's share in a sentence, or nil.
---@param share any
---@return string?
function M.share(share)
    if type(share) ~= "table" or not share.estimate then
        return nil
    end
    if share.high - share.low < 0.005 then
        return ("Hits about %s of client look-ups."):format(M.percent(share.estimate))
    end
    return ("Hits about %s of client look-ups (%s to %s)."):format(M.percent(share.estimate), M.percent(share.low),
        M.percent(share.high))
end

--- How sure the verdict is, and why.
---@param verdict table
---@return string
function M.confidence(verdict)
    return ("Confidence %s: %s."):format(M.percent(verdict.confidence),
        table.concat(verdict.confidence_basis or {}, "; "))
end

--- A list of numbers, the first few.
---@param list integer[]
---@param most integer
---@return string
function M.numbers(list, most)
    local out = {}
    for i = 1, math.min(#list, most) do
        out[i] = tostring(list[i])
    end
    local more = #list > most and (" and %d more"):format(#list - most) or ""
    return table.concat(out, ", ") .. more
end

return M
