-- SPDX-License-Identifier: MIT
--- Failures that are one event, however many samples it cost.
--
-- Samples are sent side by side, some dozens a second to everyone. When something that all of them share
-- stands still for two seconds (this host, its line, a name server that all resolvers wait for), each of
-- several resolvers loses a few samples that were sent in the same second, and none before or after. Tests
-- that take samples for independent would call every one of these resolvers unreliable. A fault that comes
-- and goes shows more than once, or at one of them only.

local M = {}

--- Failures further apart than this are two events (seconds).
local GAP = 1
--- An event that is longer (seconds), or takes more of the samples' time (share), is not a moment.
local SPAN_MAX, SPAN_SHARE = 2, 0.25
--- So many targets must have failed in it. Two may be an accident.
local TARGETS_MIN = 3

-- Failures of all groups in the order of sending, and how long the sampling took.
local function failures_of(groups, is_failure)
    local list, first, last = {}, math.huge, -math.huge
    for _, group in ipairs(groups) do
        for _, row in ipairs(group.rows) do
            local sent = row.exchange.sent or 0
            first, last = math.min(first, sent), math.max(last, sent)
            if is_failure(row.answer) then
                list[#list + 1] =
                    { sent = sent, n = row.exchange.n or 0, id = group.id, exchange = row.exchange }
            end
        end
    end
    table.sort(list, function(a, b)
        return a.sent < b.sent or (a.sent == b.sent and a.n < b.n)
    end)
    return list, last - first
end

local function events_of(list)
    local events = {}
    for i, failure in ipairs(list) do
        if i == 1 or failure.sent - list[i - 1].sent > GAP then
            events[#events + 1] = { targets = 0, seen = {} }
        end
        local event = events[#events]
        event[#event + 1] = failure
        event.targets = event.targets + (event.seen[failure.id] and 0 or 1)
        event.seen[failure.id] = true
    end
    return events
end

---@class dnsprobe.Moment
---@field has table<dnsprobe.Exchange, boolean> the failures in it
---@field failures integer
---@field targets integer how many failed in it
---@field from number seconds (Unix) at which its first failure was sent
---@field span number seconds from the first to the last

--- The one moment in which several targets failed at once; nil where there was none, or more than one: then
--- it is a fault that comes and goes.
---@param groups dnsprobe.Group[]
---@param is_failure fun(answer: dnsprobe.Answer): boolean
---@return dnsprobe.Moment?
function M.shared(groups, is_failure)
    local list, took = failures_of(groups, is_failure)
    local found
    for _, event in ipairs(events_of(list)) do
        local span = event[#event].sent - event[1].sent
        if event.targets >= TARGETS_MIN then
            if found or span > math.min(SPAN_MAX, SPAN_SHARE * took) then
                return nil
            end
            found =
                { has = {}, failures = #event, targets = event.targets, from = event[1].sent, span = span }
            for _, failure in ipairs(event) do
                found.has[failure.exchange] = true
            end
        end
    end
    return found
end

--- Was this sent in the moment, or so shortly before or after that it belongs to it?
---@param moment dnsprobe.Moment
---@param exchange dnsprobe.Exchange
---@return boolean
function M.holds(moment, exchange)
    local sent = exchange.sent or 0
    return moment.has[exchange] or (sent >= moment.from - GAP and sent <= moment.from + moment.span + GAP)
end

return M
