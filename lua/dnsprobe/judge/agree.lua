-- SPDX-License-Identifier: MIT
--- Do answers agree? Order, case and TTL never count, and a pool that rotates is no disagreement.
--
-- Two answers are the same when a client would do the same with them. Several servers agree when none of them
-- gives what the others never give, over enough samples. Pure functions, for measures and judges.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local match = require "dnsprobe.judge.match"
local samples = require "dnsprobe.judge.samples"
local truths = require "dnsprobe.judge.truth"
local vary = require "dnsprobe.judge.tool.vary"
local words = require "dnsprobe.judge.tool.words"

local M = {}

-- A sample, an exchange or an answer, as an answer.
local function answer_of(value)
    if value.exchange then
        return answers.of(value.exchange)
    end
    return value.outcome and answers.of(value) or value
end

--- Do two answers mean the same to a client?
--- ```lua
--- a = ctx:query { name = "shop.example", server = "127.53.2.1" }
--- b = ctx:query { name = "SHOP.example", server = "127.53.2.2" }
--- agree.same(a, b) --> true
--- ```
---@param a dnsprobe.Sample|dnsprobe.Exchange|dnsprobe.Answer
---@param b dnsprobe.Sample|dnsprobe.Exchange|dnsprobe.Answer
---@return boolean
function M.same(a, b)
    return answer_of(a).key == answer_of(b).key
end

local function set_of(list)
    local out = {}
    for _, value in ipairs(list) do
        out[value] = true
    end
    return out
end

local function without(list, set)
    local out = {}
    for _, value in ipairs(list) do
        out[#out + 1] = not set[value] and value or nil
    end
    return out
end

--- What is missing from `got`, and what it has beside, against `wanted`. Lists of values stand for answers
--- too.
--- ```lua
--- agree.diff({ "192.0.2.1", "192.0.2.2" }, { "192.0.2.2", "192.0.2.3" })
---     --> { extra = { "192.0.2.3" }, missing = { "192.0.2.1" }, same = false, text = "missing 192.0.2.1; extra 192.0.2.3" }
--- a = ctx:query { name = "shop.example", server = "127.53.2.1" }
--- agree.diff(a, a).same --> true
--- ```
---@param wanted dnsprobe.Sample|dnsprobe.Exchange|dnsprobe.Answer|string[]
---@param got dnsprobe.Sample|dnsprobe.Exchange|dnsprobe.Answer|string[]
---@return { same: boolean, missing: string[], extra: string[], text: string }
function M.diff(wanted, got)
    local function values(given)
        local is_list = #given > 0 or next(given) == nil
        return is_list and given or answer_of(given).values
    end
    local old, new = values(wanted), values(got)
    local missing, extra = without(old, set_of(new)), without(new, set_of(old))
    table.sort(missing)
    table.sort(extra)
    local parts = {}
    for _, part in ipairs { { "missing", missing }, { "extra", extra } } do
        parts[#parts + 1] = #part[2] > 0 and part[1] .. " " .. words.some(part[2]) or nil
    end
    return {
        same = #parts == 0,
        missing = missing,
        extra = extra,
        text = #parts > 0 and table.concat(parts, "; ") or "the same",
    }
end

--- Every value that was given, sorted: the whole of a pool that rotates.
--- ```lua
--- list = ask.matrix(ctx, { types = { "A" } })
--- agree.values(list) --> { "127.80.0.1", "127.80.0.2" }
--- ```
---@param list dnsprobe.Sample[]
---@return string[]
function M.values(list)
    local out, seen = {}, {}
    for _, sample in ipairs(list) do
        for _, value in ipairs(answers.of(sample.exchange).values) do
            out[#out + 1] = not seen[value] and value or nil
            seen[value] = true
        end
    end
    table.sort(out)
    return out
end

--- The different answers, the most frequent first, each with who gave it. `text` is fit for a table or a
--- sentence.
--- ```lua
--- distinct = agree.distinct(ask.matrix(ctx, { types = { "A" } }))
--- #distinct, distinct[1].n, distinct[1].text --> 1, 3, "127.80.0.1 127.80.0.2"
--- ```
---@param list dnsprobe.Sample[]
---@return { text: string, kind: string, n: integer, servers: dnsprobe.Target[], samples: dnsprobe.Sample[] }[]
function M.distinct(list)
    local out = {}
    for _, group in ipairs(samples.by(list, function(_, answer) return answer.key end)) do
        local servers = {}
        for _, one in ipairs(samples.by(group.samples, "server")) do
            servers[#servers + 1] = one.target
        end
        local answer = answers.of(group.samples[1].exchange)
        out[#out + 1] = {
            text = answers.text(answer),
            kind = answer.kind,
            n = #group.samples,
            servers = servers,
            samples = group.samples,
        }
    end
    table.sort(out, function(a, b)
        if a.n ~= b.n then
            return a.n > b.n
        end
        return a.text < b.text
    end)
    return out
end

-- One server's usable answers in time order, as vary.compare takes them.
local function series_of(group)
    local points = {}
    for _, sample in ipairs(group.samples) do
        local answer = answers.of(sample.exchange)
        if answers.usable(answer) then
            points[#points + 1] = {
                key = answer.key,
                features = answer.kind == "data" and answer.values or { answer.key },
                ttl = answer.ttl,
                nsid = answers.nsid(sample.exchange),
            }
        end
    end
    return { id = batch.id(group.target), target = group.target, points = points }
end

-- The set of answers of each server as one text; the commonest, and who gives another.
local function odd_ones(list)
    local counts, set_by, best = {}, {}, nil
    for i, series in ipairs(list) do
        local _, keys = vary.keys(series)
        set_by[i] = table.concat(keys, " | ")
        counts[set_by[i]] = (counts[set_by[i]] or 0) + 1
    end
    for _, set in ipairs(set_by) do
        best = (not best or counts[set] > counts[best]) and set or best
    end
    local odd = {}
    for i, series in ipairs(list) do
        odd[#odd + 1] = set_by[i] ~= best and series.target or nil
    end
    return odd
end

--- Do the servers agree on one question? They differ only where chance cannot explain it: a server that
--- always gives what others never give, or a share of a value that Fisher's exact test finds different. A
--- pool that rotates at all of them is agreement; so is a server that goes over to a new answer once, while
--- the zone is updated (`moving`). Each server needs five usable answers; with fewer, `known` is false and
--- nothing is said. `odd` are the servers that give other answers than most.
--- ```lua
--- many = ask.matrix(ctx, { types = { "A" }, n = 5 })
--- agree.servers(many) --> { differ = false, known = true, moving = false, odd = {}, p = 1 }
--- ```
---@param list dnsprobe.Sample[] of one name and one type
---@return { differ: boolean, known: boolean, moving: boolean, p: number, odd: dnsprobe.Target[] }
function M.servers(list)
    local all, known = {}, 0
    for _, group in ipairs(samples.by(list, "server")) do
        local series = series_of(group)
        all[#all + 1] = #series.points > 0 and series or nil
        known = known + (#series.points >= vary.SAMPLES_MIN and 1 or 0)
    end
    local found = vary.compare(all)
    return { differ = found.differ, known = known >= 2, moving = found.moving or false, p = found.p,
        odd = found.differ and odd_ones(all) or {} }
end

--- What a zone says about one name and one type, from the samples of its own servers: the set to hold
--- resolvers against.
--- ```lua
--- truth = agree.truth(ask.matrix(ctx, { types = { "A" }, n = 5 }))
--- truth.known, truth.text --> true, "127.80.0.1 127.80.0.2"
--- ```
---@param list dnsprobe.Sample[] of authoritative servers, of one name and one type
---@return { known: boolean, text: string, values: string[], of: dnsprobe.TypeTruth }
function M.truth(list)
    local type = list[1] and list[1].question.type or "A"
    local rows = {}
    for _, group in ipairs(batch.groups(batch.pack(list))) do
        table.move(group.rows, 1, #group.rows, #rows + 1, rows)
    end
    local one = truths.of_group({ target = {}, id = "zone", rows = rows }, type)
    local values = {}
    for value in pairs(one.values) do
        values[#values + 1] = value
    end
    table.sort(values)
    return { known = one.good > 0, text = truths.text(one), values = values, of = one }
end

--- Does an answer agree with the truth? "unknown" where there is no truth or the answer is none.
--- ```lua
--- truth = agree.truth(ask.matrix(ctx, { types = { "A" }, n = 5 }))
--- agree.with(truth, ctx:query { name = "shop.example", server = "127.53.20.1" }) --> "same"
--- ```
---@param truth table of agree.truth
---@param answer dnsprobe.Sample|dnsprobe.Exchange|dnsprobe.Answer
---@return "same"|"other"|"elsewhere"|"unknown"
function M.with(truth, answer)
    return match.of(truth.of, answer_of(answer))
end

return M
