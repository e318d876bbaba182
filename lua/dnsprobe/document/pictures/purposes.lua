-- SPDX-License-Identifier: MIT
-- What the exchanges of a run were made for, read off the batches in what its steps measured.

local borrowed = require "dnsprobe.dns.answers.borrowed"
local json = require "dnsprobe.json"

local M = {}

--- How deep measured data is searched for batches: step, part, link, batch.
local DEPTH_MAX = 5

local ROLE_OF =
    { samples = "authority", auth = "authority", resolvers = "resolver", matrix_resolvers = "resolver" }
local SAMPLED = { samples = true, resolvers = true }
-- Addresses that should not answer: silence there is no failure.
local DECOYS = "decoys"
local CELLS = { auth = true, matrix_resolvers = true }

local function is_batch(value)
    return type(value.targets) == "table" and type(value.questions) == "table" and type(value.rows) == "table"
end

-- Calls visit(key, batch) for every batch of samples in what a step measured.
local function each_batch(value, visit, depth)
    for key, part in pairs(value) do
        if type(part) == "table" and part ~= json.null then
            if is_batch(part) then
                visit(key, part)
            elseif depth < DEPTH_MAX then
                each_batch(part, visit, depth + 1)
            end
        end
    end
end

---@class dnsprobe.Purpose
---@field role? string
---@field sampled? boolean a plain question about the target
---@field cell? string of the transport matrix
---@field decoy? boolean asked where nobody should answer

--- Which exchange was made for what, by its number.
---@param source { measured: table }
---@return table<integer, dnsprobe.Purpose>
function M.of(source)
    local by_n = {}
    local function purpose(question, key)
        local plain = SAMPLED[key] and question.name and question.name ~= "." and question.type ~= "SOA"
        return {
            decoy = key == DECOYS or nil,
            role = ROLE_OF[key],
            sampled = plain or nil,
            cell = CELLS[key] and question.cell or nil,
        }
    end
    local function note(row, batch, key, known)
        local n = type(row.x) == "table" and row.x["$exchange"]
        local question = batch.questions[row.q]
        if not n or not question then
            return
        end
        known[question] = known[question] or purpose(question, key)
        by_n[n] = known[question]
    end
    for _, data in pairs(source.measured) do
        if type(data) == "table" then
            each_batch(data, function(key, batch)
                local known = {}
                for _, row in ipairs((ROLE_OF[key] or key == DECOYS) and batch.rows or {}) do
                    note(row, batch, key, known)
                end
            end, 1)
        end
    end
    return by_n
end

--- Without measured data (an interrupted run) the plain questions about the target are taken for samples.
---@param exchange dnsprobe.Exchange
---@param target string lower case
---@param types table<string, boolean>
---@return dnsprobe.Purpose
function M.guessed(exchange, target, types)
    local question, query = exchange.question, exchange.query
    if
        not question
        or question.name:lower() ~= target
        or not types[question.type]
        or exchange.transport ~= "udp"
    then
        return {}
    end
    local iterative = query and not query.rd
    if borrowed.of(exchange).kind == "referral" then
        return { role = "parent" } -- of the walk
    end
    return { sampled = true, role = iterative and "authority" or "resolver" }
end

--- The roles that are known from the walk and from this host's configuration, by address#port.
---@param source { ledger: dnsprobe.Ledger, measured: table, host: table? }
---@return table<string, { role: string, label: string? }>
function M.roles(source)
    local roles = {}
    local delegation = source.measured.delegation
    local trace = type(delegation) == "table" and delegation.trace
    for _, level in ipairs(trace and trace.levels or {}) do
        for _, server in ipairs(level.servers) do
            local exchange = type(server.exchange) == "table"
                and source.ledger.by_n[server.exchange["$exchange"]]
            if exchange then
                local id = exchange.server.address .. "#" .. (exchange.server.port or 53)
                roles[id] =
                    { role = level.zone == trace.zone and "authority" or "parent", label = server.name }
            end
        end
    end
    for _, one in ipairs(source.host and source.host.resolvers or {}) do
        roles[one.address .. "#" .. (one.port or 53)] = { role = "host" }
    end
    return roles
end

return M
