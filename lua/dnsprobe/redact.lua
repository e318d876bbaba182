-- SPDX-License-Identifier: MIT
-- Takes out of a recorded report what tells of the one who made it, so that it can be sent: the host's name, private and
-- link-local addresses, search domains, user names in paths.
--
-- Each is replaced by a pseudonym, everywhere the same one: in the ledger's messages, in what was measured, in findings
-- and on the command line, so that a judge finds the same faults in what is left. An address stays of its kind (a private
-- one private), because judges ask for that. Messages are redacted as text and built again from it; octets of a message
-- that could not be read, and RDATA without a text, are overwritten in their length.
--
-- What is not replaced: the name that was asked for and what its servers answer, for that is the case; public addresses;
-- a search domain that the name itself is in; and a host or user name that is also a word of the report, where it stands
-- alone ("client" in "client.split-dns").

local dns = require "dnsprobe"
local findings = require "dnsprobe.findings"
local octets = require "dnsprobe.redact.octets"

local M = {}

---@class dnsprobe.Redactor
---@field list { kind: string, was: string, is: string }[] in the order in which they were met
local Redactor = {}
Redactor.__index = Redactor

-- Members whose values are words of the report itself.
local STRUCTURE = {}
for word in ([[schema id layer step severity status cause outcome transport kind explained_by observed version os sha256
    started sent type class TYPEname CLASSname QTYPEname QCLASSname RCODEname rcode clock sent_clock reason change
    source]]):gmatch("%S+") do
    STRUCTURE[word] = true
end

-- ---- pseudonyms ----

local function pseudonym(self, kind, was, make)
    local key = kind .. "\0" .. was
    if not self.known[key] then
        self.counts[kind] = (self.counts[kind] or 0) + 1
        self.known[key] = make(self.counts[kind])
        self.list[#self.list + 1] = { kind = kind, was = was, is = self.known[key] }
    end
    return self.known[key]
end

local V4_KINDS = { { "^10%.", "10.255" }, { "^172%.", "172.31" }, { "^192%.168%.", "192.168" }, { "^100%.", "100.127" },
    { "^169%.254%.", "169.254" } }

local function new_address(self, address, scope)
    if address:find(":", 1, true) then
        local prefix = scope == "link-local" and "fe80" or "fd00"
        return function(n) return ("%s::%x"):format(prefix, n) end
    end
    for _, kind in ipairs(V4_KINDS) do
        if address:match(kind[1]) then
            self.places[kind[2]] = (self.places[kind[2]] or 0) + 1
            local place = self.places[kind[2]]
            return function() return ("%s.%d.%d"):format(kind[2], place // 250 % 256, place % 250 + 1) end
        end
    end
    return function(n) return ("10.254.%d.%d"):format(n // 250 % 256, n % 250 + 1) end
end

-- The pseudonym of an address, nil where it may be seen.
local function address_for(self, text)
    local parsed = dns.address.parse(text)
    if not parsed or (parsed.scope ~= "private" and parsed.scope ~= "link-local") then
        return nil
    end
    local bare, zone = parsed.address:match("^([^%%]*)(.*)$")
    local known = self.known["private address\0" .. bare]
    return (known or pseudonym(self, "private address", bare, new_address(self, bare, parsed.scope))) .. zone
end

-- ---- text ----

local function reversed(address)
    return (address:gsub("^(%d+)%.(%d+)%.(%d+)%.(%d+)$", "%4.%3.%2.%1"))
end

local function addresses(self, text)
    local kept = {}
    if text:find("in%-addr%.arpa") then
        text = text:gsub("(%d+%.%d+%.%d+%.%d+)(%.in%-addr%.arpa)", function(numbers, tail)
            local found = address_for(self, reversed(numbers))
            kept[#kept + 1] = found and reversed(found) or numbers
            return "\1" .. #kept .. "\1" .. tail
        end)
    end
    text = text:gsub("%f[%d.][%d.]+", function(token)
        local bare, dots = token:match("^(%d+%.%d+%.%d+%.%d+)(%.*)$")
        local found = bare and address_for(self, bare)
        return found and found .. dots or nil
    end)
    if text:find(":[%x:]*:") then
        text = text:gsub("%f[%x:][%x:.]+", function(token)
            local bare, rest = token:match("^(.-)([.]*)$")
            local found = bare:find(":.*:") and address_for(self, bare)
            return found and found .. rest or nil
        end)
    end
    return (text:gsub("\1(%d+)\1", function(n) return kept[math.tointeger(tonumber(n))] end))
end

-- A pattern for a word in any case that is no part of a longer one.
local function word_pattern(word)
    local body = word:gsub(".", function(c)
        local low, up = c:lower(), c:upper()
        return low ~= up and "[" .. low .. up .. "]" or c:match("%w") and c or "%" .. c
    end)
    return "%f[%w_-]" .. body .. "%f[^%w_-]"
end

local function words(self, text)
    local low = text:lower()
    for _, secret in ipairs(self.words) do
        if low:find(secret.low, 1, true) then
            text = text:gsub(secret.pattern, function()
                return pseudonym(self, secret.kind, secret.word, function(n) return secret.make(n) end)
            end)
        end
    end
    return text
end

local function homes(self, text)
    return (text:gsub("(/home/)([^/%s'\":]+)", function(folder, user)
        return folder .. pseudonym(self, "user name", user, function(n) return "user-" .. n end)
    end):gsub("(/Users/)([^/%s'\":]+)", function(folder, user)
        return folder .. pseudonym(self, "user name", user, function(n) return "user-" .. n end)
    end))
end

--- A text without what tells of this host.
---@param text string
---@return string
function Redactor:text(text)
    if text:find("[.:]") then
        text = addresses(self, text)
    end
    if text:find("/", 1, true) then
        text = homes(self, text)
    end
    return words(self, text)
end

-- ---- values ----

local function sorted_keys(value)
    local keys = {}
    for key in pairs(value) do
        keys[#keys + 1] = key
    end
    table.sort(keys, function(a, b)
        if type(a) == type(b) then
            return a < b
        end
        return type(a) == "number"
    end)
    return keys
end

-- RDATA whose text has changed is built from it again.
local function settle_rdata(value, out)
    for key, member in pairs(value) do
        if type(key) == "string" and key:match("^rdata") and out[key] ~= member then
            out.RDATAHEX, out.RDLENGTH = nil, nil
            return
        end
    end
end

local function walk(self, value, key)
    if type(value) == "string" then
        local raw = type(key) == "string" and key:match("HEX$")
        return (STRUCTURE[key] or raw) and value or self:text(value)
    elseif type(value) ~= "table" then
        return value
    end
    local out = {}
    for _, name in ipairs(sorted_keys(value)) do
        local as = type(name) == "string" and name:find("[.:]") and self:text(name) or name
        out[as] = walk(self, value[name], name)
    end
    if value.RDATAHEX then
        settle_rdata(value, out)
    end
    return setmetatable(out, getmetatable(value))
end

--- A copy of a value without what tells of this host.
---@param value table
---@return table
function Redactor:value(value)
    local out = walk(self, value, nil)
    octets.overwrite(out, self.list, self.words)
    return out
end

-- ---- what is secret ----

-- Words of the report itself: a host of that name is not taken for it in the middle of a text.
local function vocabulary()
    local set = { localhost = true, host = true, server = true, resolver = true, dns = true, root = true, user = true,
        run = true, vm = true, test = true, lab = true }
    for _, id in ipairs(findings.ids()) do
        for word in id:gmatch("%w+") do
            set[word] = true
        end
    end
    for _, layer in ipairs(findings.layers) do
        set[layer] = true
    end
    return set
end

local function add_word(self, kind, word, make, seen)
    local low = word:lower()
    if low ~= "" and not seen[low] then
        seen[low] = true
        table.insert(self.words, { kind = kind, word = word, low = low, pattern = word_pattern(low), make = make })
    end
end

local function search_domains(report)
    local out = {}
    local function add(list)
        for _, domain in ipairs(type(list) == "table" and list or {}) do
            out[#out + 1] = type(domain) == "string" and (domain:gsub("^~", ""):gsub("%.$", "")) or nil
        end
    end
    local host = report.recorded and report.recorded.host or {}
    add(report.vantage.search)
    add(host.search)
    for _, link in ipairs(type(host.links) == "table" and host.links or {}) do
        add(type(link) == "table" and link.domains)
    end
    return out
end

--- A redactor for a report.
---@param report table with `vantage`, `target` and `recorded`
---@param user string? the name of the one who runs it
---@return dnsprobe.Redactor
function M.new(report, user)
    local self = setmetatable({ known = {}, counts = {}, places = {}, list = {}, words = {} }, Redactor)
    local common, seen = vocabulary(), {}
    for _, domain in ipairs(search_domains(report)) do
        local name = dns.name.absolute(domain)
        if name and name ~= "." and not dns.name.within(report.target.name, name) then
            add_word(self, "search domain", domain, function(n) return ("search-%d.invalid"):format(n) end, seen)
        end
    end
    local host = report.vantage.host
    local short = host:match("^[^.]*")
    for _, name in ipairs { host, short } do
        if not common[name:lower()] and #name > 1 then
            add_word(self, "host name", name, function() return "host-1" end, seen)
        end
    end
    if user and #user > 1 and not common[user:lower()] then
        add_word(self, "user name", user, function(n) return "user-" .. n end, seen)
    end
    table.sort(self.words, function(a, b) return #a.word > #b.word end)
    return self
end

return M
