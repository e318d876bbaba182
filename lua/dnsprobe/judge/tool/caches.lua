-- SPDX-License-Identifier: MIT
--- What the TTLs of a resolver's answers tell about the caches behind its address.
--
-- A cached record counts down: the moment it ends (time of the answer + TTL) is the same in every sample. So
--   several ends     several caches behind one address (or a refresh in between)
--   no countdown     the TTL stands still: pinned by serve-stale, or fetched anew for each query
--   past its end     the old data is still there after the countdown ran out

local M = {}

--- Ends closer than this belong to one countdown: TTLs are whole seconds, rounded either way (seconds).
local SAME_END = 2
--- A TTL that stands still for this long is not counting down (seconds).
local STILL_MIN = 2.5
--- What a look takes on the real clock, in which the faster clock of a lab goes on (seconds).
local LOOK = 0.1

---@class dnsprobe.CacheView
---@field n integer samples with a TTL
---@field ends number[] the distinct moments at which a countdown ends (Unix seconds; those of the lab's clock where it is fast)
---@field caches integer at least so many caches
---@field pinned integer? seconds; the TTL that did not move
---@field left number? seconds from the last sample to the last end
---@field past boolean data was still served after its countdown ended
---@field ttl integer? the largest TTL seen

-- Caches of a lab may live by a clock that is `lab_speed` times as fast as that of the samples
-- (core/lab/lab.h): then all of this is reckoned on theirs.
local function speed_of(rows)
    return rows[1].exchange.lab_speed or 1
end

local function sent(row, speed)
    return (row.exchange.sent or 0) * speed
end

local function same_end(speed)
    return SAME_END + (speed > 1 and LOOK * speed or 0)
end

local function spans(rows)
    local speed = speed_of(rows)
    return sent(rows[#rows], speed) - sent(rows[1], speed)
end

local function distinct_ends(rows)
    local all, ends, speed = {}, {}, speed_of(rows)
    for i, row in ipairs(rows) do
        all[i] = sent(row, speed) + row.answer.ttl
    end
    table.sort(all)
    for _, moment in ipairs(all) do
        if #ends == 0 or moment - ends[#ends] > same_end(speed) then
            ends[#ends + 1] = moment
        end
    end
    return ends
end

--- The TTL that did not move during the run.
local function pinned(rows)
    local ttl = rows[1].answer.ttl
    for _, row in ipairs(rows) do
        if row.answer.ttl ~= ttl then
            return nil
        end
    end
    return #rows >= 3 and spans(rows) >= STILL_MIN and ttl or nil
end

--- Read the TTLs of one resolver's answers to one question, in time order, all with the same data.
---@param rows dnsprobe.Row[]
---@return dnsprobe.CacheView?
function M.view(rows)
    local timed = {}
    for _, row in ipairs(rows) do
        if row.answer.ttl and row.exchange.sent then
            timed[#timed + 1] = row
        end
    end
    if #timed == 0 then
        return nil
    end
    local speed = speed_of(timed)
    local last, largest = sent(timed[#timed], speed), 0
    for _, row in ipairs(timed) do
        largest = math.max(largest, row.answer.ttl)
    end
    local still = pinned(timed)
    local ends = still and { last + still } or distinct_ends(timed)
    return {
        n = #timed, ends = ends, caches = #ends, pinned = still, ttl = largest,
        left = ends[#ends] - last,
        past = not still and #ends > 1 and last > ends[1] + same_end(speed),
    }
end

return M
