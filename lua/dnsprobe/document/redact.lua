-- SPDX-License-Identifier: MIT
-- Takes out of a recorded report what tells of the one who made it, so that it can be sent: the host's name,
-- private and link-local addresses in every spelling (forms.lua), search domains, names of network
-- interfaces, user names.
--
-- Each is replaced by a pseudonym, everywhere the same one: in the ledger's messages, in what was measured,
-- in findings and on the command line, so that a judge finds the same faults in what is left. An address
-- stays of its kind (a private one private), because judges ask for that. Messages are redacted as text and
-- built again from it; octets of a message that could not be read, and RDATA without a text, are overwritten
-- in their length.
--
-- What is not replaced: the name that was asked for and what its servers answer, for that is the case; public
-- addresses; a search domain that the name itself is in; and a host, user or interface name that is also a
-- word of the report or a label of the name that was asked for, where it stands alone ("client" in
-- "client.split-dns").

local dns = require "dnsprobe"
local findings = require "dnsprobe.book.findings"
local forms = require "dnsprobe.document.redact.forms"
local octets = require "dnsprobe.document.redact.octets"

local M = {}

---@class dnsprobe.Redactor
---@field list { kind: string, was: string, is: string }[] in the order in which they were met
local Redactor = {}
Redactor.__index = Redactor

-- Members whose values are words of the report itself.
local STRUCTURE = {}
for word in
    ([[schema id layer step severity status cause outcome transport kind explained_by observed version os sha256
    started sent type class TYPEname CLASSname QTYPEname QCLASSname RCODEname rcode clock sent_clock reason change
    source]]):gmatch("%S+")
do
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

local V4_KINDS = {
    { "^10%.", "10.255" },
    { "^172%.", "172.31" },
    { "^192%.168%.", "192.168" },
    { "^100%.", "100.127" },
    { "^169%.254%.", "169.254" },
}

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

-- The pseudonym of the name of a network interface.
local function link_for(self, name)
    if name == "lo" or name:match("^%d+$") then
        return name
    end
    return pseudonym(self, "interface name", name, function(n) return "link-" .. n end)
end

-- The lowest address of those that pseudonyms of this one's kind are made of.
local function lowest(address, scope)
    if address:find(":", 1, true) then
        return scope == "link-local" and "fe80::" or "fd00::"
    end
    for _, kind in ipairs(V4_KINDS) do
        if address:match(kind[1]) then
            return kind[2] .. ".0.0"
        end
    end
    return "10.254.0.0"
end

-- The pseudonym of an address, nil where it may be seen; `part`: of a zone of addresses.
local function address_for(self, text, part)
    local bare, zone = text:match("^([^%%]*)%%?(.*)$")
    local parsed = dns.address.parse(bare)
    if not parsed or (parsed.scope ~= "private" and parsed.scope ~= "link-local") then
        return nil
    elseif part then
        return lowest(parsed.address, parsed.scope)
    end
    bare = parsed.address
    local known = self.known["private address\0" .. bare] or
        pseudonym(self, "private address", bare, new_address(self, bare, parsed.scope))
    return zone == "" and known or known .. "%" .. link_for(self, zone)
end

-- A pattern for a word in any case that is no part of a longer one; "alice" is in "alice_2" and
-- "alice-notes", too.
local function word_pattern(word)
    local body = word:gsub(".", function(c)
        local low, up = c:lower(), c:upper()
        return low ~= up and "[" .. low .. up .. "]" or c:match("%w") and c or "%" .. c
    end)
    return "%f[%w]" .. body .. "%f[^%w]"
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
    for _, folder in ipairs { "/home/", "/Users/", "\\Users\\" } do
        text = text:gsub("(" .. folder .. ")([^/\\%s'\":]+)", function(before, user)
            return before .. pseudonym(self, "user name", user, function(n) return "user-" .. n end)
        end)
    end
    return text
end

--- A text without what tells of this host.
---@param text string
---@return string
function Redactor:text(text)
    if text:find("[.:%-]") then
        text = forms.replaced(text, function(address, part) return address_for(self, address, part) end)
    end
    if text:find("[/\\]") then
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
        if key == "link" and self.links[value] then
            return link_for(self, value)
        end
        return (STRUCTURE[key] or raw) and value or self:text(value)
    elseif type(value) ~= "table" then
        return value
    end
    local out = {}
    for _, name in ipairs(sorted_keys(value)) do
        local as = type(name) == "string" and name:find("[^%a_]") and self:text(name) or name
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

-- Words of the report itself and of what was asked: a host of that name is not taken for it in the middle of
-- a text.
local function vocabulary(target)
    local set = {
        localhost = true,
        host = true,
        server = true,
        resolver = true,
        dns = true,
        root = true,
        user = true,
        run = true,
        vm = true,
        test = true,
        lab = true,
    }
    for _, id in ipairs(findings.ids()) do
        for word in id:gmatch("%w+") do
            set[word] = true
        end
    end
    for _, layer in ipairs(findings.layers) do
        set[layer] = true
    end
    for label in target:lower():gmatch("[^.]+") do
        set[label] = true
    end
    return set
end

local function add_word(self, kind, word, make, seen)
    local low = word:lower()
    if low ~= "" and not seen[low] then
        seen[low] = true
        table.insert(
            self.words,
            { kind = kind, word = word, low = low, pattern = word_pattern(low), make = make }
        )
    end
end

-- Names of this host's links; the lists of links get names that stand for them (those in running text are
-- words).
local function links_of(report)
    local out = {}
    local host = report.recorded and report.recorded.host or {}
    for _, link in ipairs(type(host.links) == "table" and host.links or {}) do
        local name = type(link) == "table" and link.name
        if type(name) == "string" and name ~= "" and name ~= "lo" then
            out[name] = true
        end
    end
    return out
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
    add { report.vantage.host:match("^[^.]+%.(.+)$") } -- the domain that the host's own name is in
    add(host.search)
    for _, link in ipairs(type(host.links) == "table" and host.links or {}) do
        add(type(link) == "table" and link.domains)
    end
    return out
end

--- A redactor for a report.
---@param report table with `vantage`, `target` and `recorded`
---@param users string[] names of the one who runs it
---@return dnsprobe.Redactor
function M.new(report, users)
    local self = setmetatable(
        { known = {}, counts = {}, places = {}, list = {}, words = {}, links = links_of(report) },
        Redactor
    )
    local common, seen = vocabulary(report.target.name), {}
    for _, domain in ipairs(search_domains(report)) do
        local name = dns.name.absolute(domain)
        if name and name ~= "." and not dns.name.within(report.target.name, name) then
            add_word(self, "search domain", domain, function(n)
                return ("search-%d.invalid"):format(n)
            end, seen)
        end
    end
    local host = report.vantage.host
    local short = host:match("^[^.]*")
    for _, name in ipairs { host, short } do
        if not common[name:lower()] and #name > 1 then
            add_word(self, "host name", name, function() return "host-1" end, seen)
        end
    end
    for _, user in ipairs(users) do
        if #user > 1 and not common[user:lower()] then
            add_word(self, "user name", user, function(n) return "user-" .. n end, seen)
        end
    end
    for name in pairs(self.links) do
        if #name > 2 and not common[name:lower()] then
            add_word(self, "interface name", name, function(n) return "link-" .. n end, seen)
        end
    end
    table.sort(self.words, function(a, b)
        if #a.word ~= #b.word then
            return #a.word > #b.word -- the longer one first: it may hold the shorter
        end
        return a.word < b.word
    end)
    return self
end

return M
