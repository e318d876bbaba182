-- SPDX-License-Identifier: MIT
-- One exchange as a report writes it, and strays back from there.

local dns = require "dnsprobe"
local json = require "dnsprobe.json"
local rfc3339 = require "dnsprobe.base.rfc3339"

local M = {}

local copied_members = {
    "n",
    "transport",
    "outcome",
    "rtt_us",
    "local_port",
    "query_size",
    "size",
    "clock",
    "sent_clock",
    "unsent",
    "ttl",
    "fragment_size",
    "path_mtu",
    "paced_us",
    "connect_us",
    "first_byte_us",
    "last_byte_us",
    "errno",
    "errno_text",
    "strays_seen",
    "after_us",
    "lab_speed",
}
local copied_tables = { "from", "icmp", "error", "question" }

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
function M.of(exchange)
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

--- The strays of a recorded exchange.
---@param records any
---@return table[]
function M.strays(records)
    return mapped(type(records) == "table" and records or {}, stray_from_json)
end

return M
