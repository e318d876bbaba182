-- SPDX-License-Identifier: MIT
-- Where the time of a run went: the waits that depend on one another, in order, and what we added to them.
--
-- Steps follow one another. In each, no client could be faster than the longest of its chains:
--   pacing   the server that was asked most: its bucket gives BURST at once to the first step that asks it, then --qps a
--            second. The step rate-limit sets its own rate: there it is its timetable (queries / rate, stage by stage).
--            Where all servers together are asked more than --qps-total allows, it is that
--   way      one round trip to the slowest server that was asked, or its timeout and the late window where it was silent.
--            A step that asks, looks and asks again waits longer, so the chain is rather too short than too long
-- What the steps took beyond that is ours: scheduling, decoding, judging, and waits that nothing else hides.

local M = {}

local BURST = 10

---@class dnsprobe.ProfileStep
---@field id string
---@field sent integer
---@field pacing_s number
---@field paced_by string server
---@field asked integer queries at that server
---@field way_s number
---@field slowest string server
---@field silent boolean the slowest did not answer
---@field took_s number

-- The exchanges of one step: counts by server, and the longest wait for one.
local function of_step(list, from_us, to_us, patience_s)
    local counts, step = {}, { way_s = 0, slowest = "-", silent = false, sent = 0 }
    for _, exchange in ipairs(list) do
        local at = exchange.sent_us
        if at and at >= from_us and at < to_us and exchange.server then
            local server = exchange.server.address
            local silent = exchange.outcome == "timeout"
            local way = silent and patience_s or (exchange.rtt_us or 0) / 1e6
            counts[server] = (counts[server] or 0) + 1
            step.sent = step.sent + 1
            if way > step.way_s then
                step.way_s, step.slowest, step.silent = way, server, silent
            end
        end
    end
    return counts, step
end

-- What the bucket over all servers takes, where that is longer.
local function add_total(step, qps_total)
    local wait = qps_total and math.max(0, step.sent - BURST) / qps_total or 0
    if wait > step.pacing_s then
        step.pacing_s, step.paced_by, step.asked = wait, "all servers", step.sent
    end
end

-- What the bucket of the busiest server takes; `seen` are the servers that had their burst.
local function add_pacing(step, counts, seen, qps)
    step.pacing_s, step.paced_by, step.asked = 0, "-", 0
    for server, count in pairs(counts) do
        local wait = math.max(0, count - (seen[server] and 0 or BURST)) / qps
        if wait > step.pacing_s or wait == step.pacing_s and count > step.asked then
            step.pacing_s, step.paced_by, step.asked = wait, server, count
        end
    end
    for server in pairs(counts) do
        seen[server] = true
    end
end

-- The timetable of the longest climb, from "4/s 0 of 6, 25/s 0 of 25, ...".
local function climb_s(data)
    local longest = 0
    for _, row in ipairs(type(data) == "table" and data.climb or {}) do
        local seconds = 0
        for rate, count in tostring(row["failed at"]):gmatch "(%d+)/s %d+ of (%d+)" do
            seconds = seconds + tonumber(count) / tonumber(rate)
        end
        longest = math.max(longest, seconds)
    end
    return longest
end

--- The profile of a run that was measured and judged.
---@param session dnsprobe.Session
---@param document table its report
---@return { steps: dnsprobe.ProfileStep[], path_s: number, took_s: number, cpu_s: number }
function M.of(session, document)
    local c, seen, steps, path_s = session.ctx, {}, {}, 0
    local from_us = session.started_us
    for i, outcome in ipairs(session.outcomes) do
        local to_us = from_us + outcome.elapsed_ms * 1000
        local counts, step = of_step(session.ledger.list, from_us, to_us, c.timeout + c.late)
        add_pacing(step, counts, seen, c.qps)
        local climb = climb_s(document.steps[i] and document.steps[i].data)
        if climb > 0 then
            step.pacing_s, step.paced_by = climb, "its own timetable"
        end
        add_total(step, c.qps_total)
        step.id, step.took_s = outcome.step.id, outcome.elapsed_ms / 1000
        steps[i], path_s, from_us = step, path_s + step.pacing_s + step.way_s, to_us
    end
    return { steps = steps, path_s = path_s, took_s = session.elapsed_ms / 1000, cpu_s = os.clock() }
end

--- The profile for people.
---@param profile table from `of`
---@return string
function M.text(profile)
    local out = { ("%-13s %6s %9s %9s %9s  %s"):format("step", "sent", "pacing", "way", "took", "waits for") }
    for _, step in ipairs(profile.steps) do
        out[#out + 1] = ("%-13s %6d %7.2f s %7.3f s %7.2f s  %s"):format(step.id, step.sent, step.pacing_s, step.way_s,
            step.took_s, step.sent == 0 and "-" or ("%s (%d queries), then %s%s"):format(step.paced_by, step.asked,
                step.slowest, step.silent and " (silent)" or ""))
    end
    out[#out + 1] = ("critical path %.2f s, took %.2f s: %.2f x; %.0f ms of processor time in all"):format(profile.path_s,
        profile.took_s, profile.path_s > 0 and profile.took_s / profile.path_s or 1, profile.cpu_s * 1000)
    return table.concat(out, "\n") .. "\n"
end

return M
