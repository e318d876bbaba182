-- SPDX-License-Identifier: MIT
--- The second look, where something happened too seldom to be judged.
--
-- 29 samples are chosen to show a fault of 10 %. One of 4 % shows in them too, but once or twice, and so does an accident.
-- Then everybody who answers is asked again, the same questions in the same minutes, three times as often.
--   1. Between the looks nothing is judged. Who looks again has seen something; what it is, is decided from all samples
--      together, with limits that more samples make harder to pass by chance, not easier.
--   2. Faults without any failure in the first look stay unseen, so rates of those that are seen are overstated: by their
--      share in the first quarter of the samples at most.
--   3. Nobody looks again where the run was told how many samples to take (--samples), where it is one of many (a list of
--      domains), where failures are so many that they are judged as they are, or where loss is everybody's.
--
-- Packets: 87 x (types + 1) to each server and resolver that answers; none where nothing failed.

local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.batch"
local path = require "dnsprobe.judge.path"
local resolvers = require "dnsprobe.judge.resolvers"
local servers = require "dnsprobe.judge.servers"
local task = require "dnsprobe.task"

local M = {}

--- How much more is asked in the second look than in the first.
local TIMES = 3
--- The share of the time left to the run that it may take.
local TIME_SHARE = 1 / 3
--- How often an odd answer may come, and another one all other times, for it to be looked at again.
local ODD_MAX = 2

local function undecided(failures, samples, least)
    return failures >= least and not path.often(failures, samples)
end

-- One answer always, or one serial, but for one or two samples? A pool that rotates has more.
local function has_odd_answer(group)
    local by_type = {}
    for _, row in ipairs(group.rows) do
        if answers.usable(row.answer) then
            local seen = by_type[row.question.type] or { n = 0, kinds = 0, counts = {} }
            by_type[row.question.type] = seen
            local count = seen.counts[row.answer.key]
            seen.n, seen.kinds, seen.counts[row.answer.key] = seen.n + 1, seen.kinds + (count and 0 or 1), (count or 0) + 1
        end
    end
    for _, seen in pairs(by_type) do
        local _, first = next(seen.counts)
        if seen.kinds == 2 and math.min(first, seen.n - first) <= ODD_MAX then
            return true
        end
    end
    return false
end

local function doubtful_server(group)
    local state = servers.state(group)
    return state.good > 0 and (undecided(state.flips + state.timeouts, state.n, 1) or has_odd_answer(group))
end

-- Two lost packets of a resolver are needed, because the Internet loses one of a thousand and there are many resolvers.
local function doubtful_resolver(group)
    local spoken, silent, good = 0, 0, 0
    for _, row in ipairs(group.rows) do
        if row.answer.kind == "timeout" then
            silent = silent + 1
        elseif resolvers.is_failure(row.answer) then
            spoken = spoken + 1
        else
            good = good + 1
        end
    end
    local n = #group.rows
    return good > 0 and (undecided(spoken, n, 1) or undecided(silent, n, 2))
end

local function any(groups, test)
    for _, group in ipairs(groups) do
        if #group.rows > 0 and test(group) then
            return true
        end
    end
    return false
end

-- Everything that was asked: its batch, and who of its targets answers.
local function parts_of(truth, asked)
    local parts = {}
    local function add(packed, doubtful)
        local part = { batch = packed, groups = batch.groups(packed), targets = {}, questions = {}, doubtful = doubtful }
        for _, group in ipairs(part.groups) do
            part.targets[#part.targets + 1] = path.alive(group) and group.target or nil
        end
        for _, question in ipairs(packed.questions) do
            part.questions[#part.questions + 1] = question.transport ~= "tcp" and question or nil
        end
        parts[#parts + 1] = part
    end
    add(truth.samples, doubtful_server)
    for _, link in ipairs(truth.links or {}) do
        add(link.samples, doubtful_server)
    end
    if asked then
        add(asked, doubtful_resolver)
    end
    return parts
end

local function is_needed(parts, asked)
    local needed, all = false, {}
    for _, part in ipairs(parts) do
        needed = needed or any(part.groups, part.doubtful)
        if part.batch ~= asked then
            table.move(part.groups, 1, #part.groups, #all + 1, all)
        end
    end
    local control = batch.groups(asked, function(question) return question.name == "." end)
    return needed and not path.loss({ groups = all }, { control = control }).path
end

-- How many rounds fit into the time.
local function rounds_of(ctx, parts)
    local most = 1
    for _, part in ipairs(parts) do
        most = math.max(most, #part.questions)
    end
    return math.min(TIMES * ctx.samples, math.floor(ctx:remaining() * TIME_SHARE * ctx.qps / most))
end

--- Look again where it is needed; the samples are added to the batches.
---@param ctx dnsprobe.Ctx
---@param truth dnsprobe.MeasuredZone
---@param asked dnsprobe.Batch? samples of the resolvers
function M.look(ctx, truth, asked)
    if ctx.common or not ctx.closer then
        return
    end
    local parts = parts_of(truth, asked)
    local rounds = rounds_of(ctx, parts)
    if rounds < ctx.samples or not is_needed(parts, asked) then
        return
    end
    ctx:progress "something failed now and then: looking closer"
    task.map(parts, function(part)
        batch.add(part.batch, ctx:sample { targets = part.targets, questions = part.questions, n = rounds })
    end)
end

return M
