-- SPDX-License-Identifier: MIT
-- Where the time of a run went: the waits that depend on one another, in order, and what we added to them.
--
-- Steps follow one another. In each, no client could be faster than the exchange that could end last:
--   pacing   its place in the row of its server, whose bucket holds up to BURST and fills at --qps a second;
--   or in the row of
--            all, where --qps-total makes it wait longer. The step rate-limit sets its own rate: there it is
--            its timetable (queries / rate, stage by stage)
--   way      its round trip, or its timeout and the late window where no answer came.
--            A step that asks, looks and asks again waits longer, so the chain is rather too short than too
--            long
-- Before the first step comes the start (files, this host's configuration), after the last one the row
-- `strays`: the wait for what may still come after the last answer, which is of the chain, too.
-- What it all took beyond that is ours: scheduling, decoding, judging, and waits that nothing else hides.

local M = {}

local BURST = 10
local START, STRAYS = "(start)", "(strays)" -- rows that are no steps

---@class dnsprobe.ProfileStep
---@field id string
---@field sent integer
---@field pacing_s number
---@field place integer in the row: the how manieth query
---@field row "server"|"all"|"timetable" whose row
---@field way_s number
---@field server string of the exchange that could end last
---@field silent boolean no answer came
---@field took_s number

-- The exchanges of one step in the order in which they were sent.
local function of_step(list, from_us, to_us, patience_s)
    local out = {}
    for _, exchange in ipairs(list) do
        local at = exchange.sent_us
        if at and at >= from_us and at < to_us and exchange.server then
            local silent = exchange.outcome == "timeout"
            out[#out + 1] = { at_us = at, server = exchange.server.address, silent = silent,
                way_s = silent and patience_s or (exchange.rtt_us or 0) / 1e6 }
        end
    end
    table.sort(out, function(a, b) return a.at_us < b.at_us end)
    return out
end

-- ---- buckets ----

local function new_row(qps)
    return { qps = qps, tokens = BURST, at_us = nil }
end

-- A bucket fills up to a moment.
local function fill(row, at_us)
    local idle_s = row.at_us and math.max(0, at_us - row.at_us) / 1e6 or 0
    row.tokens, row.at_us = math.min(BURST, row.tokens + idle_s * row.qps), at_us
end

-- How long one more query in this row has to wait, from the beginning of the step; it takes its token when it
-- was sent.
local function stand(row, from_us, at_us, number)
    if row.step ~= number then
        fill(row, from_us)
        row.step, row.first, row.count = number, row.tokens, 0
    end
    fill(row, at_us)
    row.tokens, row.count = math.max(0, row.tokens - 1), row.count + 1
    return math.max(0, row.count - row.first) / row.qps
end

-- ---- steps ----

-- The timetable of the longest climb up to its last query, from "4/s 0 of 6, 25/s 0 of 25, ...".
local function climb_s(data)
    local longest = 0
    for _, row in ipairs(type(data) == "table" and data.climb or {}) do
        local seconds, rate_of_last = 0, math.huge
        for rate, count in tostring(row["failed at"]):gmatch "(%d+)/s %d+ of (%d+)" do
            seconds, rate_of_last = seconds + tonumber(count) / tonumber(rate), tonumber(rate)
        end
        longest = math.max(longest, seconds - 1 / rate_of_last)
    end
    return longest
end

-- The exchange of a step that could end last. `rows` are the buckets, `number` that of the step.
local function last_of(exchanges, rows, c, from_us, number)
    local last = {
        sent = #exchanges,
        pacing_s = 0,
        way_s = 0,
        server = "-",
        silent = false,
        place = 0,
        row = "server",
    }
    for i, each in ipairs(exchanges) do
        local own = rows[each.server] or new_row(c.qps)
        rows[each.server] = own
        local wait, row, place = stand(own, from_us, each.at_us, number), "server", own.count
        if c.qps_total then
            rows.all = rows.all or new_row(c.qps_total)
            local among_all = stand(rows.all, from_us, each.at_us, number)
            if among_all > wait then
                wait, row, place = among_all, "all", i
            end
        end
        if wait + each.way_s > last.pacing_s + last.way_s or last.place == 0 then
            last.pacing_s, last.way_s, last.server, last.silent = wait, each.way_s, each.server, each.silent
            last.row, last.place = row, place
        end
    end
    return last
end

-- A climb keeps its own rate, and waits for the slowest answer.
local function add_climb(step, exchanges, seconds)
    local way_s, server = 0, "-"
    for _, each in ipairs(exchanges) do
        if not each.silent and each.way_s >= way_s then
            way_s, server = each.way_s, each.server
        end
    end
    if step.row ~= "all" or seconds + way_s > step.pacing_s + step.way_s then
        step.pacing_s, step.row, step.way_s, step.server, step.silent =
            seconds, "timetable", way_s, server, false
    end
end

local function profile_of(session, outcome, data, rows)
    local c, from_us = session.ctx, outcome.began_us
    local to_us = from_us + outcome.elapsed_ms * 1000
    local exchanges = of_step(session.ledger.list, from_us, to_us, c.timeout + c.late)
    local step, climb = last_of(exchanges, rows, c, from_us, outcome), climb_s(data)
    if climb > 0 then
        add_climb(step, exchanges, climb)
    end
    step.id, step.took_s = outcome.step.id, outcome.elapsed_ms / 1000
    return step, to_us
end

local function idle_row(id, way_s, took_s)
    return { id = id, sent = 0, pacing_s = 0, way_s = way_s, took_s = took_s, server = "-", place = 0,
        row = "server", silent = false }
end

--- The profile of a run that was measured and judged. Steps that were not measured have no row.
---@param session dnsprobe.Session
---@param document table its report
---@return { steps: dnsprobe.ProfileStep[], path_s: number, took_s: number, cpu_s: number }
function M.of(session, document)
    local rows, steps, path_s = {}, {}, 0
    local last_us = session.started_us
    for i, outcome in ipairs(session.outcomes) do
        if outcome.began_us then
            if #steps == 0 then
                steps[1] = idle_row(START, 0, math.max(0, outcome.began_us - last_us) / 1e6)
            end
            steps[#steps + 1], last_us =
                profile_of(session, outcome, document.steps[i] and document.steps[i].data, rows)
        end
    end
    local strays_s = math.max(0, session.elapsed_ms / 1000 - (last_us - session.started_us) / 1e6)
    steps[#steps + 1] = idle_row(STRAYS, strays_s, strays_s)
    for _, step in ipairs(steps) do
        path_s = path_s + step.pacing_s + step.way_s
    end
    return { steps = steps, path_s = path_s, took_s = session.elapsed_ms / 1000, cpu_s = os.clock() }
end

local function waits_of(step)
    if step.id == STRAYS then
        return "what may come after the last answer"
    elseif step.sent == 0 then
        return "-"
    end
    local what = step.row == "timetable" and ("its own timetable, then %s"):format(step.server)
        or ("query %d %s %s"):format(step.place, step.row == "all" and "of all, at" or "at", step.server)
    return what .. (step.silent and " (no answer)" or "")
end

--- The profile for people.
---@param profile table from `of`
---@return string
function M.text(profile)
    local out = { ("%-13s %6s %9s %9s %9s  %s"):format("step", "sent", "pacing", "way", "took", "waits for") }
    for _, step in ipairs(profile.steps) do
        out[#out + 1] = ("%-13s %6d %7.2f s %7.3f s %7.2f s  %s"):format(
            step.id,
            step.sent,
            step.pacing_s,
            step.way_s,
            step.took_s,
            waits_of(step)
        )
    end
    out[#out + 1] = ("critical path %.2f s, took %.2f s: %.2f x; %.0f ms of processor time in all"):format(
        profile.path_s,
        profile.took_s,
        profile.path_s > 0 and profile.took_s / profile.path_s or 1,
        profile.cpu_s * 1000
    )
    return table.concat(out, "\n") .. "\n"
end

return M
