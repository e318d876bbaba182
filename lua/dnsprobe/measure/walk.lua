-- SPDX-License-Identifier: MIT
--- Walks from the root: to the target, and on to where its aliases lead.
--
-- A name that is an alias of a name in another zone (a content network, a hoster) depends on that zone's
-- servers as much as on its own. The zones that the chain passes through are its links; each is walked to
-- from the root, as a resolver with an empty cache would.

local answered = require "dnsprobe.guest.answered"
local dns = require "dnsprobe"

local M = {}

--- Aliases that are followed; resolvers stop at 8 to 16.
local HOPS_MAX = 8
--- Labels of a zone that is not the root and no top-level zone.
local LABELS_MIN = 2

--- Walk to a name, asking every server at every level; all exchanges are entered into the ledger.
---@param ctx dnsprobe.Ctx
---@param name string absolute
---@param type string
---@return dnsprobe.Trace
function M.to(ctx, name, type)
    if ctx.cuts then
        return ctx.cuts:walk(ctx, name, type)
    end
    return M.alone(ctx, name, type)
end

--- The same, by a walk of the run's own from the root.
---@param ctx dnsprobe.Ctx
---@param name string absolute
---@param type string
---@return dnsprobe.Trace
function M.alone(ctx, name, type)
    local trace = dns.trace(name, type, { family = ctx.family, timeout = ctx.timeout, late = ctx.late })
    for _, exchange in ipairs(trace.exchanges or {}) do
        ctx.ledger:add(answered.note(exchange))
    end
    return trace
end

--- The name for which another zone has to be asked, after the walk to `name`; nil where the walk found its
--- data.
local function open_end(trace, name, type)
    local aliases, owners = {}, {}
    for _, record in ipairs(trace.answer or {}) do
        local owner = record.name:lower()
        aliases[owner] = record.type == "CNAME" and record.rdata:lower() or aliases[owner]
        owners[owner] = owners[owner] or record.type == type
    end
    local last, hops, passed = name:lower(), 0, {}
    while hops < HOPS_MAX and not owners[last] and aliases[last] and not passed[last] do
        passed[last] = true
        last, hops = aliases[last], hops + 1
    end
    if passed[last] then
        return last, hops, true -- one answer that goes in a circle
    end
    return not owners[last] and last ~= name:lower() and last or nil, hops
end

--- Walk to where the aliases of a name lead: one walk for each name that another zone was asked for, in the
--- order of the chain.
---@param ctx dnsprobe.Ctx
---@param trace dnsprobe.Trace the walk to the name
---@param name string
---@param type string
---@return { name: string, trace: dnsprobe.Trace }[]
---@return boolean circle the aliases lead back to one of their names
---@return integer hops how many aliases were followed
function M.on(ctx, trace, name, type)
    local links, seen = {}, { [name:lower()] = true }
    local next_name, hops, circle = open_end(trace, name, type)
    while next_name and not circle and not seen[next_name] and #links < HOPS_MAX do
        seen[next_name] = true
        local link = { name = next_name, trace = M.to(ctx, next_name, type) }
        links[#links + 1] = link
        local more
        next_name, more, circle = open_end(link.trace, next_name, type)
        hops = hops + more
    end
    return links, circle or next_name ~= nil and seen[next_name] or false, hops
end

--- Is this a zone of somebody, rather than the root or a top-level zone that says that the name does not
--- exist?
---@param zone string?
---@return boolean
function M.is_below_top(zone)
    local _, labels = (zone or "."):gsub("[^.]+", "")
    return labels >= LABELS_MIN
end

-- The servers of the zone's own level of the walk.
local function level_servers(trace)
    for _, level in ipairs(trace.levels or {}) do
        if level.zone == trace.zone then
            return level.servers
        end
    end
    return {}
end

--- Every address of every server of the zone in which a walk ended: glue from the parent, what the zone
--- itself says, and, for a server that neither of them has an address for, what the walk found another way.
--- Sorted.
---@param trace dnsprobe.Trace
---@param port integer
---@param family integer? 4 or 6
---@return { name: string, address: string, port: integer, glue: boolean, source: string }[]
function M.servers(trace, port, family)
    local parent, child = trace.parent or {}, trace.child or {}
    local out, seen, named = {}, {}, {}
    local function add(name, address, source)
        local wanted = not family or (family == 6) == (address:find(":", 1, true) ~= nil)
        if not wanted then
            return
        end
        local row = seen[address]
        if not row then
            row = { name = name, address = address, port = port, glue = false, source = source }
            seen[address] = row
            named[name:lower()] = true
            out[#out + 1] = row
        end
        row.glue = row.glue or source == "glue"
    end
    local function add_all(names, by_name, source)
        for _, name in ipairs(names or {}) do
            local addresses = by_name and (by_name[name] or by_name[name:lower()]) or {}
            for _, address in ipairs(addresses) do
                add(name, address, source)
            end
        end
    end
    add_all(parent.ns, parent.glue, "glue")
    add_all(parent.ns, child.addresses, "child")
    add_all(child.ns, child.addresses, "child")
    for _, server in ipairs(level_servers(trace)) do
        for _, address in ipairs(not named[server.name:lower()] and server.addresses or {}) do
            add(server.name, address.address, "walk")
        end
    end
    table.sort(out, function(a, b)
        if a.name ~= b.name then
            return a.name < b.name
        end
        return a.address < b.address
    end)
    return out
end

return M
