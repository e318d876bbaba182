-- SPDX-License-Identifier: MIT
--- Domain names as text: absolute and relative, parents and labels, and the names of reverse look-ups.
--
-- Names are compared without regard to case (RFC 4343). What is no name raises an error that says why;
-- `absolute` tells it instead.

local dns = require "dnsprobe"

local M = {}

local V4, V6 = "in-addr.arpa.", "ip6.arpa."
--- Labels of a host name hold letters, digits and hyphens, no hyphen at either end (RFC 952, RFC 1123 section
--- 2.1).
local LABEL_MAX = 63

local function checked(name, level)
    local absolute, message = dns.name.absolute(name)
    if not absolute then
        error(("%q is no domain name: %s"):format(dns.escape(name), message), (level or 1) + 2)
    end
    return absolute
end

--- The name in lower case and with its final dot; nil and the reason where it is no name.
--- ```lua
--- names.absolute "WWW.Shop.example" --> "www.shop.example."
--- names.absolute "a..b" --> nil, "syntax error"
--- ```
---@param name string
---@return string? absolute
---@return string? message
function M.absolute(name)
    return dns.name.absolute(name)
end

--- The name without its final dot, for people and for configuration files; the root stays ".".
--- ```lua
--- names.plain "Shop.example." --> "shop.example"
--- ```
---@param name string
---@return string
function M.plain(name)
    local absolute = checked(name)
    return absolute == "." and absolute or absolute:sub(1, -2)
end

--- The labels, first one first; escaped dots stay in their label.
--- ```lua
--- names.labels "www.shop.example" --> { "www", "shop", "example" }
--- #names.labels "." --> 0
--- ```
---@param name string
---@return string[]
function M.labels(name)
    local text, out, label, at = checked(name), {}, "", 1
    while at <= #text do
        local piece = text:match("^\\%d%d%d", at) or text:match("^\\.", at) or text:sub(at, at)
        if piece == "." and label ~= "" then
            out[#out + 1], label = label, ""
        elseif piece ~= "." then
            label = label .. piece
        end
        at = at + #piece
    end
    return out
end

--- The name one label up; nil for the root.
--- ```lua
--- names.parent "www.shop.example" --> "shop.example."
--- names.parent "." --> nil
--- ```
---@param name string
---@return string? parent
function M.parent(name)
    return dns.name.parent(checked(name))
end

--- All names above, the nearest first, the root last: where a search for a zone or a DMARC record goes.
--- ```lua
--- names.parents "www.shop.example" --> { "shop.example.", "example.", "." }
--- ```
---@param name string
---@return string[]
function M.parents(name)
    local out, up = {}, M.parent(name)
    while up do
        out[#out + 1] = up
        up = dns.name.parent(up)
    end
    return out
end

--- Is it the same name, or below it?
--- ```lua
--- names.within("www.Shop.example", "shop.example") --> true
--- names.within("myshop.example", "shop.example") --> false
--- ```
---@param name string
---@param ancestor string
---@return boolean
function M.within(name, ancestor)
    return dns.name.within(checked(name), checked(ancestor))
end

--- Is it the same name, whatever the case and the final dot?
--- ```lua
--- names.equal("Shop.Example", "shop.example.") --> true
--- ```
---@param a string
---@param b string
---@return boolean
function M.equal(a, b)
    return checked(a) == checked(b)
end

--- The name below an origin, as in a zone file: "@" for the origin itself; a name that is not below stays
--- absolute.
--- ```lua
--- names.relative("www.shop.example", "shop.example") --> "www"
--- names.relative("shop.example", "shop.example") --> "@"
--- names.relative("news.test", "shop.example") --> "news.test."
--- ```
---@param name string
---@param origin string
---@return string
function M.relative(name, origin)
    local absolute, above = checked(name), checked(origin)
    if absolute == above then
        return "@"
    elseif above == "." then
        return absolute:sub(1, -2)
    elseif not dns.name.within(absolute, above) then
        return absolute
    end
    return absolute:sub(1, -#above - 2)
end

--- A name below an origin; "@" is the origin itself. What ends in a dot is absolute already.
--- ```lua
--- names.join("_dmarc", "shop.example") --> "_dmarc.shop.example."
--- names.join("_443._tcp", "www.shop.example") --> "_443._tcp.www.shop.example."
--- ```
---@param relative string
---@param origin string
---@return string absolute
function M.join(relative, origin)
    local above = checked(origin)
    if relative == "@" or relative:match("%.$") then
        return relative == "@" and above or checked(relative)
    end
    return checked(relative .. (above == "." and "." or "." .. above))
end

--- Could it be the name of a host: letters, digits and hyphens only (RFC 1123)? Names of services and of mail
--- policies (`_dmarc`) could not.
--- ```lua
--- names.is_host "www-1.shop.example" --> true
--- names.is_host "_dmarc.shop.example" --> false
--- ```
---@param name string
---@return boolean
function M.is_host(name)
    local absolute = dns.name.absolute(name)
    local list = absolute and M.labels(absolute) or {}
    for _, label in ipairs(list) do
        if
            #label > LABEL_MAX
            or not label:match("^[%l%d-]+$")
            or label:match("^%-")
            or label:match("%-$")
        then
            return false
        end
    end
    return #list > 0
end

-- ---- reverse look-ups (RFC 1035 section 3.5, RFC 3596 section 2.5) ----

--- The name that holds the PTR record of an address.
--- ```lua
--- names.reverse "192.0.2.7" --> "7.2.0.192.in-addr.arpa."
--- names.address(names.reverse "2001:db8::1") --> "2001:db8::1"
--- ```
---@param address string
---@return string name
function M.reverse(address)
    local name = type(address) == "string" and dns.name.reverse(address)
    if not name then
        error(("%q is no address"):format(dns.escape(tostring(address))), 2)
    end
    return name
end

local function v4_of(labels, n)
    local octets = {}
    for i = n, 1, -1 do
        local value = labels[i]:match("^%d%d?%d?$") and tonumber(labels[i])
        if not value or value > 255 then
            return nil
        end
        octets[#octets + 1] = labels[i]
    end
    for i = n + 1, 4 do
        octets[i] = "0"
    end
    return table.concat(octets, "."), n * 8, n == 4
end

local function v6_of(labels, n)
    local digits = {}
    for i = n, 1, -1 do
        if not labels[i]:match("^%x$") then
            return nil
        end
        digits[#digits + 1] = labels[i]
    end
    local hex = table.concat(digits) .. ("0"):rep(32 - n)
    return dns.address.parse((hex:gsub("%x%x%x%x", "%0:"):sub(1, -2))).address, n * 4, n == 32
end

--- The address that a name below in-addr.arpa or ip6.arpa stands for; the prefix where the name is shorter.
--- Nil where the name is none of these, such as the names of RFC 2317.
--- ```lua
--- names.address "7.2.0.192.in-addr.arpa" --> "192.0.2.7"
--- names.address "2.0.192.in-addr.arpa" --> "192.0.2.0/24"
--- names.address "8.b.d.0.1.0.0.2.ip6.arpa" --> "2001:db8::/32"
--- names.address "shop.example" --> nil
--- ```
---@param name string
---@return string? address or prefix
function M.address(name)
    local absolute = checked(name)
    local zone = dns.name.within(absolute, V4) and V4 or dns.name.within(absolute, V6) and V6
    if not zone then
        return nil
    end
    local labels = M.labels(absolute)
    local n = #labels - 2
    if n > (zone == V4 and 4 or 32) then
        return nil
    end
    local address, length, whole = (zone == V4 and v4_of or v6_of)(labels, n)
    return address and (whole and address or address .. "/" .. length) or nil
end

-- How reverse zones of a family are cut: bits of a label, the longest prefix that has a zone, digits.
local REVERSE = {
    [4] = { bits = 8, all = 32, most = 24, base = 10, label = "%d.%s", top = V4 },
    [6] = { bits = 4, all = 128, most = 128, base = 16, label = "%x.%s", top = V6 },
}

--- The zones that hold the PTR records of a prefix. Reverse zones end at whole octets (IPv4) and half octets
--- (IPv6), so a prefix in between has several; for IPv4 prefixes longer than 24 bits it is the zone of the 24
--- bits around them.
--- ```lua
--- names.reverse_zones "192.0.2.0/24" --> { "2.0.192.in-addr.arpa." }
--- names.reverse_zones "10.16.0.0/15" --> { "16.10.in-addr.arpa.", "17.10.in-addr.arpa." }
--- names.reverse_zones "2001:db8::/32" --> { "8.b.d.0.1.0.0.2.ip6.arpa." }
--- ```
---@param prefix string "ADDRESS/LENGTH"
---@return string[]
function M.reverse_zones(prefix)
    local addresses = require "dnsprobe.dns.addresses"
    local one, message = addresses.prefix(prefix)
    if not one then
        error(message, 2)
    end
    local cut = REVERSE[one.family]
    local length = math.min(cut.most, (one.length + cut.bits - 1) // cut.bits * cut.bits)
    if length == 0 then
        return { cut.top }
    end
    local labels = M.labels(dns.name.reverse(one.address))
    local skip = (cut.all - length) // cut.bits
    local out, rest = {}, table.concat(labels, ".", skip + 2) .. "."
    local first = tonumber(labels[skip + 1], cut.base)
    for i = 0, (1 << math.max(0, length - one.length)) - 1 do
        out[i + 1] = cut.label:format(first + i, rest)
    end
    return out
end

return M
