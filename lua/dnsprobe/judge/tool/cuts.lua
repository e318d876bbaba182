-- SPDX-License-Identifier: MIT
--- What the servers of one level of the walk say of the next zone cut, server by server.

local M = {}

--- What one server says of the next cut: a text to compare by, and the NS set.
---@param server { kind: string?, exchange: dnsprobe.Exchange? }
---@param zone string the cut, in lower case
---@return string? key to compare by; nil: nothing
---@return string[]? ns nil: it says NXDOMAIN
function M.said(server, zone)
    if server.kind == "nxdomain" then
        return "nxdomain", nil
    elseif server.kind ~= "referral" then
        return nil
    end
    local set = {}
    local response = server.exchange and server.exchange.response
    for _, record in ipairs(response and response.authority or {}) do
        if record.type == "NS" and record.name:lower() == zone then
            set[#set + 1] = record.rdata:lower()
        end
    end
    table.sort(set)
    return #set > 0 and table.concat(set, " ") or nil, set
end

---@class dnsprobe.ParentCamp servers of one level that say the same of the next cut
---@field key string
---@field ns string[]? nil: they say NXDOMAIN
---@field servers table[]

--- The camps of one level, the largest first.
---@param level table
---@param zone string the next cut, in lower case
---@return dnsprobe.ParentCamp[]
function M.camps(level, zone)
    local list, at = {}, {}
    for _, server in ipairs(level.servers) do
        local key, set = M.said(server, zone)
        if key then
            at[key] = at[key] or { key = key, ns = set, servers = {} }
            list[#list + 1] = #at[key].servers == 0 and at[key] or nil
            table.insert(at[key].servers, server)
        end
    end
    table.sort(list, function(a, b)
        if #a.servers ~= #b.servers then
            return #a.servers > #b.servers
        end
        return (a.ns and 1 or 0) > (b.ns and 1 or 0)
    end)
    return list
end

return M
