-- SPDX-License-Identifier: MIT
-- From a net (lab/world.lua) to a running lab: zones first, then addresses, then what stands behind them.

local core = require "dnsprobe.lab.core"

local M = {}

-- What the C side says, with the place in the scenario before it.
local function told(what, f, ...)
    local results = table.pack(pcall(f, ...))
    if not results[1] then
        error(("%s: %s"):format(what, (tostring(results[2]):gsub("^.-bad argument #%d+ to '[^']*' %((.*)%)$", "%1"))), 0)
    end
    return table.unpack(results, 2, results.n)
end

local function merged(first, second)
    local out = {}
    for _, source in ipairs { first or {}, second or {} } do
        for key, value in pairs(source) do
            out[key] = value
        end
    end
    return out
end

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
end

local Build = {}
Build.__index = Build

-- The number of a zone; each table is loaded once, so servers that share it share its state too.
function Build:zone(zone, name)
    if not self.zones[zone] then
        local lab, what = self.lab, "zone " .. name
        local options = { shuffle = zone.shuffle, serial_every = zone.serial_every, serial_lag = zone.serial_lag }
        local id = told(what, lab.zone, lab, name, zone.text, options)
        self.zones[zone] = id
        for _, owner in ipairs(sorted_keys(zone.pools or {})) do
            local pool = zone.pools[owner]
            told(what .. ", pool " .. owner, lab.pool, lab, id, owner, pool.take, pool.weights)
        end
        if zone.alias then
            told(what .. ", alias", lab.alias, lab, id, zone.alias.target, zone.alias.via, zone.alias.ttl, zone.alias.pinned)
        end
    end
    return self.zones[zone]
end

function Build:serve(backend, zones, what)
    for _, item in ipairs(zones or {}) do
        local name = type(item) == "string" and item or item.name
        local zone = type(item) == "string" and self.net.zones[item] or item
        if not zone then
            error(("%s: the lab has no zone %q"):format(what, name), 0)
        end
        local subnet, prefix = (zone.subnet or ""):match("^(.-)/(%d+)$")
        told(what, self.lab.serve, self.lab, backend, self:zone(zone, name), subnet, tonumber(prefix))
    end
end

-- The cache, policy and validation of one resolver.
function Build:recursive(backend, spec, what)
    local lab = self.lab
    local recursive = spec.recursive
    told(what, lab.resolver, lab, backend, {
        forward_to = recursive.forward_to, tries = recursive.tries, timeout = recursive.timeout,
        max_ttl = recursive.max_ttl, serve_stale = recursive.serve_stale, ecs = recursive.ecs,
    })
    for _, cached in ipairs(recursive.cached or {}) do
        told(what .. ", cached", lab.cached, lab, backend, cached.records, cached.age)
    end
    for _, absent in ipairs(recursive.absent or {}) do
        told(what .. ", absent", lab.absent, lab, backend, absent.name, absent.type, absent.nxdomain, absent.ttl)
    end
    for _, block in ipairs(recursive.blocks or {}) do
        told(what .. ", blocks", lab.block, lab, backend, block.name, block.ede, block.text, block.address)
    end
    for _, bogus in ipairs(recursive.bogus or {}) do
        told(what .. ", bogus", lab.bogus, lab, backend, bogus.name, bogus.ede, bogus.text)
    end
end

function Build:backend(node, spec, what)
    local backend = told(what, self.lab.backend, self.lab, node, spec.nsid or "", spec.weight or 1)
    self:serve(backend, spec.zones, what)
    if spec.recursive then
        self:recursive(backend, spec, what)
    end
end

-- Each of several nodes behind one address is the address's own description with what the node has changed.
function Build:node(spec)
    local what = spec.name
    local node = told(what, self.lab.node, self.lab, spec.address, spec.name, merged(spec.faults, spec.path), spec.faults or {})
    self.nodes[spec.name] = node
    for _, inner in ipairs(spec.nodes or { spec }) do
        self:backend(node, merged(spec, inner), what)
    end
end

function Build:intercepts()
    self.net:each(function(spec)
        if spec.intercepted_by then
            local by = self.nodes[spec.intercepted_by]
            if not by then
                error(("%s: intercepted_by: the lab has no %q"):format(spec.name, spec.intercepted_by), 0)
            end
            self.lab:intercept(self.nodes[spec.name], by)
        end
    end)
end

--- Starts the lab.
---@param net dnsprobe.lab.Net
---@param seed integer
---@return userdata lab
---@return integer port
---@return integer? app_port
function M.start(net, seed)
    local self = setmetatable({ lab = core.new(seed), net = net, zones = {}, nodes = {} }, Build)
    net:each(function(spec)
        self:node(spec)
    end)
    self:intercepts()
    for _, name in ipairs(net.roots) do
        self.lab:root(net:server(name).address)
    end
    for _, address in ipairs(sorted_keys(net.apps)) do
        told("app " .. address, self.lab.app, self.lab, address, net.apps[address])
    end
    local port, app_port = self.lab:start()
    return self.lab, port, app_port
end

return M
