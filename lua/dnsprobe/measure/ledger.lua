-- SPDX-License-Identifier: MIT
-- The ledger: every exchange of a run, by its number, and how it is written to and read from a report.
--
-- What a step measures holds Exchange tables. In a report they stand as {"$exchange": n}; `freeze` and `thaw`
-- turn one into the other. Judges always get thawed data, in the live run as in a replay, so that both see
-- the same values: tables that were shared are shared again, whole floats are integers, and nothing else than
-- plain values has come through.

-- An Exchange is a table that a runbook has in its hands and can write into. So the ledger keeps what the
-- engine holds of each (its Message, which nobody can change), and `restore` makes new tables of that before
-- somebody else looks at them.

local core = require "dnsprobe.sandbox.core"
local dns = require "dnsprobe"
local exchangejson = require "dnsprobe.dns.exchangejson"
local environment = require "dnsprobe.guest.environment"
local exchanges = require "dnsprobe.dns.exchanges"
local json = require "dnsprobe.json"
local kept = require "dnsprobe.dns.answers.kept"
local measured = require "dnsprobe.guest.measured"
local rfc3339 = require "dnsprobe.base.rfc3339"

local M = {}

---@class dnsprobe.Ledger
---@field list dnsprobe.Exchange[] in the order in which they were entered
---@field by_n table<integer, dnsprobe.Exchange>
---@field on_enter? fun(exchange: dnsprobe.Exchange) told of every exchange when it is entered
---@field bytes integer sent
---@field borrowed integer of the list, those that another run sent
---@field numbers integer[] of the list
---@field origins table<integer, { message: any, attempts: integer[]?, label: string?, lab_speed: number?, ours: boolean }> what
---`restore` makes them of; ours: the table in the list was never handed out
---@field references table<integer, table> what stands for exchanges in measured data, one for each
local Ledger = {}
Ledger.__index = Ledger

-- Metatable of exchanges that were read from a report. Their messages are decoded when a judge looks: most
-- queries are never looked at, and decoding is most of what a replay costs.
local Exchange = { __name = "dnsprobe.Exchange" }
local number_of
local recorded = setmetatable({}, { __mode = "k" }) -- exchange → its record in the report

function Exchange.__index(exchange, key)
    local record = (key == "query" or key == "response") and recorded[exchange]
    local value = record and record[key]
    if type(value) ~= "table" then
        return nil
    end
    local message = dns.message.from_json(value)
    rawset(exchange, key, message)
    return message
end

--- A new, empty ledger.
---@return dnsprobe.Ledger
function M.new()
    return setmetatable(
        { list = {}, by_n = {}, numbers = {}, origins = {}, references = {}, bytes = 0, borrowed = 0 },
        Ledger
    )
end

--- How many exchanges the run sent itself.
---@return integer
function Ledger:sent()
    return #self.list - self.borrowed
end

local function below(place, key)
    place[key or "?"] = place[key or "?"] or {}
    return place[key or "?"]
end

--- How often the question was asked that one server was asked most often: how many samples the run rests on.
---@return integer
function Ledger:repeats()
    local counts, most = {}, 0
    for _, exchange in ipairs(self.list) do
        local server, question = exchange.server, exchange.question
        if question and exchange.outcome ~= "canceled" then
            local by_type = below(below(below(counts, server.address), server.port), question.name)
            by_type[question.type] = (by_type[question.type] or 0) + 1
            most = math.max(most, by_type[question.type])
        end
    end
    return most
end

local function numbers_of(attempts)
    if type(attempts) ~= "table" then
        return nil
    end
    local out = {}
    for _, attempt in ipairs(attempts) do
        out[#out + 1] = exchanges.is_exchange(attempt) and math.tointeger(attempt.n) or nil
    end
    return #out > 1 and out or nil
end

local LABEL_BYTES_MAX = 200

-- What the one who asked calls the server; the engine knows only its address.
local function label_of(exchange)
    local server = rawget(exchange, "server")
    local label = type(server) == "table" and rawget(server, "label")
    return type(label) == "string" and #label <= LABEL_BYTES_MAX and label or nil
end

-- `given`: the table that the runbook has of it, where another one is entered, which stays here.
local function enter(self, exchange, given)
    local n = exchange.n
    if n and not self.by_n[n] then
        self.by_n[n] = exchange
        self.list[#self.list + 1] = exchange
        self.numbers[#self.list] = n
        self.origins[n] = {
            message = exchanges.message_of(exchange),
            attempts = numbers_of(rawget(exchange, "attempts")),
            label = label_of(given or exchange),
            lab_speed = rawget(exchange, "lab_speed"),
            ours = given ~= nil,
        }
        if exchanges.is_lent(given or exchange) then
            self.borrowed = self.borrowed + 1
        else
            self.bytes = self.bytes + (exchange.query_size or 0)
        end
        if self.on_enter then
            self.on_enter(exchange)
        end
    end
end

--- Enters an exchange and every attempt it took. The runbook must not have had it yet.
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Exchange
function Ledger:add(exchange)
    for _, attempt in ipairs(exchange.attempts or {}) do
        enter(self, attempt)
    end
    enter(self, exchange)
    return exchange
end

--- What a runbook gets of it: it can enter exchanges, and nothing else.
---@return table
function Ledger:handed()
    return { add = function(_, exchange)
        if not exchanges.is_exchange(exchange) or not number_of(self, exchange) then
            error("ledger: what is entered has to be an exchange", 2)
        end
        return exchange
    end }
end

--- Makes all exchanges anew, as the engine has them: what was written into their tables is gone. Those that
--- nobody has had in his hands need not be.
function Ledger:restore()
    for i, n in ipairs(self.numbers) do
        local origin = self.origins[n]
        local fresh = origin and (origin.ours and self.list[i] or core.again(origin.message, self.list[i]))
        if fresh then
            if origin.ours then
                fresh.attempts = nil -- that list is the runbook's
                origin.ours = false  -- whoever restores is about to hand them out
            else
                kept.share(origin.message, exchanges.message_of(fresh))
            end
            fresh.lab_speed, fresh.server.label = origin.lab_speed, origin.label
            self.list[i], self.by_n[n] = fresh, fresh
        end
    end
    for n, origin in pairs(self.origins) do
        if origin.attempts then
            local attempts = {}
            for i, other in ipairs(origin.attempts) do
                attempts[i] = self.by_n[other]
            end
            self.by_n[n].attempts = attempts
        end
    end
end

-- The number of an exchange that a runbook gives back, entered where it is not yet; nil where it has been
-- taken apart.
function number_of(self, exchange)
    if recorded[exchange] then
        self:add(exchange)
        return exchange.n
    end
    local message = exchanges.message_of(exchange)
    local known = core.number(message)
    if known and self.by_n[known] then
        return known
    end
    local own = core.again(message, exchange)
    if own then -- it is handed to the runbook, or was asked without ctx
        local attempts = rawget(exchange, "attempts") -- where there is none it is its only one
        for _, attempt in ipairs(type(attempts) == "table" and attempts or {}) do
            local one = exchanges.is_exchange(attempt) and core.again(exchanges.message_of(attempt), attempt)
            if one then
                enter(self, one, attempt)
            end
        end
        own.attempts = attempts
        enter(self, own, exchange)
    end
    local n = own and own.n or message == nil and math.tointeger(rawget(exchange, "n"))
    return n and (own or self.by_n[n]) and n or nil
end

-- ---- one exchange as JSON and back ----

M.rfc3339, M.from_rfc3339, M.to_json = rfc3339.text, rfc3339.parse, exchangejson.of

--- An exchange read from a report. `attempts` are still numbers; `M.read` puts the exchanges there.
---@param record table
---@return dnsprobe.Exchange
local function from_json(record)
    local out = {}
    for key, value in pairs(record) do
        if value ~= json.null and key ~= "query" and key ~= "response" then
            out[key] = type(value) == "table" and environment.copied(value) or value
        end
    end
    out.sent_us = type(record.sent) == "string" and M.from_rfc3339(record.sent) or nil
    out.sent = out.sent_us and out.sent_us / 1000000 or nil
    out.stray = exchangejson.strays(record.stray)
    recorded[out] = record
    return setmetatable(out, Exchange)
end

-- Exchanges that were read from a report, with their attempts in the place of numbers.
local function join_attempts(self)
    for _, exchange in ipairs(self.list) do
        local attempts = {}
        for i, n in ipairs(exchange.attempts or {}) do
            attempts[i] = self.by_n[n]
        end
        exchange.attempts = #attempts > 0 and attempts or { exchange }
    end
end

--- All exchanges of a report.
---@param records table[]
---@return dnsprobe.Ledger
function M.read(records)
    local ledger = M.new()
    for _, record in ipairs(records) do
        enter(ledger, from_json(record))
    end
    join_attempts(ledger)
    return ledger
end

--- Reads exchanges that came from a report once more, where they have been handed out: what was written into
--- their tables is gone.
function Ledger:reread()
    local again = self.is_read
    self.is_read = true
    for i, n in ipairs(again and self.numbers or {}) do
        local record = recorded[self.list[i]]
        if record then
            self.list[i] = from_json(record)
            self.by_n[n] = self.list[i]
        end
    end
    if again and next(self.list) and recorded[self.list[1]] then
        join_attempts(self)
    end
end

--- The ledger as the report writes it.
---@return table[]
function Ledger:to_json()
    local out = {}
    table.sort(self.numbers)
    for i, n in ipairs(self.numbers) do
        self.list[i] = self.by_n[n]
        out[i] = M.to_json(self.list[i])
    end
    return json.array(out)
end

-- ---- measured data ----

local clean = setmetatable({}, { __mode = "k" }) -- what `freeze` made

local function stands_for_exchange(value)
    return getmetatable(value) and exchanges.is_exchange(value) or value["$exchange"] ~= nil
end

--- Measured data as it can be written as JSON. Raises what cannot.
---@param data any
---@return any
function Ledger:freeze(data)
    local references = self.references
    local function reference(n)
        references[n] = references[n] or { ["$exchange"] = n }
        return references[n]
    end
    local frozen = measured.copy(data, stands_for_exchange, function(exchange)
        if exchanges.is_exchange(exchange) then
            local n = number_of(self, exchange)
            return n and reference(n), "is an exchange whose messages were taken out"
        end
        return reference(math.tointeger(exchange["$exchange"]) or 0)
    end)
    if type(frozen) == "table" then
        clean[frozen] = true
    end
    return frozen
end

--- Frozen data as judges get it, with the exchanges in their places.
---@param frozen any
---@return any
function Ledger:thaw(frozen)
    local by_n = self.by_n
    local function checked()
        return measured.copy(frozen, stands_for_exchange, function(reference)
            return by_n[reference["$exchange"]], "is an exchange that was not recorded"
        end)
    end
    return clean[frozen] and measured.again(frozen, function(value)
        local n = value["$exchange"]
        return n and (by_n[n] or checked()) -- which raises where it is
    end) or checked()
end

return M
