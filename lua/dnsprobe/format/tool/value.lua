-- SPDX-License-Identifier: MIT
-- Any Lua value as text for people: what `dnsprobe repl` prints, and what the examples of the API are held
-- against.
--
-- Keys are sorted, strings are quoted and safe for a terminal, records and exchanges take one line, and
-- everything is bounded: depth, members of a table, the whole.

local dns = require "dnsprobe"

local M = {}

local WIDTH, DEPTH_MAX, MEMBERS_MAX, TOTAL_MAX = 100, 8, 200, 65536

local function quoted(text)
    return '"' .. dns.escape((text:gsub('[\\"]', "\\%0"))) .. '"'
end

local function number(value)
    return math.type(value) == "integer" and tostring(value) or ("%.6g"):format(value)
end

local function key_text(key)
    if type(key) == "string" and key:match("^[%a_][%w_]*$") then
        return key
    end
    return "[" .. (type(key) == "string" and quoted(key) or tostring(key)) .. "]"
end

local rank = { number = 1, string = 2, boolean = 3 }

local function sorted_keys(t)
    local out, n = {}, #t
    for key in next, t do
        if not (math.type(key) == "integer" and key >= 1 and key <= n) then
            out[#out + 1] = key
        end
    end
    table.sort(out, function(a, b)
        local x, y = rank[type(a)] or 9, rank[type(b)] or 9
        if x ~= y then
            return x < y
        end
        return x < 3 and a < b or x >= 3 and tostring(a) < tostring(b)
    end)
    return out
end

--- The kind of one of our own values: "exchange", "message", "record", or nil.
---@param value any
---@return string?
function M.kind(value)
    local meta = type(value) == "table" and getmetatable(value)
        or type(value) == "userdata" and debug.getmetatable(value)
    local name = type(meta) == "table" and rawget(meta, "__name")
    if name == "dnsprobe.Exchange" then
        return "exchange"
    elseif name and name:lower() == "dnsprobe.message" then
        return "message"
    elseif type(value) == "table" and type(rawget(value, "rdata")) == "string"
        and type(rawget(value, "ttl")) == "number" then
        return "record"
    end
end

local brief = {}

function brief.exchange(x)
    local answer = x.response and " " .. x.response.rcode or ""
    local time = x.rtt_us and (" in %.1f ms"):format(x.rtt_us / 1000) or ""
    local question = x.question and dns.escape(x.question.name) .. " " .. x.question.type or "no question"
    return ("<exchange %d: %s at %s#%d: %s%s%s>"):format(
        x.n or 0,
        question,
        x.server.address,
        x.server.port,
        x.outcome,
        answer,
        time
    )
end

function brief.message(message)
    return ("<message: %s, %d answers>"):format(message.rcode, #message.answer)
end

function brief.record(record)
    return ("<%s %d %s %s>"):format(
        dns.escape(record.name or ""),
        record.ttl,
        record.type or "",
        dns.escape(record.rdata)
    )
end

local Printer = {}
Printer.__index = Printer

local function brief_of(value)
    local kind = type(value)
    if kind == "string" then
        return quoted(value)
    elseif kind == "number" then
        return number(value)
    elseif kind ~= "table" and kind ~= "userdata" then
        return kind == "function" and "<function>" or kind == "thread" and "<thread>" or tostring(value)
    end
    local own = M.kind(value)
    if own then
        return brief[own](value)
    elseif kind == "userdata" then
        return "<" .. dns.escape(tostring(value):match("^[^:]+") or "userdata") .. ">"
    end
end

-- The members of a table as texts, the list part first.
function Printer:members(t, depth)
    local parts, count = {}, 0
    local function add(text)
        count = count + 1
        if count <= MEMBERS_MAX then
            parts[#parts + 1] = text()
        end
    end
    for i = 1, #t do
        add(function() return self:any(rawget(t, i), depth + 1) end)
    end
    for _, key in ipairs(sorted_keys(t)) do
        add(function() return key_text(key) .. " = " .. self:any(rawget(t, key), depth + 1) end)
    end
    if count > MEMBERS_MAX then
        parts[#parts + 1] = ("... and %d more"):format(count - MEMBERS_MAX)
    end
    return parts
end

function Printer:any(value, depth)
    local text = brief_of(value)
    if not text then
        if self.open[value] then
            return "<itself>"
        elseif depth > DEPTH_MAX or self.total > TOTAL_MAX then
            return "{ ... }"
        end
        self.open[value] = true
        local parts = self:members(value, depth)
        self.open[value] = nil
        local line = table.concat(parts, ", ")
        if #parts == 0 then
            text = "{}"
        elseif #line + 4 + 4 * depth <= WIDTH and not line:find("\n", 1, true) then
            text = "{ " .. line .. " }"
        else
            local indent = ("    "):rep(depth + 1)
            text = "{\n"
                .. indent
                .. table.concat(parts, ",\n" .. indent)
                .. "\n"
                .. ("    "):rep(depth)
                .. "}"
        end
    end
    self.total = self.total + #text
    return text
end

--- A value in Lua's notation, on one line where it fits.
---@param value any
---@return string
function M.text(value)
    return setmetatable({ open = {}, total = 0 }, Printer):any(value, 0)
end

--- Like `text`; an exchange or a message as `query` prints it.
---@param value any
---@return string
function M.full(value)
    local kind = M.kind(value)
    if kind == "exchange" and value.query then
        return (require("dnsprobe.format.tool.exchangetext").of(value):gsub("\n+$", ""))
    elseif kind == "message" then
        return (dns.message.text(value):gsub("\n+$", ""))
    end
    return M.text(value)
end

return M
