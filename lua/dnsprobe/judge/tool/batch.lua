-- SPDX-License-Identifier: MIT
--- Samples as `measure` hands them to `judge`: each target and each question once, and rows that point at
--- them.
--
-- ctx:sample returns a list of { target, question, exchange }. Recorded like that, a target would be repeated
-- a thousand times in a report, and after a replay its copies would no longer be the same table. A batch
-- keeps the rows small and the identity of a target is its number.

local borrowed = require "dnsprobe.dns.answers.borrowed"
local kept = require "dnsprobe.dns.answers.kept"

local M = {}

---@class dnsprobe.Batch
---@field targets table[]
---@field questions table[]
---@field rows { t: integer, q: integer, x: dnsprobe.Exchange }[]

-- The place of an item in a list of distinct ones, to which it is added where it is new.
local function numbering(list)
    local numbers = {}
    for i, item in ipairs(list) do
        numbers[item] = i
    end
    return function(item)
        if not numbers[item] then
            list[#list + 1] = item
            numbers[item] = #list
        end
        return numbers[item]
    end
end

--- Add samples to a batch; their targets and questions are told by identity.
---@param batch dnsprobe.Batch
---@param samples { target: table, question: table, exchange: dnsprobe.Exchange }[]
function M.add(batch, samples)
    local target, question = numbering(batch.targets), numbering(batch.questions)
    for _, sample in ipairs(samples) do
        batch.rows[#batch.rows + 1] =
            { t = target(sample.target), q = question(sample.question), x = sample.exchange }
    end
end

---@param samples { target: table, question: table, exchange: dnsprobe.Exchange }[]
---@return dnsprobe.Batch
function M.pack(samples)
    local batch = { targets = {}, questions = {}, rows = {} }
    M.add(batch, samples)
    return batch
end

--- The name by which a server is told from others.
---@param target { address: string, port: integer? }
---@return string
function M.id(target)
    return target.address .. "#" .. (target.port or 53)
end

---@class dnsprobe.Row
---@field question table
---@field exchange dnsprobe.Exchange
---@field answer dnsprobe.Answer

---@class dnsprobe.Group
---@field target table
---@field id string
---@field rows dnsprobe.Row[] in the order in which they were sent

local read = setmetatable({}, { __mode = "k" }) -- batch → its rows as last read

local function by_time_and_number(rows)
    local sent, number = {}, {}
    for _, row in ipairs(rows) do
        sent[row], number[row] = row.exchange.sent or 0, row.exchange.n or 0
    end
    table.sort(rows, function(a, b)
        local at_a, at_b = sent[a], sent[b]
        return at_a < at_b or (at_a == at_b and number[a] < number[b])
    end)
    return rows
end

-- Moments differ as a rule, and to sort them alone takes no call for each comparison. They are whole
-- microseconds: floats that are so near one another make poor keys, as Lua hashes their first 31 bits.
local function sorted_by_time(rows)
    local moments, at, out = {}, {}, {}
    for i, row in ipairs(rows) do
        local moment = row.exchange.sent_us
        if math.type(moment) ~= "integer" or at[moment] then
            return by_time_and_number(rows)
        end
        at[moment], moments[i] = row, moment
    end
    table.sort(moments)
    for i, moment in ipairs(moments) do
        out[i] = at[moment]
    end
    return out
end

-- Every row with its answer, in the order in which they were sent, and its target's number. Several judges
-- look at the same batch, and to read the answers is most of their work: it is done once.
local function rows_of(batch)
    local known = read[batch]
    if not known or known.size ~= #batch.rows then
        known = { size = #batch.rows, rows = {}, target = {} }
        local copies = {} -- answers → ours: rows are handed to runbooks
        for _, row in ipairs(batch.rows) do
            local outcome = row.x.outcome
            if outcome ~= "canceled" then
                local answer = borrowed.of(row.x, outcome)
                copies[answer] = copies[answer] or kept.copy(answer)
                local out = { question = batch.questions[row.q], exchange = row.x, answer = copies[answer] }
                known.rows[#known.rows + 1] = out
                known.target[out] = row.t
            end
        end
        known.rows = sorted_by_time(known.rows)
        read[batch] = known
    end
    return known.rows, known.target
end

--- All rows in the order in which they were sent. An exchange that was never tried is left out. Other callers
--- get the same rows: they are not to be changed.
---@param batch dnsprobe.Batch
---@return dnsprobe.Row[]
function M.rows(batch)
    return (rows_of(batch))
end

--- The rows of every target, in the order of the targets. An exchange that was never tried is left out. Other
--- callers get the same rows: they are not to be changed.
---@param batch dnsprobe.Batch?
---@param keep? fun(question: table, exchange: dnsprobe.Exchange): boolean
---@return dnsprobe.Group[]
function M.groups(batch, keep)
    local groups = {}
    if not batch then
        return groups
    end
    for i, target in ipairs(batch.targets) do
        groups[i] = { target = target, id = M.id(target), rows = {} }
    end
    local all, target = rows_of(batch)
    for _, row in ipairs(all) do
        if not keep or keep(row.question, row.exchange) then
            local rows = groups[target[row]].rows
            rows[#rows + 1] = row
        end
    end
    return groups
end

--- Why nothing is known of a zone none of whose servers was asked.
M.NONE_ASKED = "no server of the zone was asked: private addresses are left alone without --allow private"

--- Whether anything was sent to any of the targets.
---@param groups dnsprobe.Group[]
---@return boolean
function M.any_asked(groups)
    for _, group in ipairs(groups) do
        if group.rows[1] then
            return true
        end
    end
    return false
end

--- The rows of a group that asked for one type.
---@param group dnsprobe.Group
---@param type string
---@return dnsprobe.Row[]
function M.of_type(group, type)
    local rows = {}
    for _, row in ipairs(group.rows) do
        if row.question.type == type then
            rows[#rows + 1] = row
        end
    end
    return rows
end

--- How many rows fit a condition, and the first of them as evidence.
---@param rows dnsprobe.Row[]
---@param test fun(answer: dnsprobe.Answer, exchange: dnsprobe.Exchange): boolean?
---@param most? integer how many exchanges to keep (default 5)
---@return integer count, dnsprobe.Exchange[] evidence
function M.count(rows, test, most)
    local count, evidence = 0, {}
    for _, row in ipairs(rows) do
        if test(row.answer, row.exchange) then
            count = count + 1
            if count <= (most or 5) then
                evidence[#evidence + 1] = row.exchange
            end
        end
    end
    return count, evidence
end

return M
