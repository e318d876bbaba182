-- SPDX-License-Identifier: MIT
--- Sets of server names and addresses: what the parent lists against what the zone lists.

local M = {}

local function lowered(list)
    local set = {}
    for _, item in ipairs(list or {}) do
        set[item:lower()] = true
    end
    return set
end

local function missing_from(list, set)
    local out, seen = {}, {}
    for _, item in ipairs(list or {}) do
        local low = item:lower()
        if not set[low] and not seen[low] then
            seen[low] = true
            out[#out + 1] = low
        end
    end
    table.sort(out)
    return out
end

--- What only one of two lists has, without regard to case and order.
---@param a string[]?
---@param b string[]?
---@return string[] only_a, string[] only_b
function M.difference(a, b)
    return missing_from(a, lowered(b)), missing_from(b, lowered(a))
end

--- Is `name` in or at `zone`? Both are absolute.
---@param name string
---@param zone string
function M.within(name, zone)
    name, zone = name:lower(), zone:lower()
    return zone == "." or name == zone or name:sub(-#zone - 1) == "." .. zone
end

--- A table by name whose keys may differ in case, and may lack the name.
local function by_name(map, name)
    for key, value in pairs(map or {}) do
        if key:lower() == name:lower() then
            return value
        end
    end
end

local function sorted_names(map)
    local list = {}
    for name in pairs(map or {}) do
        list[#list + 1] = name
    end
    table.sort(list)
    return list
end

local function of_family(addresses, v6)
    local list = {}
    for _, address in ipairs(addresses) do
        if (address:find(":", 1, true) ~= nil) == v6 then
            list[#list + 1] = address
        end
    end
    table.sort(list)
    return list
end

--- Differences within one address family; nil when the glue is right or silent about that family.
local function family_difference(name, glue, own, v6)
    local g, o = of_family(glue, v6), of_family(own, v6)
    local extra, lacking = M.difference(g, o)
    if #g > 0 and (#extra > 0 or (#lacking > 0 and #o > 0)) then
        return { name = name:lower(), glue = g, own = #o > 0 and o or own, extra = extra, lacking = lacking }
    end
end

---@class dnsprobe.GlueDifference
---@field name string
---@field glue string[]
---@field own string[]
---@field extra string[] in the glue, but not the server's
---@field lacking string[] the server's, but not in the glue

--- Where the glue differs from the servers' own addresses. A family that the glue does not mention is no difference.
---@param glue table<string, string[]>?
---@param own table<string, string[]>?
---@return dnsprobe.GlueDifference[]
function M.glue_differences(glue, own)
    local list = {}
    for _, name in ipairs(sorted_names(glue)) do
        local addresses = by_name(own, name)
        if addresses and #addresses > 0 then
            for _, v6 in ipairs { false, true } do
                list[#list + 1] = family_difference(name, glue[name], addresses, v6)
            end
        end
    end
    return list
end

--- Servers named in the zone itself for which the parent gives no address.
---@param zone string
---@param ns string[]
---@param glue table<string, string[]>
---@return string[]
function M.missing_glue(zone, ns, glue)
    local list = {}
    for _, name in ipairs(ns) do
        local addresses = by_name(glue, name)
        if M.within(name, zone) and (not addresses or #addresses == 0) then
            list[#list + 1] = name:lower()
        end
    end
    table.sort(list)
    return list
end

return M
