-- SPDX-License-Identifier: MIT
--- What each authoritative server is: serving, lame, silent, or serving only now and then.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local path = require "dnsprobe.judge.tool.path"

local M = {}

---@class dnsprobe.ServerState
---@field group dnsprobe.Group
---@field target table
---@field n integer
---@field answered integer anything came back
---@field good integer usable answers with authority
---@field timeouts integer
---@field late integer
---@field bad table<string, integer> other answers, by what they were
---@field errors integer sum of bad
---@field flips integer error answers to questions that the server answered well at other times
---@field dead boolean
---@field lame boolean
---@field rtts integer[] µs

local ANSWERED = { answer = true, late = true, malformed = true }

--- What is wrong with an answer of a server that should be authoritative, or nil.
local function fault_of(answer)
    if answers.usable(answer) then
        return not answer.aa and "no AA" or nil
    end
    local words =
        { refused = "REFUSED", servfail = "SERVFAIL", referral = "referral", malformed = "malformed" }
    return words[answer.kind] or (answer.kind == "rcode" and answer.rcode) or nil
end

local function note(state, by_type, row)
    local answer, exchange = row.answer, row.exchange
    local fault = fault_of(answer)
    local entry = by_type[row.question.type] or { good = 0, bad = 0, rows = {} }
    by_type[row.question.type] = entry
    if fault then
        state.bad[fault] = (state.bad[fault] or 0) + 1
        state.errors, entry.bad = state.errors + 1, entry.bad + 1
        entry.rows[#entry.rows + 1] = exchange
    elseif answers.usable(answer) then
        state.good, entry.good = state.good + 1, entry.good + 1
    elseif answer.kind == "timeout" then
        state.timeouts = state.timeouts + 1
    elseif answer.kind == "truncated" then
        state.truncated = state.truncated + 1
    end
    if ANSWERED[exchange.outcome] then
        state.answered = state.answered + 1
        state.late = state.late + (exchange.outcome == "late" and 1 or 0)
        state.rtts[#state.rtts + 1] = exchange.rtt_us
    end
end

---@param group dnsprobe.Group
---@return dnsprobe.ServerState
function M.state(group)
    local state = {
        group = group, target = group.target, n = #group.rows, answered = 0, good = 0, timeouts = 0, late = 0,
        truncated = 0, bad = {}, errors = 0, flips = 0, flip_evidence = {}, rtts = {},
    }
    local by_type = {}
    for _, row in ipairs(group.rows) do
        note(state, by_type, row)
    end
    for _, entry in pairs(by_type) do
        if entry.good > 0 and entry.bad > 0 then
            state.flips = state.flips + entry.bad
            table.move(entry.rows, 1, math.min(3, #entry.rows), #state.flip_evidence + 1, state.flip_evidence)
        end
    end
    table.sort(state.flip_evidence, function(a, b)
        return (a.n or 0) < (b.n or 0)
    end)
    state.dead = state.n > 0 and state.answered == 0
    state.lame = state.good == 0 and state.errors > 0
    return state
end

--- Does a server lose more than the others, and too often for an accident?
---@param group dnsprobe.Group
---@param loss dnsprobe.Loss
---@return boolean
function M.is_lossy(group, loss)
    for _, tally in ipairs(loss.own) do
        if tally.id == group.id and tally.kind == "authoritative" then
            return path.often(tally.failures, tally.samples)
        end
    end
    return false
end

---@class dnsprobe.ServerReport
---@field states dnsprobe.ServerState[]
---@field dead dnsprobe.ServerState[] though their address family works here
---@field unjudged dnsprobe.ServerState[] silent, but so is everybody in that address family
---@field lame dnsprobe.ServerState[]
---@field flapping dnsprobe.ServerState[]
---@field serving integer servers that give authoritative answers

--- Judge every server.
---@param truth dnsprobe.Truth
---@param families { v4: boolean, v6: boolean } which families work at this vantage
---@param loss dnsprobe.Loss
---@return dnsprobe.ServerReport
function M.judge(truth, families, loss)
    local result = { states = {}, dead = {}, unjudged = {}, lame = {}, flapping = {}, serving = 0 }
    for _, group in ipairs(truth.groups) do
        local state = M.state(group)
        result.states[#result.states + 1] = state
        local list
        if state.dead then
            list = families[path.family(group.target.address)] and result.dead or result.unjudged
        elseif state.lame then
            list = result.lame
        elseif state.good > 0 then
            result.serving = result.serving + 1
            state.lossy = M.is_lossy(group, loss)
            list = (path.often(state.flips, state.n) or state.lossy) and result.flapping or nil
        end
        if list then
            list[#list + 1] = state
        end
    end
    return result
end

--- The share of look-ups that meet some of the servers: a resolver with an empty cache picks a server name
--- first, then one of its addresses. With `ttls` the look-ups that are answered from its cache count too: it
--- keeps what it got for that long, so an old answer that lives longer than the new one is met more often
--- than its server. Servers without a TTL gave no answer to keep; resolvers go on to another.
---@param groups dnsprobe.Group[] all servers
---@param hit table<string, boolean> addresses of those in question
---@param ttls? table<string, number> seconds, by address
---@return number 0..1
function M.share(groups, hit, ttls)
    local names = {}
    for _, group in ipairs(groups) do
        local name = group.target.name or group.id
        if not ttls or ttls[group.target.address] then
            names[name] = names[name] or {}
            table.insert(names[name], group.target.address)
        end
    end
    local met, all = 0, 0
    for _, addresses in pairs(names) do
        for _, address in ipairs(addresses) do
            local weight = (ttls and ttls[address] or 1) / #addresses
            met, all = met + (hit[address] and weight or 0), all + weight
        end
    end
    return all > 0 and met / all or 0
end

--- What a server said instead of an answer: "REFUSED 29, no AA 3".
---@param state dnsprobe.ServerState
---@return string
function M.complaints(state)
    local words, parts = {}, {}
    for word in pairs(state.bad) do
        words[#words + 1] = word
    end
    table.sort(words)
    for i, word in ipairs(words) do
        parts[i] = word .. " " .. state.bad[word]
    end
    if state.timeouts > 0 then
        parts[#parts + 1] = "no answer " .. state.timeouts
    end
    return table.concat(parts, ", ")
end

--- Exchanges that show what is wrong with a server.
---@param state dnsprobe.ServerState
---@param most? integer default 3
---@return dnsprobe.Exchange[]
function M.evidence(state, most)
    local _, rows = batch.count(state.group.rows, function(answer)
        return fault_of(answer) ~= nil or answer.kind == "timeout" or answer.kind == "unreachable"
    end, most or 3)
    return rows
end

return M
