-- SPDX-License-Identifier: MIT
-- The spellings in which an address stands in a text: dotted, with colons, with dashes as in the names that
-- clouds and providers make of it (ip-10-1-2-3), and backwards below in-addr.arpa and ip6.arpa, the zones of
-- part of one included.

local dns = require "dnsprobe"

local M = {}

local function reversed_v4(address)
    return (address:gsub("^(%d+)%.(%d+)%.(%d+)%.(%d+)$", "%4.%3.%2.%1"))
end

-- The 32 hex digits of an IPv6 address, backwards with dots between.
local function nibbles(address)
    local hex = dns.address.octets(address):gsub(".", function(c) return ("%02x"):format(c:byte()) end)
    return (hex:reverse():gsub("%x", "%0."):sub(1, -2))
end

-- "3.2.1.10", or the part of it that a zone's name is. The pseudonym of a part is the zone that the
-- pseudonyms of its addresses are in: the first /24 of them.
local function below_in_addr(numbers, replace)
    local list = {}
    for number in numbers:gmatch("%d+") do
        table.insert(list, 1, number)
    end
    if #list == 4 then
        local found = replace(table.concat(list, "."))
        return found and reversed_v4(found)
    end
    local whole = { table.unpack(list) }
    for i = #list + 1, 4 do
        whole[i] = "0"
    end
    local found = #list > 1 and replace(table.concat(whole, "."), true)
    local out = {}
    for number in (found or ""):gmatch("%d+") do
        if #out < #list then
            table.insert(out, 1, number)
        end
    end
    return found and table.concat(out, ".")
end

local function below_ip6(digits, replace)
    local hex = digits:gsub("%.", ""):reverse()
    if #hex > 32 then
        return nil
    end
    local whole = hex .. ("0"):rep(32 - #hex)
    local found = replace((whole:gsub("%x%x%x%x", "%0:"):sub(1, -2)), #hex < 32)
    return found and nibbles(found):sub(-#digits)
end

--- A text in which addresses are replaced.
---@param text string
---@param replace fun(address: string, part: boolean?): string? the pseudonym of an address, nil where it may stay; `part`:
--- of the zone that it is the lowest address of
---@return string
function M.replaced(text, replace)
    local kept = {}
    local function keep(value)
        kept[#kept + 1] = value
        return "\1" .. #kept .. "\1"
    end
    if text:find("%.[aA][rR][pP][aA]") then
        text = text:gsub("%f[%w]([%d.]*%d)(%.[iI][nN]%-[aA][dD][dD][rR]%.)", function(numbers, tail)
            return keep(below_in_addr(numbers, replace) or numbers) .. tail
        end):gsub("%f[%w](%x[%x.]*)(%.[iI][pP]6%.[aA][rR][pP][aA])", function(digits, tail)
            local exact = digits:match("^%x[.%x]*$")
                and not digits:find("%x%x")
                and not digits:find("..", 1, true)
            return keep(exact and below_ip6(digits:lower(), replace) or digits) .. tail
        end)
    end
    text = text:gsub("%f[%d.][%d.]+", function(token)
        local bare, dots = token:match("^(%d+%.%d+%.%d+%.%d+)(%.*)$")
        local found = bare and replace(bare)
        return found and keep(found) .. dots or nil
    end)
    if text:find(":[%x:]*:") then
        text = text:gsub("%f[%x:]([%x:.]+)(%%?[%w_.-]*)", function(token, more)
            local bare, dots = token:match("^(.-)([.]*)$")
            local zone, rest = more:match("^(%%.-)([.]*)$")
            local whole = dots == "" and zone and bare .. zone or bare
            local found = bare:find(":.*:") and replace(whole)
            return found and keep(found) .. dots .. (whole == bare and more or rest) or nil
        end)
    end
    text = text:gsub("%f[%d]%d+%-%d+%-%d+%-%d+%f[%D]", function(token)
        local found = replace((token:gsub("%-", ".")))
        return found and keep((found:gsub("%.", "-"))) or nil
    end)
    if text:find("[fF][cCdDeE]%x%x%-") then
        text = text:gsub("%f[%x][fF][%x-]+%f[^%x-]", function(token)
            local found = select(2, token:gsub("%-", "-")) >= 2 and replace((token:gsub("%-", ":")))
            return found and keep((found:gsub(":", "-"))) or nil
        end)
    end
    return (text:gsub("\1(%d+)\1", function(n) return kept[math.tointeger(tonumber(n))] end))
end

return M
