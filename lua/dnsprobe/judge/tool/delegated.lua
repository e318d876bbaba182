-- SPDX-License-Identifier: MIT
--- Sets of server names and addresses: what the parent lists against what the zone lists.

local batch = require "dnsprobe.judge.tool.batch"

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
    for _, address in ipairs(addresses or {}) do
        if (address:find(":", 1, true) ~= nil) == v6 then
            list[#list + 1] = address
        end
    end
    table.sort(list)
    return list
end

local function entry_of(own, name)
    name = name:lower()
    own[name] = own[name] or { v4 = {}, v6 = {}, known_v4 = false, known_v6 = false }
    return own[name]
end

--- The servers' own addresses: from the samples of the zone's servers where they answered (then also that
--- there are none in a family is known), else from the walk.
---@param samples dnsprobe.Batch
---@param walked table<string, string[]>?
---@return table<string, { v4: string[], v6: string[], known_v4: boolean, known_v6: boolean }>
function M.own(samples, walked)
    local own, seen = {}, {}
    for _, group in ipairs(batch.groups(samples)) do
        for _, row in ipairs(group.rows) do
            local name, answer = row.question.name:lower(), row.answer
            if answer.aa and (answer.kind == "data" or answer.kind == "nodata") then
                local entry = entry_of(own, name)
                local family = row.question.type == "AAAA" and "v6" or "v4"
                entry["known_" .. family] = true
                for _, value in ipairs(answer.values) do
                    if not seen[name .. value] then
                        seen[name .. value] = true
                        table.insert(entry[family], value)
                    end
                end
            end
        end
    end
    for _, name in ipairs(sorted_names(walked)) do
        local entry = entry_of(own, name)
        for family, v6 in pairs { v4 = false, v6 = true } do
            if not entry["known_" .. family] then
                entry[family] = of_family(walked[name], v6)
                entry["known_" .. family] = #entry[family] > 0
            end
        end
    end
    return own
end

--- Differences within one address family; nil when the glue is right or silent about that family.
local function family_difference(name, glue, entry, family)
    local g, o = of_family(glue, family == "v6"), entry[family]
    local extra, lacking = M.difference(g, o)
    if entry["known_" .. family] and #g > 0 and #extra + #lacking > 0 then
        table.sort(o)
        return {
            name = name:lower(),
            glue = g,
            own = #o > 0 and o or { "none" },
            extra = extra,
            lacking = lacking,
        }
    end
end

---@class dnsprobe.GlueDifference
---@field name string
---@field glue string[]
---@field own string[]
---@field extra string[] in the glue, but not the server's
---@field lacking string[] the server's, but not in the glue

--- Where the glue differs from the servers' own addresses. A family that the glue does not mention is no
--- difference.
---@param glue table<string, string[]>?
---@param own table what `M.own` returned
---@return dnsprobe.GlueDifference[]
function M.glue_differences(glue, own)
    local list = {}
    for _, name in ipairs(sorted_names(glue)) do
        local entry = own[name:lower()]
        for _, family in ipairs(entry and { "v4", "v6" } or {}) do
            list[#list + 1] = family_difference(name, glue[name], entry, family)
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

-- What a name's own zone said of its addresses: "nxdomain" or "nodata" with the exchange, nil where that is
-- open.
local function denial(probes, name)
    local nodata = {}
    for _, probe in ipairs(probes) do
        if probe.purpose == "resolve" and probe.name:lower() == name:lower() then
            if probe.kind == "nxdomain" then
                return probe
            end
            nodata[probe.type] = probe.kind == "nodata" and probe or nil
        end
    end
    return nodata.A and nodata.AAAA
end

--- Delegated servers of the zone for which the walk found no address, because their own zone says that there
--- is none. (One that only the zone lists is a difference of the two lists: see M.difference.)
---@param trace dnsprobe.Trace
---@return { name: string, said: string, address: string, exchange: dnsprobe.Exchange }[]
function M.without_address(trace)
    local list = {}
    for _, level in ipairs(trace.levels or {}) do
        for _, server in ipairs(level.zone == trace.zone and level.servers or {}) do
            local probe = server.unresolved
                and server.in_delegation
                and denial(trace.probes or {}, server.name)
            if probe then
                list[#list + 1] = { name = server.name, said = probe.kind, address = probe.address,
                    exchange = probe.exchange }
            end
        end
    end
    return list
end

-- What the look for a server's address came to, where it came to none: whose servers were asked, and what
-- they said.
local function unresolved(probes, name)
    local out = { name = name, reason = "unresolved", servers = {} }
    for _, probe in ipairs(probes) do
        if probe.purpose == "resolve" and probe.name:lower() == name:lower() then
            if probe.kind == "answer" or probe.kind == "nodata" or probe.kind == "nxdomain" then
                return nil -- one of them knows: told elsewhere
            elseif probe.kind ~= "referral" then
                out.zone = probe.zone
                out.said, out.exchange = out.said or probe.kind, out.exchange or probe.exchange
                out.servers[#out.servers + 1] = probe.address
            end
        end
    end
    return out.zone and out or nil
end

-- The alias that a server's name is, as its own zone says.
local function alias(probes, name)
    for _, probe in ipairs(probes) do
        local response = probe.purpose == "resolve" and probe.kind == "answer"
            and probe.name:lower() == name:lower()
            and probe.exchange and probe.exchange.response
        for _, record in ipairs(response and response.answer or {}) do
            if record.type == "CNAME" and record.name:lower() == name:lower() then
                return { name = name, reason = "alias", target = record.rdata, exchange = probe.exchange,
                    servers = { probe.address } }
            end
        end
    end
end

-- The addresses of a server that were not asked because they are private.
local function private(server)
    local list = {}
    for _, address in ipairs(server.addresses) do
        list[#list + 1] = address.kind == "private" and address.address or nil
    end
    return #list > 0
            and { name = server.name, reason = "private", addresses = list, rest = #server.addresses > #list }
        or nil
end

-- Names that were not looked up any more, because another one had shown that nobody in their zone answers.
local function in_dead_zones(list, open)
    for i = 1, #list do
        for _, name in ipairs(list[i].reason == "unresolved" and open or {}) do
            if M.within(name, list[i].zone) then
                local one = {}
                for key, value in pairs(list[i]) do
                    one[key] = value
                end
                one.name, one.exchange = name, nil
                list[#list + 1] = one
            end
        end
    end
    return list
end

local function delegated_servers(trace)
    local out = {}
    for _, level in ipairs(trace.levels or {}) do
        for _, server in ipairs(level.zone == trace.zone and level.servers or {}) do
            out[#out + 1] = server.in_delegation and server or nil
        end
    end
    return out
end

--- Delegated servers of the zone that nobody can ask, by reason of their name or address. See
--- judge/delegation/ns-unusable.lua.
---@param trace dnsprobe.Trace
---@return dnsprobe.UnusableServer[]
function M.unusable(trace)
    local list, probes, open = {}, trace.probes or {}, {}
    for _, server in ipairs(delegated_servers(trace)) do
        local found = private(server) or alias(probes, server.name)
            or server.unresolved and unresolved(probes, server.name)
        list[#list + 1] = found or nil
        open[#open + 1] = server.unresolved and not found and server.name or nil
    end
    if trace.status == "loop" then
        for _, name in ipairs(open) do
            list[#list + 1] = { name = name, reason = "circle" }
        end
        return list
    end
    return in_dead_zones(list, open)
end

return M
