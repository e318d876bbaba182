-- SPDX-License-Identifier: MIT
-- What may stand in a scenario and in the net it has changed. A misspelt member is an error that names the
-- ones there are: a fault that is silently not there would make a lab that proves nothing.

local findings = require "dnsprobe.book.findings"
local nearest = require "dnsprobe.base.nearest"

local M = {}

local SPEED_MAX = 1000

local function words(text)
    local set = {}
    for word in text:gmatch("%S+") do
        set[word] = true
    end
    return set
end

local scenario_members = words "name title story base domain change expect info allow also_run speed"
local net_members = words "zones servers roots resolvers caches host apps params events rng"
local zone_members = words "name text shuffle pools alias serial_every serial_lag subnet"
local node_members = words "name address nsid zones faults path nodes recursive intercepted_by weight"
local inner_members = words "nsid zones recursive weight"
local recursive_members =
    words "forward_to tries timeout max_ttl serve_stale ecs cached absent blocks bogus flush"
local host_members = words "resolvers hosts search options"
local alias_members = words "target via ttl pinned"
local pool_members = words "take weights"

-- Of a scenario's `also_run`: options of `run` that the lab has a use for, under the names that they have in
-- the library.
local run_members =
    words [[samples detect timeout late deadline qps qps_total max_queries type resolver step skip set state
    ipv4 ipv6 allow port exchanges]]

local function sorted(set)
    local names = {}
    for name in pairs(set) do
        names[#names + 1] = name
    end
    table.sort(names)
    return names
end

local function members(what, t, known)
    if type(t) ~= "table" then
        error(("%s: a table is needed, got %s"):format(what, type(t)), 0)
    end
    for key in pairs(t) do
        if not known[key] then
            error(
                ("%s: unknown member %q%s"):format(what, tostring(key), nearest.listed(key, sorted(known))),
                0
            )
        end
    end
end

local function need(what, value, want)
    if type(value) ~= want then
        error(("%s: a %s is needed, got %s"):format(what, want, type(value)), 0)
    end
end

local function ids(what, list)
    need(what, list, "table")
    for _, id in ipairs(list) do
        local ok, reason = findings.valid_id(id)
        if not ok then
            error(("%s: %s"):format(what, reason), 0)
        end
    end
end

--- Checks what a scenario file returned; raises a line that says what is wrong.
---@param scenario any
---@param inline boolean it stands in a runbook: it needs a name, and a title only if it likes
function M.scenario(scenario, inline)
    local function text(key, optional)
        if scenario[key] ~= nil or not optional then
            need(key, scenario[key], "string")
        end
    end
    members("scenario", scenario, scenario_members)
    text("title", inline)
    text("story", inline or scenario.base)
    text("name", not inline)
    text("base", true)
    text("domain", true)
    local speed = scenario.speed or 1
    if type(speed) ~= "number" or not (speed >= 1 and speed <= SPEED_MAX) then
        error(("speed: 1 to %d is needed"):format(SPEED_MAX), 0)
    end
    ids("expect", scenario.expect)
    ids("info", scenario.info or {})
    ids("allow", scenario.allow or {})
    if scenario.also_run ~= nil then
        members("also_run", scenario.also_run, run_members)
    end
    if scenario.change ~= nil then
        need("change", scenario.change, "function")
    end
end

local function zone(what, t)
    members(what, t, zone_members)
    need(what .. ": text", t.text, "string")
    if t.alias then
        members(what .. ": alias", t.alias, alias_members)
    end
    for owner, pool in pairs(t.pools or {}) do
        members(("%s: pool %s"):format(what, owner), pool, pool_members)
    end
end

local function backend(what, t)
    for _, item in ipairs(t.zones or {}) do
        if type(item) ~= "string" then
            zone(what .. ": zone " .. tostring(item.name), item)
        end
    end
    if t.recursive then
        members(what .. ": recursive", t.recursive, recursive_members)
    end
end

--- Checks a net after the scenario has changed it.
---@param net dnsprobe.lab.Net
function M.net(net)
    members("net", net, net_members)
    members("host", net.host, host_members)
    for name, t in pairs(net.zones) do
        zone("zone " .. name, t)
    end
    net:each(function(node)
        local what = tostring(node.name)
        members(what, node, node_members)
        need(what .. ": address", node.address, "string")
        backend(what, node)
        for i, inner in ipairs(node.nodes or {}) do
            members(("%s: node %d"):format(what, i), inner, inner_members)
            backend(what, inner)
        end
    end)
end

return M
