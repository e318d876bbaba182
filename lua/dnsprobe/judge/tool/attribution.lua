-- SPDX-License-Identifier: MIT
--- Of all failures seen, which one attribute goes with most of them, and did they come in bursts?
--
-- Looked at are the samples of the steps: the zone's servers, the resolvers, the dresses of a question. A
-- sample failed when a client would have got nothing to use from it in time. For each value of each attribute
-- (server, kind of server, address family, transport, EDNS, type, and server together with one of the others)
-- the failures with it are held against those without it:
--   Fisher's exact test, corrected for the number of values (Bonferroni), says whether it can be chance;
--   the phi coefficient of the fourfold table says how well the value goes with failure: 1 means that
--   everything with it fails and nothing without it. So one dead server beats "everything over IPv4", which
--   contains it.
-- Samples on purpose above a rate (step rate-limit) are no part of this.

local batch = require "dnsprobe.judge.tool.batch"
local path = require "dnsprobe.judge.tool.path"
local stats = require "dnsprobe.stats"

local M = {}

--- Failures below which nothing is said.
local FAILURES_MIN = 3
--- Level over all values.
local ALPHA = 0.001
--- A pair of attributes is named instead of one only if it fits better by so much (phi).
local PAIR_GAIN = 0.05
--- Level of the runs test for "in bursts".
local BURST_ALPHA = 0.001

local FAILED =
    { servfail = true, refused = true, rcode = true, malformed = true, timeout = true, unreachable = true }

---@class dnsprobe.Sampled
---@field failed boolean
---@field sent number seconds
---@field n integer
---@field values table<string, string> attribute → value

local function failed(answer)
    return FAILED[answer.kind] or answer.late
end

local function add(list, seen, samples, side)
    for _, group in ipairs(batch.groups(samples)) do
        for _, row in ipairs(group.rows) do
            local n, question = row.exchange.n or 0, row.question
            if not seen[n] then
                seen[n] = true
                local edns = question.edns ~= false
                list[#list + 1] = {
                    failed = failed(row.answer),
                    sent = row.exchange.sent or 0,
                    n = n,
                    values = {
                        server = group.target.address,
                        side = side,
                        family = path.family(group.target.address),
                        transport = row.exchange.transport or "udp",
                        edns = edns and "with EDNS" or "without EDNS",
                        type = question.type,
                    },
                }
            end
        end
    end
end

-- Each batch of the steps, with the side that was asked.
local function each_batch(provided, visit)
    local function add_zone(zone)
        visit(zone.samples, "authoritative")
        for _, link in ipairs(zone.links or {}) do
            add_zone(link)
        end
    end
    for _, one in ipairs(provided) do
        local function member(name)
            return one.names[name] and one.data[name] or nil
        end
        if member("truth") then
            add_zone(one.data.truth)
        end
        visit(member("resolvers"), "recursive")
        visit(member("auth"), "authoritative")
        visit(member("matrix_resolvers"), "recursive")
    end
end

-- Is it worth a look? Several steps may have the same samples, so these are at least as many failures as
-- there were.
local function may_say(provided)
    local failures = 0
    each_batch(provided, function(samples)
        for _, row in ipairs(samples and batch.rows(samples) or {}) do
            failures = failures + (failed(row.answer) and 1 or 0)
        end
    end)
    return failures >= FAILURES_MIN
end

-- Every sample of the steps, each once, in the order of sending.
local function gather(provided)
    local list, seen = {}, {}
    each_batch(provided, function(samples, side)
        add(list, seen, samples, side)
    end)
    table.sort(list, function(a, b)
        if a.sent ~= b.sent then
            return a.sent < b.sent
        end
        return a.n < b.n
    end)
    return list
end

local SINGLE = { "server", "side", "family", "transport", "edns", "type" }
local WITH_SERVER = { "transport", "edns", "type" }

-- Counts by attribute and value.
local function tabulate(list)
    local cells, order = {}, {}
    local function count(sample, attribute, value)
        local key = attribute .. "=" .. value
        local cell = cells[key]
        if not cell then
            cell = { attribute = attribute, value = value, failures = 0, samples = 0 }
            cells[key] = cell
            order[#order + 1] = cell
        end
        cell.samples = cell.samples + 1
        cell.failures = cell.failures + (sample.failed and 1 or 0)
    end
    for _, sample in ipairs(list) do
        for _, attribute in ipairs(SINGLE) do
            count(sample, attribute, sample.values[attribute])
        end
        for _, attribute in ipairs(WITH_SERVER) do
            count(sample, "server and " .. attribute, sample.values.server .. " " .. sample.values[attribute])
        end
    end
    table.sort(order, function(a, b)
        return a.attribute .. a.value < b.attribute .. b.value
    end)
    return order
end

local function phi(cell, failures, samples)
    local a, b = cell.failures, cell.samples - cell.failures
    local c, d = failures - a, samples - failures - b
    local product = (a + b) * (c + d) * (a + c) * (b + d)
    return product > 0 and (a * d - b * c) / math.sqrt(product) or 0
end

local function best_of(order, failures, samples)
    local best, best_phi, best_p
    for _, cell in ipairs(order) do
        local fit = phi(cell, failures, samples)
        local needed = (best_phi or 0) + (cell.attribute:find(" and ", 1, true) and PAIR_GAIN or 0)
        if cell.failures > 0 and cell.samples < samples and fit > needed then
            local p = stats.fisher_greater(
                cell.failures,
                cell.samples - cell.failures,
                failures - cell.failures,
                samples - cell.samples - (failures - cell.failures)
            ) * #order
            if p < ALPHA then
                best, best_phi, best_p = cell, fit, p
            end
        end
    end
    return best, best_phi, best_p
end

-- Singles first, so that a pair has to beat them.
local function split(order)
    local singles, pairs_of = {}, {}
    for _, cell in ipairs(order) do
        local list = cell.attribute:find(" and ", 1, true) and pairs_of or singles
        list[#list + 1] = cell
    end
    return table.move(pairs_of, 1, #pairs_of, #singles + 1, singles)
end

local function belongs(sample, cell)
    local attribute, more = cell.attribute:match("^(%S+) and (%S+)$")
    if not attribute then
        return sample.values[cell.attribute] == cell.value
    end
    return sample.values.server .. " " .. sample.values[more] == cell.value
end

-- Do the failures among these samples come in bursts? Only where some succeed, too.
local function timing(list, cell)
    local outcomes, failures, first, last = {}, 0, nil, nil
    for _, sample in ipairs(list) do
        if not cell or belongs(sample, cell) then
            outcomes[#outcomes + 1] = sample.failed and true or false
            if sample.failed then
                failures, first, last = failures + 1, first or sample.sent, sample.sent
            end
        end
    end
    if failures < FAILURES_MIN or failures == #outcomes then
        return nil
    end
    local p = stats.runs_test(outcomes)
    return { bursts = p < BURST_ALPHA, p = p, first_s = first - list[1].sent, last_s = last - list[1].sent }
end

---@class dnsprobe.Attribution
---@field failures integer
---@field samples integer
---@field attribute string? nil: none of them explains the failures
---@field value string?
---@field explained { failures: integer, samples: integer, share: number }? failures with that value; share of all
---@field elsewhere { failures: integer, samples: integer }?
---@field p number? corrected for the number of values
---@field timing { bursts: boolean, p: number, first_s: number, last_s: number }? of the failures with that value

--- What goes with the failures of a run.
---@param provided dnsprobe.Provided[] what the steps measured
---@return dnsprobe.Attribution? nil where too little failed
function M.of(provided)
    if not may_say(provided) then
        return nil
    end
    local list, failures = gather(provided), 0
    for _, sample in ipairs(list) do
        failures = failures + (sample.failed and 1 or 0)
    end
    if failures < FAILURES_MIN then
        return nil
    end
    local best, _, p = best_of(split(tabulate(list)), failures, #list)
    local result = { failures = failures, samples = #list, timing = timing(list, best) }
    if best then
        result.attribute, result.value, result.p = best.attribute, best.value, p
        result.explained =
            { failures = best.failures, samples = best.samples, share = best.failures / failures }
        result.elsewhere = { failures = failures - best.failures, samples = #list - best.samples }
    end
    return result
end

return M
