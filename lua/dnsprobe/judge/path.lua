-- SPDX-License-Identifier: MIT
--- Is it the servers, or the way to them? Judgements that need everybody's samples at once.
--
-- Only silence counts as loss: an answer that came late was not lost, and a refusal was an answer. Loss at a
-- resolver is measured with the control question (`. NS`, which any resolver has in its cache), because silence
-- about the target may be the fault of the target's own servers.

local batch = require "dnsprobe.judge.batch"
local spread = require "dnsprobe.judge.spread"
local stats = require "dnsprobe.stats"

local M = {}

--- Level for calling one server's loss its own.
M.ALPHA = 0.01
--- Loss whose 95 % interval begins above this is more than the Internet's everyday loss (share).
M.LOSS_MIN = 0.01
--- Clients wait this long: glibc 5 s, systemd-resolved and many stub libraries 2 s (µs).
M.PATIENCE_US, M.PATIENCE_LONG_US = 2000000, 5000000

local function is_loss(answer)
    return answer.kind == "timeout"
end

local ANSWERED = { answer = true, late = true, malformed = true }

--- True when something came back from the target, whatever it said.
---@param group dnsprobe.Group
---@return boolean
function M.alive(group)
    for _, row in ipairs(group.rows) do
        if ANSWERED[row.exchange.outcome] then
            return true
        end
    end
    return false
end

---@param address string
---@return "v4"|"v6"
function M.family(address)
    return address:find(":", 1, true) and "v6" or "v4"
end

--- Which address families work at this vantage: those in which anybody at all answered.
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param walk table? the counts of the walk from the root
---@return { v4: boolean, v6: boolean }
function M.families(truth, resolvers, walk)
    local works = { v4 = false, v6 = false }
    for family, count in pairs(walk or {}) do
        works[family] = works[family] or count.answered > 0
    end
    local function look(groups)
        for _, group in ipairs(groups or {}) do
            if M.alive(group) then
                works[M.family(group.target.address)] = true
            end
        end
    end
    look(truth and truth.groups)
    look(resolvers and resolvers.control)
    look(resolvers and resolvers.domain)
    return works
end

local function tally(group, kind, test)
    local failures, evidence = batch.count(group.rows, test)
    return { id = group.id, target = group.target, kind = kind, failures = failures, samples = #group.rows,
        evidence = evidence }
end

--- Add a tally for each group that answers at all: the dead are a matter of their own.
local function add(tallies, groups, kind, test)
    for _, group in ipairs(groups or {}) do
        if M.alive(group) then
            tallies[#tallies + 1] = tally(group, kind, test)
        end
    end
end

---@class dnsprobe.Loss
---@field own dnsprobe.Tally[] servers that lose more than the rest
---@field path boolean loss is spread over unrelated servers
---@field failures integer of the rest
---@field samples integer of the rest
---@field evidence dnsprobe.Exchange[]
---@field affected table[] targets among the rest that lost something

local function lone_loser(tallies)
    local only = tallies[1]
    if only and #tallies == 1 and only.failures >= 2 then
        return stats.wilson(only.failures, only.samples) > M.LOSS_MIN
    end
    return false
end

--- Part the loss into that of single servers and that of the path.
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param walk table?
---@return dnsprobe.Loss
function M.loss(truth, resolvers, walk)
    local tallies = {}
    add(tallies, truth and truth.groups, "authoritative", is_loss)
    add(tallies, resolvers and resolvers.control, "recursive", is_loss)
    local servers = #tallies
    for _, family in ipairs { "v4", "v6" } do
        local count = walk and walk[family]
        if count and count.answered > 0 then
            tallies[#tallies + 1] = { id = "walk " .. family, kind = "walk", failures = count.asked - count.answered,
                samples = count.asked, evidence = {} }
        end
    end
    if lone_loser(tallies) then
        return { own = tallies, path = false, failures = 0, samples = 0, evidence = {}, affected = {} }
    end
    local own, rest = spread.part(tallies, M.ALPHA)
    local failures, samples = spread.totals(rest)
    local evidence, affected = {}, {}
    for _, one in ipairs(rest) do
        if one.failures > 0 and one.target then
            affected[#affected + 1] = one.target
            table.move(one.evidence, 1, math.min(2, #one.evidence), #evidence + 1, evidence)
        end
    end
    local low = samples > 0 and stats.wilson(failures, samples) or 0
    return { own = own, path = #affected >= 2 and low > M.LOSS_MIN, failures = failures, samples = samples,
        evidence = evidence, affected = affected, servers = servers }
end

--- A late answer, or one that took longer than clients wait.
---@param exchange dnsprobe.Exchange
---@param patience_us? integer
function M.is_slow(exchange, patience_us)
    return exchange.outcome == "late" or (exchange.outcome == "answer" and (exchange.rtt_us or 0) >=
        (patience_us or M.PATIENCE_US))
end

--- A resolver's first answer of each type pays for the recursion; leave it out.
local function warm(groups)
    local list = {}
    for i, group in ipairs(groups or {}) do
        local seen, rows = {}, {}
        for _, row in ipairs(group.rows) do
            if seen[row.question.type] then
                rows[#rows + 1] = row
            end
            seen[row.question.type] = true
        end
        list[i] = { target = group.target, id = group.id, rows = rows }
    end
    return list
end

--- Answers that come after a client has given up: at single servers, or everywhere.
---@return { slow: dnsprobe.Tally[], own: dnsprobe.Tally[], failures: integer, samples: integer }
function M.slow(truth, resolvers)
    local tallies = {}
    local function test(_, exchange)
        return M.is_slow(exchange)
    end
    add(tallies, truth and truth.groups, "authoritative", test)
    add(tallies, resolvers and resolvers.control, "control", test)
    add(tallies, warm(resolvers and resolvers.domain), "recursive", test)
    local slow = {}
    for _, one in ipairs(tallies) do
        if one.failures >= 2 and stats.wilson(one.failures, one.samples) > M.LOSS_MIN then
            slow[#slow + 1] = one
        end
    end
    local failures, samples = spread.totals(tallies)
    return { slow = slow, own = (spread.part(tallies, M.ALPHA)), failures = failures, samples = samples }
end

--- May this vantage speak DNS to the outside at all?
--- Blocked: nobody outside ever answered, neither the walk, nor the zone's servers, nor a public resolver,
--- while a resolver of this host did. Dead: nobody answered anything.
---@return "open"|"blocked"|"dead"
function M.access(truth, resolvers, walk)
    local own, outside = false, false
    for _, count in pairs(walk or {}) do
        outside = outside or count.answered > 0
    end
    for _, group in ipairs(truth and truth.groups or {}) do
        outside = outside or M.alive(group)
    end
    for _, list in ipairs { resolvers and resolvers.control or {}, resolvers and resolvers.domain or {} } do
        for _, group in ipairs(list) do
            if group.target.host then
                own = own or M.alive(group)
            else
                outside = outside or M.alive(group)
            end
        end
    end
    if outside then
        return "open"
    end
    return own and "blocked" or "dead"
end

return M
