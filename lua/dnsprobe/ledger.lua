-- SPDX-License-Identifier: MIT
-- The ledger: every exchange of a run, by its number, and how it is written to and read from a report.
--
-- What a step measures holds Exchange tables. In a report they stand as {"$exchange": n}; `freeze` and `thaw`
-- turn one into the other. Judges always get thawed data, in the live run as in a replay, so that both see the
-- same values: tables that were shared are shared again, whole floats are integers, and nothing else than plain
-- values has come through.

local dns = require "dnsprobe"
local environment = require "dnsprobe.sandbox.environment"
local json = require "dnsprobe.json"
local measured = require "dnsprobe.measured"
local rfc3339 = require "dnsprobe.rfc3339"

local M = {}

---@class dnsprobe.Ledger
---@field list dnsprobe.Exchange[] in the order in which they were entered
---@field by_n table<integer, dnsprobe.Exchange>
---@field on_enter? fun(exchange: dnsprobe.Exchange) told of every exchange when it is entered
---@field bytes integer sent
---@field borrowed integer of the list, those that another run sent
local Ledger = {}
Ledger.__index = Ledger

-- Metatable of exchanges that were read from a report. Their messages are decoded when a judge looks: most queries
-- are never looked at, and decoding is most of what a replay costs.
local Exchange = { __name = "dnsprobe.Exchange" }
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

local lent = setmetatable({}, { __mode = "k" }) -- exchanges of one run that others point at: they did not send them

--- A new, empty ledger.
---@return dnsprobe.Ledger
function M.new()
    return setmetatable({ list = {}, by_n = {}, bytes = 0, borrowed = 0 }, Ledger)
end

--- From now on, ledgers that the exchange is entered into do not count it as sent.
---@param exchange dnsprobe.Exchange
function M.lend(exchange)
    lent[exchange] = true
end

--- How many exchanges the run sent itself.
---@return integer
function Ledger:sent()
    return #self.list - self.borrowed
end

--- Is the value an exchange?
---@param value any
---@return boolean
function M.is_exchange(value)
    local meta = type(value) == "table" and getmetatable(value) or nil
    return type(meta) == "table" and rawget(meta, "__name") == "dnsprobe.Exchange" and not environment.owns(meta)
end

--- How often the question was asked that one server was asked most often: how many samples the run rests on.
---@return integer
function Ledger:repeats()
    local counts, most = {}, 0
    for _, exchange in ipairs(self.list) do
        if exchange.outcome ~= "canceled" then
            local server, question = exchange.server, exchange.question
            local key = ("%s#%s %s %s"):format(server.address, server.port, question.name, question.type)
            counts[key] = (counts[key] or 0) + 1
            most = math.max(most, counts[key])
        end
    end
    return most
end

local function enter(self, exchange)
    if exchange.n and not self.by_n[exchange.n] then
        self.by_n[exchange.n] = exchange
        self.list[#self.list + 1] = exchange
        if lent[exchange] then
            self.borrowed = self.borrowed + 1
        else
            self.bytes = self.bytes + (exchange.query_size or 0)
        end
        if self.on_enter then
            self.on_enter(exchange)
        end
    end
end

--- Enters an exchange and every attempt it took.
---@param exchange dnsprobe.Exchange
---@return dnsprobe.Exchange
function Ledger:add(exchange)
    for _, attempt in ipairs(exchange.attempts or {}) do
        enter(self, attempt)
    end
    enter(self, exchange)
    return exchange
end

-- ---- one exchange as JSON and back ----

local copied_members = { "n", "transport", "outcome", "rtt_us", "local_port", "query_size", "size", "clock",
    "sent_clock", "ttl", "fragment_size", "path_mtu", "paced_us", "connect_us", "first_byte_us", "last_byte_us", "errno",
    "errno_text", "strays_seen", "after_us", "lab_speed" }
local copied_tables = { "from", "icmp", "error", "question" }

M.rfc3339, M.from_rfc3339 = rfc3339.text, rfc3339.parse

local function message_json(message)
    return message and dns.message.to_json(message) or json.null
end

-- A stray with its octets as RFC 8427 writes those of a message.
local function stray_json(stray)
    local out = {}
    for key, value in pairs(stray) do
        out[key] = value
    end
    if stray.wire then
        out.wire = nil
        out.messageOctetsHEX = stray.wire:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    end
    return out
end

local function stray_from_json(record)
    local out = {}
    for key, value in pairs(record) do
        out[key] = value
    end
    local hex = record.messageOctetsHEX
    if type(hex) == "string" and hex:match("^%x*$") then
        out.wire = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
        out.messageOctetsHEX = nil
    end
    return out
end

local function mapped(list, convert)
    local out = {}
    for i, item in ipairs(list) do
        out[i] = convert(item)
    end
    return out
end

--- The exchange as the report writes it (contract: "An exchange").
---@param exchange dnsprobe.Exchange
---@return table
function M.to_json(exchange)
    local out = {}
    for _, member in ipairs(copied_members) do
        out[member] = exchange[member]
    end
    for _, member in ipairs(copied_tables) do
        out[member] = exchange[member]
    end
    out.server = exchange.server
    out.sent = exchange.sent_us and rfc3339.text(exchange.sent_us) or nil
    out.query = message_json(exchange.query)
    out.response = message_json(exchange.response)
    out.stray = json.array(mapped(exchange.stray or {}, stray_json))
    if exchange.attempts and #exchange.attempts > 1 then
        local attempts = {}
        for i, attempt in ipairs(exchange.attempts) do
            attempts[i] = attempt.n
        end
        out.attempts = json.array(attempts)
    end
    return out
end

--- An exchange read from a report. `attempts` are still numbers; `M.read` puts the exchanges there.
---@param record table
---@return dnsprobe.Exchange
local function from_json(record)
    local out = {}
    for key, value in pairs(record) do
        if value ~= json.null and key ~= "query" and key ~= "response" then
            out[key] = value
        end
    end
    out.sent_us = type(record.sent) == "string" and M.from_rfc3339(record.sent) or nil
    out.sent = out.sent_us and out.sent_us / 1000000 or nil
    out.stray = mapped(type(record.stray) == "table" and record.stray or {}, stray_from_json)
    recorded[out] = record
    return setmetatable(out, Exchange)
end

--- All exchanges of a report.
---@param records table[]
---@return dnsprobe.Ledger
function M.read(records)
    local ledger = M.new()
    for _, record in ipairs(records) do
        enter(ledger, from_json(record))
    end
    for _, exchange in ipairs(ledger.list) do
        local attempts = {}
        for i, n in ipairs(exchange.attempts or {}) do
            attempts[i] = ledger.by_n[n]
        end
        exchange.attempts = #attempts > 0 and attempts or { exchange }
    end
    return ledger
end

--- The ledger as the report writes it.
---@return table[]
function Ledger:to_json()
    local out = {}
    table.sort(self.list, function(a, b) return a.n < b.n end)
    for i, exchange in ipairs(self.list) do
        out[i] = M.to_json(exchange)
    end
    return json.array(out)
end

-- ---- measured data ----

local function stands_for_exchange(value)
    return M.is_exchange(value) or value["$exchange"] ~= nil
end

--- Measured data as it can be written as JSON. Raises what cannot.
---@param data any
---@return any
function Ledger:freeze(data)
    return measured.copy(data, stands_for_exchange, function(exchange)
        if M.is_exchange(exchange) then
            self:add(exchange)
            return { ["$exchange"] = exchange.n }
        end
        return exchange
    end)
end

--- Frozen data as judges get it, with the exchanges in their places.
---@param frozen any
---@return any
function Ledger:thaw(frozen)
    return measured.copy(frozen, stands_for_exchange, function(reference)
        return self.by_n[reference["$exchange"]]
    end)
end

return M
