-- SPDX-License-Identifier: MIT
--- Do servers that should give the same thing give the same thing?
--
-- A zone may rotate a pool, so two different answers are no proof. What a shared pool cannot do is give one
-- server a value that another never gives, over many samples. So, for one type:
--   1. Servers that never vary: two different constants are a difference (with five samples each, a pool of
--      two would have to show one face 5 times at each server: repeated asking decides).
--   2. Servers that vary: for each value, each server's share of it is held against that of all others with
--      Fisher's exact test, corrected for servers x values.
--   3. A server that goes over from one answer to another ONCE and stays is being updated; values taking part
--      in that are left out of 2.
--   4. One exception to 1: every one of three or more servers has its own short-lived addresses out of one
--      network, which is how some CDNs share a pool out.

local stats = require "dnsprobe.stats"

local M = {}

--- Fisher level below which one server's share of a value is not chance.
M.ALPHA = 0.001
--- Samples that a server needs before it is compared.
M.SAMPLES_MIN = 5
--- A pool that is shared out between servers lives for a minute at most (seconds).
local SHARD_TTL_MAX = 60

---@class dnsprobe.Series one server's answers to one question in time order
---@field id string
---@field points { key: string, features: string[], nsid: string?, ttl: integer? }[]

--- How often each key was seen, and the keys in sorted order.
---@param series dnsprobe.Series
---@return table<string, integer> counts, string[] keys
function M.keys(series)
    local counts, keys = {}, {}
    for _, point in ipairs(series.points) do
        if not counts[point.key] then
            counts[point.key] = 0
            keys[#keys + 1] = point.key
        end
        counts[point.key] = counts[point.key] + 1
    end
    table.sort(keys)
    return counts, keys
end

--- The one key that a server always gives.
---@param series dnsprobe.Series
---@return string?
function M.constant(series)
    local _, keys = M.keys(series)
    return #keys == 1 and keys[1] or nil
end

--- A single change from one answer to another.
---@param series dnsprobe.Series
---@return { from: string, to: string, at: integer }?
function M.switch(series)
    local points, change = series.points, nil
    for i = 2, #points do
        if points[i].key ~= points[i - 1].key then
            if change then
                return nil
            end
            change = { from = points[i - 1].key, to = points[i].key, at = i }
        end
    end
    return change
end

--- Does a series that goes back and forth go on all the same, so that none of the serials of its first third
--- is left in its last, and none older comes up between? Then several machines behind the address take up
--- each change, one a moment after another. A machine that stands still keeps giving the serial that it has.
---@param points { key: string, serial: integer }[] in time order
---@param newer fun(a: integer, b: integer): boolean
---@return boolean
function M.goes_on(points, newer)
    local third, early, oldest = #points // 3, {}, nil
    for i = 1, third do
        early[points[i].key] = true
        oldest = (not oldest or newer(oldest, points[i].serial)) and points[i].serial or oldest
    end
    for i = third + 1, #points do
        if
            newer(oldest or points[i].serial, points[i].serial)
            or (i > #points - third and early[points[i].key])
        then
            return false
        end
    end
    return third > 0
end

--- Does a server give answers of several kinds: that there is such a record, and that there is none?
---@param series dnsprobe.Series
---@return boolean
function M.mixed_kinds(series)
    local first
    for _, point in ipairs(series.points) do
        first = first or point.kind
        if point.kind ~= first then
            return true
        end
    end
    return false
end

local function feature_counts(series)
    local counts = {}
    for _, point in ipairs(series.points) do
        for _, feature in ipairs(point.features) do
            counts[feature] = (counts[feature] or 0) + 1
        end
    end
    return counts
end

--- Features of answers that are being replaced while we look.
local function moving_features(list)
    local moving = {}
    for _, series in ipairs(list) do
        local change = M.switch(series)
        if change then
            for _, point in ipairs(series.points) do
                for _, feature in ipairs(point.features) do
                    moving[feature] = true
                end
            end
        end
    end
    return moving
end

--- Leading part of an address that tells networks apart: 16 bits of IPv4, 32 of IPv6.
local function network(value)
    return value:match("^(%d+%.%d+)%.%d+%.%d+$") or value:match("^(%x+:%x+):")
end

local function is_sharded(list)
    if #list < 3 then
        return false
    end
    local seen, net = {}, nil
    for _, series in ipairs(list) do
        local point = series.points[1]
        if seen[point.key] or (point.ttl or math.huge) > SHARD_TTL_MAX then
            return false
        end
        seen[point.key] = true
        for _, feature in ipairs(point.features) do
            local this = network(feature)
            if not this or (net and net ~= this) then
                return false
            end
            net = this
        end
    end
    return true
end

local function constants_differ(list)
    local first, differ
    for _, series in ipairs(list) do
        local key = M.constant(series)
        if not key then
            return nil
        end
        first = first or key
        differ = differ or key ~= first
    end
    return differ or false
end

--- The features in sorted order, with each server's counts and the totals.
local function tabulate(list)
    local per, total, order, samples = {}, {}, {}, 0
    for i, series in ipairs(list) do
        per[i] = feature_counts(series)
        samples = samples + #series.points
        for feature, count in pairs(per[i]) do
            if not total[feature] then
                order[#order + 1] = feature
                total[feature] = 0
            end
            total[feature] = total[feature] + count
        end
    end
    table.sort(order)
    return per, total, order, samples
end

local function shares_differ(list)
    local moving = moving_features(list)
    local per, total, order, samples = tabulate(list)
    local comparisons, least = #order * #list, 1
    for i, series in ipairs(list) do
        for _, feature in ipairs(order) do
            local n, with = #series.points, per[i][feature] or 0
            if not moving[feature] then
                local p =
                    stats.fisher(with, n - with, total[feature] - with, samples - n - (total[feature] - with))
                least = math.min(least, p * comparisons)
            end
        end
    end
    return least < M.ALPHA, least
end

---@class dnsprobe.Difference
---@field differ boolean
---@field p number chance that one shared pool looks like this (1 = not shown)
---@field sharded boolean? the difference is that of a pool shared out between servers
---@field placed boolean? the answer goes with the address family of the one who asks
---@field moving boolean? answers were being replaced during the run

--- Compare the servers' answers to one question.
---@param list dnsprobe.Series[]
---@return dnsprobe.Difference
function M.compare(list)
    local enough = {}
    for _, series in ipairs(list) do
        if #series.points >= M.SAMPLES_MIN then
            enough[#enough + 1] = series
        end
    end
    if #enough < 2 then
        return { differ = false, p = 1 }
    end
    local constants = constants_differ(enough)
    if constants ~= nil then
        local sharded = constants and is_sharded(enough)
        return { differ = constants and not sharded, p = constants and 0 or 1, sharded = sharded or nil }
    end
    local differ, p = shares_differ(enough)
    return { differ = differ, p = math.min(1, p), moving = next(moving_features(enough)) ~= nil or nil }
end

--- Does the answer go with the address family in which one asks? Some server must have both families and
--- answer each differently, and all others must follow it: that is a machine that looks at who asks (views,
--- answers by place), for a client whose IPv4 and IPv6 addresses are taken for different places.
---@param list dnsprobe.Series[]
---@return boolean
function M.by_family(list)
    local keys, names, both = {}, {}, false
    for _, series in ipairs(list) do
        local family = series.target.address:find(":", 1, true) and "v6" or "v4"
        local key = M.constant(series)
        if not key or (keys[family] or key) ~= key then
            return false
        end
        keys[family] = key
        local name = series.target.name or series.id
        both = both or (names[name] or family) ~= family
        names[name] = names[name] or family
    end
    return both and keys.v4 ~= keys.v6
end

--- Do a server's answers go with the node (NSID) that gave them?
---@param series dnsprobe.Series
---@return boolean, string[] nodes the identifiers seen, sorted
function M.follows_node(series)
    local by_node, nodes, counts = {}, {}, M.keys(series)
    for _, point in ipairs(series.points) do
        local node = point.nsid or ""
        if not by_node[node] then
            by_node[node] = { n = 0, keys = {} }
            nodes[#nodes + 1] = node
        end
        local entry = by_node[node]
        entry.n = entry.n + 1
        entry.keys[point.key] = (entry.keys[point.key] or 0) + 1
    end
    table.sort(nodes)
    local total = #series.points
    for _, node in ipairs(nodes) do
        local entry = by_node[node]
        for key, count in pairs(entry.keys) do
            local others = counts[key] - count
            local p = stats.fisher(count, entry.n - count, others, total - entry.n - others)
            if #nodes > 1 and p * #nodes < M.ALPHA then
                return true, nodes
            end
        end
    end
    return false, nodes
end

return M
