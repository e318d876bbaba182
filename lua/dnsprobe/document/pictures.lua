-- SPDX-License-Identifier: MIT
--- What the pictures of a report are drawn from: every server that was asked, what it gave for each type, how
--- long it took, when it failed, and the walk from the root. Read off the ledger, by nobody's judgement.
--
-- A live run hands its ledger over (`keep`); a report that was recorded with --exchanges brings it along. A
-- report without either has no facts, and is shown without pictures.

local answers = require "dnsprobe.dns.answers"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local ledger = require "dnsprobe.measure.ledger"
local purposes = require "dnsprobe.document.pictures.purposes"
local variants = require "dnsprobe.document.pictures.variants"

local M = {}

---@class dnsprobe.Facts
---@field ledger dnsprobe.Ledger
---@field servers dnsprobe.FactServer[] delegated servers, this host's resolvers, the others, the rest
---@field types string[]
---@field variants dnsprobe.FactVariant[] the answers given, by type, the most common first
---@field first_us integer? when the first question was sent, microseconds since 1970
---@field span_us integer from there to the last
---@field trace table? the walk from the root, with exchanges in their places

---@class dnsprobe.FactServer
---@field id string address#port
---@field address string
---@field port integer
---@field label string?
---@field role "authority"|"host"|"resolver"|"parent"|"other"
---@field blamed boolean a finding above info is about it
---@field samples dnsprobe.FactSample[] plain questions about the target, in the order of sending
---@field all dnsprobe.FactSample[] everything sent to it, in the order of sending
---@field types table<string, dnsprobe.FactCell>
---@field cells table<string, dnsprobe.FactCell> by the id of a transport cell
---@field rtts integer[] microseconds of the samples that were answered, sorted
---@field lost integer samples that were not answered

---@class dnsprobe.FactSample
---@field exchange dnsprobe.Exchange
---@field n integer its number
---@field state "good"|"bad"|"late"|"lost"|"error" a usable answer; an answer that says no; after the timeout; silence; refused
---@field at_us integer from the first question of the run
---@field cell dnsprobe.FactCell? where it is counted

---@class dnsprobe.FactCell
---@field good integer
---@field n integer
---@field kinds table<string, integer> kinds of the answers that were not usable
---@field variant dnsprobe.FactVariant? what was given

local sources = setmetatable({}, { __mode = "k" }) -- document → { ledger, measured, host, resolvers }

--- Remembers where a report comes from, for as long as there is the report.
---@param document table
---@param session dnsprobe.Session
function M.keep(document, session)
    local measured = {}
    for _, outcome in ipairs(session.outcomes) do
        measured[outcome.step.id] = outcome.measured
    end
    sources[document] = { ledger = session.ledger, measured = measured, host = session.ctx.host,
        resolvers = session.ctx.resolvers }
end

local function recorded(document)
    if type(document.exchanges) ~= "table" or type(document.recorded) ~= "table" then
        return nil
    end
    local source = document.recorded
    return { ledger = ledger.read(document.exchanges), measured = source.measured or {}, host = source.host,
        resolvers = source.resolvers }
end

local SILENT = { timeout = true, ["connect-timeout"] = true }

local function state_of(outcome, answer)
    if outcome == "late" then
        return "late"
    elseif outcome == "answer" then
        local fine = answers.usable(answer) or answer.kind == "referral" or answer.kind == "truncated"
        return fine and "good" or "bad"
    end
    return SILENT[outcome] and "lost" or "error"
end

local ORDER = { authority = 1, host = 2, resolver = 3, parent = 4, other = 5 }

local function new_server(id, at, roles)
    local known = roles[id] or {}
    return {
        id = id,
        address = at.address,
        port = at.port or 53,
        label = at.label or known.label,
        role = known.role or "other",
        blamed = false,
        samples = {},
        all = {},
        types = {},
        cells = {},
        rtts = {},
        lost = 0,
    }
end

local function cell_of(cells, key)
    cells[key] = cells[key] or { good = 0, n = 0, kinds = {}, keys = {} }
    return cells[key]
end

local function count(cell, sample, answer)
    cell.n = cell.n + 1
    if sample.state == "good" then
        cell.good = cell.good + 1
        return
    end
    local kind = sample.state == "late" and "late"
        or answer.kind == "rcode" and (answer.rcode or "rcode"):lower()
        or answer.kind
    cell.kinds[kind] = (cell.kinds[kind] or 0) + 1
end

-- Every value that a server gave for a type over its samples: its answer, whatever pool it draws from.
local function add_values(cell, answer)
    if answer.kind == "data" then
        for _, value in ipairs(answer.values) do
            cell.keys[value] = true
        end
    else
        cell.keys[answer.kind == "open" and answer.key or answer.kind:upper()] = true
    end
end

local function add_sample(server, exchange, purpose, first_us)
    local outcome, sent_us = exchange.outcome, exchange.sent_us
    local answer = borrowed.of(exchange, outcome)
    local sample = { exchange = exchange, n = exchange.n, state = state_of(outcome, answer),
        at_us = sent_us and sent_us - first_us or 0 }
    server.all[#server.all + 1] = sample
    if purpose.sampled then
        server.samples[#server.samples + 1] = sample
        local cell = cell_of(server.types, exchange.question.type)
        sample.cell = cell
        count(cell, sample, answer)
        if answers.usable(answer) then
            add_values(cell, answer)
        end
        local rtt_us = sample.state ~= "lost" and sample.state ~= "error" and exchange.rtt_us
        if rtt_us then
            server.rtts[#server.rtts + 1] = rtt_us
        else
            server.lost = server.lost + 1
        end
    elseif purpose.cell then
        count(cell_of(server.cells, purpose.cell), sample, answer)
    end
end

-- The servers that findings above info are about.
local function blamed_of(document)
    local set = {}
    for _, finding in ipairs(document.findings or {}) do
        local subject = finding.subject or {}
        if finding.severity ~= "info" then
            for _, one in ipairs(subject.servers or { subject.server }) do
                set[type(one) == "table" and tostring(one.address) or tostring(one)] = true
            end
        end
    end
    return set
end

-- When the first and the last exchange were sent; nil where none says.
local function span_of(list)
    local first_us, last_us
    for _, exchange in ipairs(list) do
        local at = exchange.sent_us
        first_us = at and math.min(first_us or at, at) or first_us
        last_us = at and math.max(last_us or at, at) or last_us
    end
    return first_us, last_us
end

-- A function that says what an exchange was for, from the data of the steps, or guessed where no step tells.
local function purpose_finder(document, source)
    local target, types = document.target.name:lower(), {}
    for _, type in ipairs(document.target.types) do
        types[type] = true
    end
    local why = purposes.of(source)
    local blind = next(why) == nil
    return function(exchange)
        return why[exchange.n] or blind and purposes.guessed(exchange, target, types) or {}
    end
end

local function tells_something(exchange)
    return exchange.outcome ~= "canceled" and exchange.server and exchange.server.address
        and exchange.question
end

local function collect(document, source)
    local first_us, last_us = span_of(source.ledger.list)
    local by_id, servers, roles = {}, {}, purposes.roles(source)
    local purpose_of = purpose_finder(document, source)
    local function server_of(at)
        local id = at.address .. "#" .. (at.port or 53)
        if not by_id[id] then
            by_id[id] = new_server(id, at, roles)
            servers[#servers + 1] = by_id[id]
        end
        return by_id[id]
    end
    for _, exchange in ipairs(source.ledger.list) do
        local purpose = purpose_of(exchange)
        if tells_something(exchange) and not purpose.decoy then
            local server = server_of(exchange.server)
            if purpose.role and (server.role == "other" or server.role == "parent") then
                server.role = purpose.role
            end
            server.label = server.label or exchange.server.label
            add_sample(server, exchange, purpose, first_us or 0)
        end
    end
    return servers, first_us, (last_us or 0) - (first_us or 0)
end

-- Resolvers stand in the order of the list that was asked, servers of zones by their names.
local function ordered(servers, blamed, resolvers)
    local places = {}
    for i, one in ipairs(resolvers or {}) do
        places[one.address .. "#" .. (one.port or 53)] = i
    end
    for i, server in ipairs(servers) do
        server.place = places[server.id] or 1000000 + i
        server.blamed = blamed[server.address] or blamed[server.id] or false
        table.sort(server.rtts)
        table.sort(server.all, function(a, b) return a.n < b.n end)
    end
    table.sort(servers, function(a, b)
        local x, y = ORDER[a.role] or 9, ORDER[b.role] or 9
        if x ~= y then
            return x < y
        elseif a.role == "authority" and a.label ~= b.label then
            return (a.label or "") < (b.label or "")
        end
        return a.place < b.place
    end)
    return servers
end

local function trace_of(source)
    local delegation = source.measured.delegation
    if type(delegation) ~= "table" or type(delegation.trace) ~= "table" then
        return nil
    end
    return source.ledger:thaw(delegation.trace)
end

local made = setmetatable({}, { __mode = "k" })

--- The facts of a report; nil where there is nothing to draw from.
---@param document table
---@return dnsprobe.Facts?
function M.of(document)
    if made[document] then
        return made[document]
    end
    local source = sources[document] or recorded(document)
    if not source or #source.ledger.list == 0 then
        return nil
    end
    local ok, servers, first_us, span_us = pcall(collect, document, source)
    if not ok then -- a runbook's own step recorded something else under the name of a shipped one
        source.measured = {}
        servers, first_us, span_us = collect(document, source)
    end
    ordered(servers, blamed_of(document), source.resolvers)
    local facts = {
        ledger = source.ledger,
        servers = servers,
        types = document.target.types,
        first_us = first_us,
        span_us = span_us,
        trace = trace_of(source),
    }
    facts.variants = variants.name(servers, facts.types)
    made[document] = facts
    return facts
end

--- What to call a server: its name, else its address.
---@param server dnsprobe.FactServer
---@return string
function M.name(server)
    local label = tostring(server.label or ""):gsub("%.$", "")
    return label ~= "" and label or server.address
end

return M
