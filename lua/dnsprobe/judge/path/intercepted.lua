-- SPDX-License-Identifier: MIT
--- Does something on the way answer in the servers' place? Only proofs count, not oddities.
--
--   decoy      an address at which nobody lives answered a DNS query
--   recursion  root or TLD servers answered the question itself, with recursion available: they never recurse
--   injected   a server's answer came twice, differently, again and again, while the zone has one answer only
--   identity   resolvers of unrelated operators call themselves the same (id.server, hostname.bind)

local batch = require "dnsprobe.judge.tool.batch"
local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Second, differing answers at one server before they count, and their share of its samples.
local INJECTED_MIN, INJECTED_SHARE = 3, 0.2
--- Unrelated operators with one identity before it counts.
local IDENTITY_MIN = 3

local function came(exchange)
    return exchange.response ~= nil and (exchange.outcome == "answer" or exchange.outcome == "late")
end

local function decoys(data)
    local hits = {}
    for _, group in ipairs(batch.groups(data.decoys)) do
        for _, row in ipairs(group.rows) do
            if came(row.exchange) then
                hits[#hits + 1] = { target = group.target, exchange = row.exchange }
                break
            end
        end
    end
    return hits
end

local function recursion(data)
    local hits = {}
    for _, server in ipairs(data.above or {}) do
        local message = server.exchange and came(server.exchange) and server.exchange.response
        if message and message.ra and not message.aa and #(message.answer or {}) > 0 then
            hits[#hits + 1] = { target = { address = server.address, name = server.name,
                port = server.exchange.server.port }, exchange = server.exchange }
        end
    end
    return hits
end

local function is_injected(exchange)
    for _, stray in ipairs(exchange.stray or {}) do
        if stray.differs then
            return true
        end
    end
    return false
end

local function injected(truth)
    local hits = {}
    for _, group in ipairs(truth and truth.groups or {}) do
        local count, samples, first = 0, 0, nil
        for _, row in ipairs(group.rows) do
            local one = truth.types[row.question.type]
            if one and one.static or row.question.type == "SOA" then
                samples = samples + 1
                if is_injected(row.exchange) then
                    count, first = count + 1, first or row.exchange
                end
            end
        end
        if count >= INJECTED_MIN and count / samples >= INJECTED_SHARE then
            hits[#hits + 1] = { target = group.target, exchange = first }
        end
    end
    return hits
end

-- Takes down that a resolver names itself with this text, once for each operator.
local function add_identity(by_text, text, target, exchange)
    local entry = by_text[text] or { operators = {}, n = 0, hits = {} }
    by_text[text] = entry
    if not entry.operators[target.operator] then
        entry.operators[target.operator] = true
        entry.n = entry.n + 1
        entry.hits[entry.n] = { target = target, exchange = exchange }
    end
end

-- The hits of the text that most operators share; empty: too few share any.
local function most_hits(by_text)
    local best = { n = IDENTITY_MIN - 1, hits = {} }
    for _, entry in pairs(by_text) do
        best = entry.n > best.n and entry or best
    end
    return best.hits
end

local function identities(data)
    local by_text = {}
    for _, group in ipairs(batch.groups(data.identity)) do
        for _, row in ipairs(group.target.operator and group.rows or {}) do
            local text = row.answer.kind == "data" and row.answer.values[1] or nil
            if text and #text > 4 then
                add_identity(by_text, text, group.target, row.exchange)
            end
        end
    end
    return most_hits(by_text)
end

local function report_hits(report, hits, text, all)
    local targets, addresses, exchanges = {}, {}, {}
    for i, hit in ipairs(hits) do
        targets[i], addresses[i] = hit.target, hit.target.address
        exchanges[#exchanges + 1] = #exchanges < 5 and hit.exchange or nil
    end
    report:finding {
        id = "path.intercepted",
        severity = "critical",
        summary = string.format(text, words.servers(targets)),
        subject = words.subject(targets[1], { name = report.target.name }),
        evidence = exchanges,
        facts = { servers = addresses, all = all },
        fix = "Find the device that answers for port 53 (router, firewall, provider) and switch its DNS "
            .. "interception off, or use DNS over TLS from this network; nothing that it answers can be held "
            .. "against the servers.",
        reproduce = dig.lines(targets, report.target.name, report.target.types[1], { norecurse = true }, 2),
    }
end

--- Report the strongest proof.
---@param report dnsprobe.Report
---@param data table what step not-dns measured
---@param truth dnsprobe.Truth?
function M.judge(report, data, truth)
    local proofs = {
        {
            decoys(data),
            "%s answered a DNS query, and nobody lives at that address: something on the way did",
            true,
        },
        {
            recursion(data),
            "%s answered the question with recursion, which root and TLD servers never do",
            true,
        },
        {
            injected(truth),
            "%s seems to answer twice, differently: something on the way answers before it",
            false,
        },
        {
            identities(data),
            "%s have different operators and yet one identity: one machine answers for all",
            true,
        },
    }
    for _, proof in ipairs(proofs) do
        if #proof[1] > 0 then
            report_hits(report, proof[1], proof[2], proof[3])
            return
        end
    end
end

return M
