-- SPDX-License-Identifier: MIT
-- From a net (lab/internet.lua) to a running lab: zones first, then addresses, then what stands behind them.

local core = require "dnsprobe.lab.core"

local M = {}

-- What the C side says, with the place in the scenario before it.
local function told(what, f, ...)
    local results = table.pack(pcall(f, ...))
    if not results[1] then
        error(
            ("%s: %s"):format(
                what,
                (tostring(results[2]):gsub("^.-bad argument #%d+ to '[^']*' %((.*)%)$", "%1"))
            ),
            0
        )
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

-- What a table says, as one text: two that say the same have the same.
local function said(value)
    if type(value) ~= "table" then
        return tostring(value)
    end
    local out = {}
    for i, key in ipairs(sorted_keys(value)) do
        out[i] = ("%s=%s;"):format(tostring(key), said(value[key]))
    end
    return "{" .. table.concat(out) .. "}"
end

---@class dnsprobe.lab.Build a net and the lab that serves it
---@field lab userdata
---@field net dnsprobe.lab.Net
---@field zones table<table, { id: integer, said: string }> by zone table
---@field nodes table<string, { id: integer, address: string, backends: integer[] }> by name
---@field given table<table, table<table, boolean>> by place in the net: cache entries that its resolver has got
local Build = {}
Build.__index = Build

function Build:load_zone(zone, name)
    local lab, what = self.lab, "zone " .. name
    local options = { shuffle = zone.shuffle, serial_every = zone.serial_every, serial_lag = zone.serial_lag }
    local id = told(what, lab.zone, lab, name, zone.text, options)
    for _, owner in ipairs(sorted_keys(zone.pools or {})) do
        local pool = zone.pools[owner]
        told(what .. ", pool " .. owner, lab.pool, lab, id, owner, pool.take, pool.weights)
    end
    if zone.alias then
        told(
            what .. ", alias",
            lab.alias,
            lab,
            id,
            zone.alias.target,
            zone.alias.via,
            zone.alias.ttl,
            zone.alias.pinned
        )
    end
    return id
end

-- The number of a zone; each table is loaded once, so servers that share it share its state too, and again
-- when it has changed.
function Build:zone(zone, name)
    local known, now = self.zones[zone], said(zone)
    if not known or known.said ~= now then
        self.zones[zone] = { id = self:load_zone(zone, name), said = now }
    end
    return self.zones[zone].id
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

-- Cache entries are put in once: an event that leaves them in their list does not make them young again.
function Build:cached(backend, recursive, what)
    local lab, given = self.lab, self.given[recursive] or {}
    self.given[recursive] = given
    for _, cached in ipairs(recursive.cached or {}) do
        if not given[cached] then
            told(what .. ", cached", lab.cached, lab, backend, cached.records, cached.age)
        end
        given[cached] = true
    end
    for _, absent in ipairs(recursive.absent or {}) do
        if not given[absent] then
            told(
                what .. ", absent",
                lab.absent,
                lab,
                backend,
                absent.name,
                absent.type,
                absent.nxdomain,
                absent.ttl
            )
        end
        given[absent] = true
    end
end

-- The cache, policy and validation of one resolver.
function Build:recursive(backend, recursive, what)
    local lab = self.lab
    told(what, lab.resolver, lab, backend, {
        forward_to = recursive.forward_to, tries = recursive.tries, timeout = recursive.timeout,
        max_ttl = recursive.max_ttl, serve_stale = recursive.serve_stale, ecs = recursive.ecs,
    })
    if recursive.flush then
        recursive.flush = nil
        lab:flush(backend)
    end
    self:cached(backend, recursive, what)
    for _, block in ipairs(recursive.blocks or {}) do
        told(what .. ", blocks", lab.block, lab, backend, block.name, block.ede, block.text, block.address)
    end
    for _, bogus in ipairs(recursive.bogus or {}) do
        told(what .. ", bogus", lab.bogus, lab, backend, bogus.name, bogus.ede, bogus.text)
    end
end

function Build:fill(backend, spec, what)
    self:serve(backend, spec.zones, what)
    if spec.recursive then
        self:recursive(backend, spec.recursive, what)
    end
end

-- Each of several nodes behind one address is the address's own description with what the node has changed.
local function backends_of(spec)
    local out = {}
    for i, inner in ipairs(spec.nodes or { spec }) do
        out[i] = merged(spec, inner)
    end
    return out
end

local function faults_of(spec)
    return merged(spec.faults, spec.path), spec.faults or {}
end

function Build:node(spec)
    local lab, what = self.lab, spec.name
    local id = told(what, lab.node, lab, spec.address, spec.name, faults_of(spec))
    local node = { id = id, address = spec.address, backends = {} }
    self.nodes[spec.name] = node
    for i, inner in ipairs(backends_of(spec)) do
        node.backends[i] = told(what, lab.backend, lab, id, inner.nsid or "", inner.weight or 1)
        self:fill(node.backends[i], inner, what)
    end
end

-- Who answers in the place of a node; nil: itself.
function Build:intercept(spec)
    local by
    if spec.intercepted_by then
        by = self.nodes[spec.intercepted_by]
        if not by then
            error(("%s: intercepted_by: the lab has no %q"):format(spec.name, spec.intercepted_by), 0)
        end
    end
    self.lab:intercept(self.nodes[spec.name].id, by and by.id)
end

function Build:apps()
    for _, address in ipairs(sorted_keys(self.net.apps)) do
        told("app " .. address, self.lab.app, self.lab, address, self.net.apps[address])
    end
end

-- Faults, zones and resolver of a node that runs, as the net has them now.
function Build:renew(spec)
    local lab, what, node = self.lab, spec.name, self.nodes[spec.name]
    local inners = backends_of(spec)
    if not node or node.address ~= spec.address then
        error(what .. ": an event cannot add or move a server; let it be there from the start, with "
            .. 'faults.udp = "drop"', 0)
    elseif #inners ~= #node.backends then
        error(("%s: an event cannot change the number of nodes"):format(what), 0)
    end
    told(what, lab.refault, lab, node.id, faults_of(spec))
    for i, inner in ipairs(inners) do
        lab:clear(node.backends[i])
        self:fill(node.backends[i], inner, what)
    end
end

--- Makes the running lab what the net is now. Raises a line that says what cannot change.
function Build:apply()
    self.net:each(function(spec)
        self:renew(spec)
    end)
    self.net:each(function(spec)
        self:intercept(spec)
    end)
    self:apps()
end

--- Starts the lab.
---@param net dnsprobe.lab.Net
---@param seed integer
---@param speed number of the lab's own clock
---@return dnsprobe.lab.Build
---@return integer port
---@return integer? app_port
function M.start(net, seed, speed)
    local self = setmetatable({ lab = core.new(seed), net = net, zones = {}, nodes = {}, given = {} }, Build)
    self.lab:speed(speed)
    net:each(function(spec)
        self:node(spec)
    end)
    net:each(function(spec)
        self:intercept(spec)
    end)
    for _, name in ipairs(net.roots) do
        self.lab:root(net:server(name).address)
    end
    self:apps()
    return self, self.lab:start()
end

return M
