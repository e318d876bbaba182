-- SPDX-License-Identifier: MIT
--- The second look, where something happened too seldom to be judged.
--
-- 29 samples are chosen to show a fault of 10 %. One of 4 % shows in them too, but once or twice, and so does
-- an accident. Then everybody who answers is asked again, the same questions in the same minutes, three times
-- as often.
--   1. Between the looks nothing is judged. Who looks again has seen something; what it is, is decided from
--      all samples together, with limits that more samples make harder to pass by chance, not easier.
--   2. Faults without any failure in the first look stay unseen, so rates of those that are seen are
--      overstated: by their share in the first quarter of the samples at most.
--   3. Nobody looks again where the run was told how many samples to take (--samples), where it is one of
--      many (a list of domains), where failures are so many that they are judged as they are, or where loss
--      is everybody's.
--
-- Packets: 87 x (types + 1) to each server and resolver that answers; none where nothing failed.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local path = require "dnsprobe.judge.tool.path"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local servers = require "dnsprobe.judge.tool.servers"
local task = require "dnsprobe.base.task"

local M = {}

--- How much more is asked in the second look than in the first.
local TIMES = 3
--- The share of the time left to the run that it may take.
local TIME_SHARE = 1 / 3
--- How often an odd answer may come, and another one all other times, for it to be looked at again.
local ODD_MAX = 2

local function is_control(question)
    return question.name == "."
end

local function is_about_target(question)
    return question.name ~= "."
end

-- One answer always, or one serial, but for one or two samples? A pool that rotates has more.
local function has_odd_answer(group)
    local by_type = {}
    for _, row in ipairs(group.rows) do
        if answers.usable(row.answer) then
            local seen = by_type[row.question.type] or { n = 0, kinds = 0, counts = {} }
            by_type[row.question.type] = seen
            local count = seen.counts[row.answer.key]
            seen.n, seen.kinds, seen.counts[row.answer.key] =
                seen.n + 1, seen.kinds + (count and 0 or 1), (count or 0) + 1
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

local function doubtful_server(group, loss)
    local state = servers.state(group)
    local erred = state.flips > 0 and not path.often(state.flips, state.n)
    local lost = state.timeouts > 0 and not servers.is_lossy(group, loss)
    local late = state.late > 0 and not path.often(state.late, state.n)
    return state.good > 0 and (erred or lost or late or has_odd_answer(group))
end

-- One lost packet of a resolver is not enough, because the Internet loses one of a thousand and there are
-- many resolvers.
local function doubtful_resolver(group, control, others)
    local spoken, silent, good = 0, 0, 0
    for _, rows in ipairs { group.rows, control.rows } do
        for _, row in ipairs(rows) do
            if row.answer.kind == "timeout" then
                silent = silent + 1
            elseif resolvers.is_failure(row.answer) then
                spoken = spoken + (rows == group.rows and 1 or 0)
            else
                good = good + (rows == group.rows and 1 or 0)
            end
        end
    end
    return good > 0 and (spoken > 0 or silent > 1) and not resolvers.flap(group, control, others)
end

local function any_server(parts, loss)
    for _, part in ipairs(parts) do
        for _, group in ipairs(part.groups) do
            if doubtful_server(group, loss) then
                return true
            end
        end
    end
    return false
end

local function any_resolver(asked, loss)
    local control, domain = batch.groups(asked, is_control), batch.groups(asked, is_about_target)
    local others = { failures = loss.failures, samples = loss.samples, resolvers = #domain }
    for i, group in ipairs(domain) do
        if doubtful_resolver(group, control[i], others) then
            return true
        end
    end
    return false
end

local function part_of(packed)
    local part = { batch = packed, groups = batch.groups(packed), targets = {}, questions = {} }
    for _, group in ipairs(part.groups) do
        part.targets[#part.targets + 1] = path.alive(group) and group.target or nil
    end
    for _, question in ipairs(packed.questions) do
        part.questions[#part.questions + 1] = question.transport ~= "tcp" and question or nil
    end
    return part
end

-- What the servers of the zones were asked: who of them answers, and what.
local function parts_of(truth)
    local parts = { part_of(truth.samples) }
    for _, link in ipairs(truth.links or {}) do
        parts[#parts + 1] = part_of(link.samples)
    end
    return parts
end

local function is_needed(parts, asked)
    local groups = {}
    for _, part in ipairs(parts) do
        table.move(part.groups, 1, #part.groups, #groups + 1, groups)
    end
    local loss = path.loss({ groups = groups }, { control = batch.groups(asked, is_control) })
    return not loss.path and (any_server(parts, loss) or any_resolver(asked, loss))
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
    local parts = parts_of(truth)
    if not is_needed(parts, asked) then
        return
    end
    parts[#parts + 1] = asked and part_of(asked) or nil
    local rounds = rounds_of(ctx, parts)
    if rounds < ctx.samples then
        return
    end
    ctx:progress "something failed now and then: looking closer"
    task.map(parts, function(part)
        batch.add(part.batch, ctx:sample { targets = part.targets, questions = part.questions, n = rounds })
    end)
end

return M
