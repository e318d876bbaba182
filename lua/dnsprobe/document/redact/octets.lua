-- SPDX-License-Identifier: MIT
-- Octets in a report (messages that could not be read, EDNS options, RDATA without a text) without addresses
-- and names: overwritten in their length, so that what could be read of them still can.

local dns = require "dnsprobe"

local M = {}

local function from_hex(hex)
    return (hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
end

local function replaced(octets, was, is)
    local first, from = octets:find(was, 1, true), 1
    local out = {}
    while first do
        out[#out + 1] = octets:sub(from, first - 1) .. is
        from = first + #was
        first = octets:find(was, from, true)
    end
    return #out > 0 and table.concat(out) .. octets:sub(from) or octets
end

-- Addresses and the labels of names, overwritten in their length.
local function overwritten(hex, list, words)
    if not hex:match("^%x*$") or #hex % 2 == 1 then
        return ""
    end
    local octets = from_hex(hex)
    for _, one in ipairs(list) do
        if one.kind == "private address" then
            octets = replaced(octets, dns.address.octets(one.was), dns.address.octets(one.is))
        end
    end
    for _, secret in ipairs(words) do
        for label in secret.low:gmatch("[^.]+") do
            local pattern = label:gsub(".", function(c)
                return c:match("%a") and "[" .. c .. c:upper() .. "]" or c:match("%w") and c or "%" .. c
            end)
            octets = #label > 2 and octets:gsub(pattern, ("x"):rep(#label)) or octets
        end
    end
    return (octets:gsub(".", function(c) return ("%02X"):format(c:byte()) end))
end

local RAW = { messageOctetsHEX = true, dataHEX = true }

--- Overwrites octets in every member of a value, in place.
---@param value table
---@param list { kind: string, was: string, is: string }[] pseudonyms
---@param words { low: string }[] secret names
function M.overwrite(value, list, words)
    local has_text = false
    for key in pairs(value) do
        has_text = has_text or (type(key) == "string" and key:match("^rdata%u") ~= nil)
    end
    for key, member in pairs(value) do
        if type(member) == "table" then
            M.overwrite(member, list, words)
        elseif type(member) == "string" and (RAW[key] or key == "RDATAHEX" and not has_text) then
            value[key] = overwritten(member, list, words)
        end
    end
end

return M
