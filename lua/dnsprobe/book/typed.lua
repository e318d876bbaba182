-- SPDX-License-Identifier: MIT
-- What people write on a command line or in a list.

local dns = require "dnsprobe"

local M = {}

--- A domain name as somebody wrote it. Letters beyond ASCII are refused: asked byte for byte such a name
--- would not exist, whatever its owner registered. They have to stand in punycode (RFC 5891), or byte for
--- byte as \195\188.
---@param text string
---@return string? absolute nil: it is none
---@return string? message why
function M.name(text)
    if text:find("[\x80-\xff]") then
        return nil, "letters beyond ASCII have to stand in punycode (xn--...)"
    end
    local name, err = dns.name.absolute(text)
    return name, not name and (err or "malformed") or nil
end

-- "https://user@shop.example:8443/cart?x" → "shop.example"; "[2001:db8::1]:443" → "2001:db8::1"
local function host_of(text)
    local rest = text:gsub("^%a[%w+.-]*://", ""):gsub("[/?#].*$", ""):gsub("^[^@]*@", "")
    local bracketed = rest:match("^%[(.-)%]:?%d*$")
    if bracketed then
        return bracketed
    end
    return rest:match("^([^:]+):%d+$") or rest
end

--- What is to be examined, as people have it at hand: a name, a URL, "name:443", a name with a path behind
--- it, or an address, which is asked for as its reverse name (RFC 1035, section 3.5; RFC 3596, section 2.5).
---@param text string
---@return string? absolute nil: no name can be made of it
---@return string? message why
---@return "reverse"|"reduced"|nil how where it is not the name as it was written
function M.target(text)
    local host = host_of(text)
    local reverse = dns.address.parse(host) and dns.name.reverse(host)
    if reverse then
        return reverse, nil, "reverse"
    end
    local name, err = M.name(host)
    return name, err, name and host ~= text and "reduced" or nil
end

return M
