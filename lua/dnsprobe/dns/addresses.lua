-- SPDX-License-Identifier: MIT
--- IP addresses and prefixes as text: family, scope, is one within the other, and the prefixes of EDNS Client
--- Subnet.
--
-- What is no address raises an error that says so; `parse`, `family` and `prefix` tell it with nil instead.

local dns = require "dnsprobe"

local M = {}

--- How much of a client's address may be sent along (RFC 7871, section 11.1).
local ECS_V4, ECS_V6 = 24, 56

local PRIVATE = { private = true, loopback = true, ["link-local"] = true }

local function checked(address)
    local parsed = type(address) == "string" and dns.address.parse(address)
    if not parsed then
        error(("%q is no address"):format(dns.escape(tostring(address))), 3)
    end
    return parsed
end

--- An address, with the port where the text has one (`192.0.2.1`, `192.0.2.1#5353`, `[2001:db8::1]:53`).
--- `scope` is global, private (RFC 1918, RFC 4193, RFC 6598), loopback, link-local or unusable.
--- ```lua
--- addresses.parse("2001:DB8:0::1", 53).address --> "2001:db8::1"
--- addresses.parse("192.0.2.1#5353").port --> 5353
--- addresses.parse "shop.example" --> nil, "no address (ADDR or ADDR#PORT)"
--- ```
---@param text string
---@param port? integer where the text has none
---@return { address: string, port: integer, family: 4|6, scope: string }?
---@return string? message
function M.parse(text, port)
    return dns.address.parse(text, port)
end

--- 4 or 6; nil where it is no address.
--- ```lua
--- addresses.family "192.0.2.1" --> 4
--- addresses.family "2001:db8::1" --> 6
--- addresses.family "shop.example" --> nil
--- ```
---@param address string
---@return integer? family
function M.family(address)
    local parsed = type(address) == "string" and dns.address.parse(address)
    return parsed and parsed.family or nil
end

--- Is it an address that the public Internet does not route: private, loopback, link-local?
--- ```lua
--- addresses.is_private "10.1.2.3" --> true
--- addresses.is_private "8.8.8.8" --> false
--- ```
---@param address string
---@return boolean
function M.is_private(address)
    return PRIVATE[checked(address).scope] or false
end

local function text_of(bytes)
    if #bytes == 4 then
        return ("%d.%d.%d.%d"):format(bytes:byte(1, 4))
    end
    local hex = bytes:gsub("..", function(pair)
        return ("%04x:"):format((">I2"):unpack(pair))
    end)
    return dns.address.parse((hex:sub(1, -2))).address
end

-- Octets with all bits behind `length` cleared.
local function masked(bytes, length)
    local whole, rest = length // 8, length % 8
    local out = bytes:sub(1, whole)
    if rest > 0 then
        out = out .. string.char(bytes:byte(whole + 1) & (0xff << (8 - rest)) & 0xff)
    end
    return out .. ("\0"):rep(#bytes - #out)
end

--- The octets of an address in network order, for sorting and for what needs them raw.
--- ```lua
--- #addresses.octets "2001:db8::1" --> 16
--- ```
---@param address string
---@return string 4 or 16 octets
function M.octets(address)
    return (dns.address.octets(checked(address).address))
end

--- A prefix, with the bits behind its length cleared; an address alone is a prefix of its full length.
--- ```lua
--- addresses.prefix("192.0.2.77/24").text --> "192.0.2.0/24"
--- addresses.prefix("2001:db8::1").length --> 128
--- addresses.prefix "192.0.2.0/33" --> nil, "192.0.2.0/33: a length from 0 to 32 is needed"
--- ```
---@param text string "ADDRESS/LENGTH" or an address
---@return { address: string, length: integer, family: 4|6, text: string }?
---@return string? message
function M.prefix(text)
    local address, digits = tostring(text):match("^([^/]+)/?(%d*)$")
    local parsed = address and dns.address.parse(address)
    if not parsed then
        return nil, ("%s: ADDRESS/LENGTH is needed"):format(dns.escape(tostring(text)))
    end
    local most = parsed.family == 4 and 32 or 128
    local length = digits == "" and most or math.tointeger(tonumber(digits))
    if not length or length > most then
        return nil, ("%s: a length from 0 to %d is needed"):format(dns.escape(text), most)
    end
    local first = text_of(masked(dns.address.octets(parsed.address), length))
    return { address = first, length = length, family = parsed.family, text = first .. "/" .. length }
end

--- The prefix of so many bits around an address.
--- ```lua
--- addresses.network("192.0.2.77", 25) --> "192.0.2.0/25"
--- ```
---@param address string
---@param length integer bits
---@return string prefix
function M.network(address, length)
    local one, message = M.prefix(checked(address).address .. "/" .. tostring(length))
    if not one then
        error(message, 2)
    end
    return one.text
end

--- Does an address lie in a prefix? Never, where one is IPv4 and the other IPv6.
--- ```lua
--- addresses.within("192.0.2.77", "192.0.2.0/24") --> true
--- addresses.within("2001:db8::1", "192.0.2.0/24") --> false
--- ```
---@param address string
---@param prefix string
---@return boolean
function M.within(address, prefix)
    local parsed = checked(address)
    local one, message = M.prefix(prefix)
    if not one then
        error(message, 2)
    end
    return parsed.family == one.family
        and text_of(masked(dns.address.octets(parsed.address), one.length)) == one.address
end

--- The client subnet to send for an address (`subnet` of dns.exchange): 24 bits of IPv4, 56 of IPv6, so that
--- no person is named by it (RFC 7871, section 11.1).
--- ```lua
--- addresses.ecs "192.0.2.77" --> "192.0.2.0/24"
--- addresses.ecs "2001:db8:1:2:3::4" --> "2001:db8:1::/56"
--- ```
---@param address string
---@return string prefix
function M.ecs(address)
    local parsed = checked(address)
    return M.network(parsed.address, parsed.family == 4 and ECS_V4 or ECS_V6)
end

--- Are two texts the same address?
--- ```lua
--- addresses.equal("2001:db8::1", "2001:0DB8:0:0::1") --> true
--- ```
---@param a string
---@param b string
---@return boolean
function M.equal(a, b)
    return checked(a).address == checked(b).address
end

--- A sorted copy: IPv4 before IPv6, then by number.
--- ```lua
--- addresses.sorted { "2001:db8::1", "192.0.2.10", "192.0.2.9" } --> { "192.0.2.9", "192.0.2.10", "2001:db8::1" }
--- ```
---@param list string[]
---@return string[]
function M.sorted(list)
    local keys, out = {}, {}
    for i, address in ipairs(list) do
        local bytes = dns.address.octets(checked(address).address)
        keys[address], out[i] = ("%02d"):format(#bytes) .. bytes, address
    end
    table.sort(out, function(a, b) return keys[a] < keys[b] end)
    return out
end

return M
