-- SPDX-License-Identifier: MIT
--- Is it the servers, or the way to them? Judgements that need everybody's samples at once.
--
-- Only silence counts as loss: an answer that came late was not lost, and a refusal was an answer. Loss at a
-- resolver is measured with the control question (`. NS`, which any resolver has in its cache), because
-- silence about the target may be the fault of the target's own servers.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local spread = require "dnsprobe.judge.tool.spread"
local stats = require "dnsprobe.stats"

local M = {}

--- Level for calling one server's loss its own.
M.ALPHA = 0.01
--- Loss whose 95 % interval begins above this is more than the Internet's everyday loss (share).
M.LOSS_MIN = 0.01
--- ... and so is loss or failure of three samples whose interval begins above this: two may be one accident
--- (share).
M.OFTEN_MIN = 0.005
--- Clients wait this long: glibc 5 s, systemd-resolved and many stub libraries 2 s (µs).
M.PATIENCE_US, M.PATIENCE_LONG_US = 2000000, 5000000

local function is_loss(answer)
    return answer.kind == "timeout"
end

--- Do failures come too often to be accidents, whatever others lose?
---@param failures integer
---@param samples integer
---@return boolean
function M.often(failures, samples)
    local low = failures >= 2 and stats.wilson(failures, samples) or 0
    return low > M.LOSS_MIN or (failures >= 3 and low > M.OFTEN_MIN)
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
    return only ~= nil and #tallies == 1 and M.often(only.failures, only.samples)
end

--- The loss of those that lose no more than one another.
---@param tallies dnsprobe.Tally[]
---@return dnsprobe.Loss
local function spread_over(tallies)
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
        evidence = evidence, affected = affected }
end

--- Small questions over UDP: what is lost of them is lost for no reason that the matrix looks for.
local SMALL = { plain = true, edns512 = true, edns1232 = true, edns4096 = true, ["do"] = true, cookie = true,
    option = true }

--- What a server lost in the cells of the transport matrix that it answers at other times; nil where it
--- answers in none, or says something else than an answer too (then its silence may be that of the servers
--- behind it).
local function cells_tally(group)
    local cells, samples, failures, evidence = {}, 0, 0, {}
    for _, row in ipairs(group.rows) do
        local id = SMALL[row.question.cell] and row.question.cell
        if id then
            cells[id] = cells[id] or { n = 0, lost = {} }
            local cell, lost = cells[id], is_loss(row.answer)
            cell.n, cell.lost[#cell.lost + 1] = cell.n + 1, lost and row.exchange or nil
            if not lost and not (answers.usable(row.answer) or row.answer.kind == "truncated") then
                return nil
            end
        end
    end
    for _, cell in pairs(cells) do
        if #cell.lost < cell.n then
            samples, failures = samples + cell.n, failures + #cell.lost
            table.move(cell.lost, 1, math.min(2, #cell.lost), #evidence + 1, evidence)
        end
    end
    table.sort(evidence, function(a, b)
        return (a.n or 0) < (b.n or 0)
    end)
    return samples > 0 and { id = group.id, target = group.target, kind = "matrix", failures = failures,
        samples = samples, evidence = evidence } or nil
end

-- Does any of the zone's servers answer?
local function answering(truth)
    for _, group in ipairs(truth and truth.groups or {}) do
        if M.alive(group) then
            return true
        end
    end
    return false
end

--- Loss that came in a burst may have spared the survey and hit the transport matrix, which takes as long. It
--- must hit the zone's servers and the resolvers alike: those of one zone may all have the same limit or the
--- same firewall.
local function later_loss(matrix)
    local tallies, sides = {}, {}
    for i, groups in ipairs(matrix) do
        sides[i] = {}
        for _, group in ipairs(groups) do
            local one = cells_tally(group)
            tallies[#tallies + 1], sides[i][#sides[i] + 1] = one, one
        end
        sides[i].failures, sides[i].samples = spread.totals(sides[i])
    end
    local loss = spread_over(tallies)
    for i, side in ipairs(sides) do
        local other = sides[#sides + 1 - i]
        loss.path = loss.path and side.failures > 0 and spread.exceeds(side, other) >= M.ALPHA
    end
    return loss
end

--- Part the loss into that of single servers and that of the path.
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param walk table?
---@param matrix dnsprobe.Group[][]? the transport matrix: the zone's servers, resolvers
---@return dnsprobe.Loss
function M.loss(truth, resolvers, walk, matrix)
    local tallies = {}
    add(tallies, truth and truth.groups, "authoritative", is_loss)
    add(tallies, resolvers and resolvers.control, "recursive", is_loss)
    for _, family in ipairs { "v4", "v6" } do
        local count = walk and walk[family]
        if count and count.answered > 0 then
            tallies[#tallies + 1] = {
                id = "walk " .. family,
                kind = "walk",
                failures = count.asked - count.answered,
                samples = count.asked,
                evidence = {},
            }
        end
    end
    if lone_loser(tallies) then
        return { own = tallies, path = false, failures = 0, samples = 0, evidence = {}, affected = {} }
    end
    local loss = spread_over(tallies)
    local later = not loss.path and matrix and answering(truth) and later_loss(matrix)
    if later and later.path then
        later.own = loss.own
        return later
    end
    return loss
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
        if M.often(one.failures, one.samples) then
            slow[#slow + 1] = one
        end
    end
    local failures, samples = spread.totals(tallies)
    return { slow = slow, own = (spread.part(tallies, M.ALPHA)), failures = failures, samples = samples }
end

-- Was anybody asked on the walk, and did anybody answer?
local function walked(walk)
    local asked, answered = false, false
    for _, count in pairs(walk or {}) do
        asked = asked or count.asked > 0
        answered = answered or count.answered > 0
    end
    return asked, answered
end

local function any_alive(groups)
    for _, group in ipairs(groups or {}) do
        if M.alive(group) then
            return true
        end
    end
    return false
end

local function is_outside(group)
    return not group.target.host
end

local function only(groups, wanted)
    local out = {}
    for _, group in ipairs(groups or {}) do
        out[#out + 1] = wanted(group) and group or nil
    end
    return out
end

--- May this vantage speak DNS to the outside at all?
--- Blocked: nobody outside ever answered, neither the walk, nor the zone's servers, nor a public resolver,
--- while a resolver of this host did. A public resolver or two that may be asked make no difference: where
--- neither the root and top-level servers nor the zone's answer, it is this vantage, not the zone. Dead:
--- nobody answered anything.
---@return "open"|"blocked"|"dead"
function M.access(truth, resolvers, walk)
    local asked, answered = walked(walk)
    if answered or any_alive(truth and truth.groups) then
        return "open"
    end
    local control, domain = resolvers and resolvers.control, resolvers and resolvers.domain
    if not asked and (any_alive(only(control, is_outside)) or any_alive(only(domain, is_outside))) then
        return "open"
    end
    return (any_alive(control) or any_alive(domain)) and "blocked" or "dead"
end

return M
