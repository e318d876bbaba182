-- SPDX-License-Identifier: MIT
--- Do the servers of a zone hold the same zone? Data against data, serial against serial.
-- In this order, because the first explains the later ones:
--   node    one address alternates between two states of the zone: several machines stand behind it
--   server  servers differ in what they answer
--   serial  they answer alike, but the zone versions differ
-- A zone that is being updated while we look goes over from old to new and stays: that is "moving", no fault.

local answers = require "dnsprobe.dns.answers"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local truths = require "dnsprobe.judge.truth"
local vary = require "dnsprobe.judge.tool.vary"

local M = {}

--- Is serial a newer than b? (RFC 1982 section 3.2)
---@param a integer
---@param b integer
---@return boolean
function M.newer(a, b)
    local distance = (a - b) & 0xFFFFFFFF
    return distance ~= 0 and distance < 0x80000000
end

--- True when a series comes back to answers it had left, and not just once: an update never does that.
local function goes_back_and_forth(series)
    local seen, returns, previous = {}, 0, nil
    for _, point in ipairs(series.points) do
        if point.key ~= previous and seen[point.key] then
            returns = returns + 1
        end
        seen[point.key], previous = true, point.key
    end
    return returns >= 2
end

---@class dnsprobe.SerialSeries: dnsprobe.Series
---@field serial integer? the last one seen
---@field mname string?
---@field state "constant"|"moving"|"mixed"|"none"

--- The serials that one server gave, and whether they stood still.
---@param group dnsprobe.Group
---@return dnsprobe.SerialSeries
function M.serials(group)
    local series = truths.series(group, "SOA")
    series.state = "none"
    for _, point in ipairs(series.points) do
        series.serial, series.mname = answers.serial(borrowed.of(point.exchange))
        point.serial, point.key = series.serial or 0, tostring(series.serial)
        point.features = { point.key }
    end
    if #series.points > 0 then
        local _, keys = vary.keys(series)
        local mixed = #keys > 1 and goes_back_and_forth(series) and not vary.goes_on(series.points, M.newer)
        series.state = #keys == 1 and "constant" or mixed and "mixed" or "moving"
    end
    return series
end

--- The one answer that all other servers always give.
local function common_constant(list, except)
    local common
    for _, series in ipairs(list) do
        if series ~= except then
            local key = vary.constant(series)
            if not key or (common and common ~= key) or #series.points < vary.SAMPLES_MIN then
                return nil
            end
            common = key
        end
    end
    return common
end

--- Why a varying server looks like several machines with different data; nil for a pool.
local function node_reason(series, list, serials, difference)
    local _, keys = vary.keys(series)
    if #keys < 2 or not goes_back_and_forth(series) then
        return nil
    end
    if vary.mixed_kinds(series) then
        return "it says both that the name has the record and that it has not"
    end
    local follows, nodes = vary.follows_node(series)
    if follows then
        return "the answer goes with the node (NSID) that gives it", nodes
    end
    if serials and serials.state == "mixed" then
        return "its SOA serial goes back and forth as well"
    end
    local common = difference.differ and common_constant(list, series)
    if common and vary.keys(series)[common] then
        return "the other servers always give the same one of them"
    end
end

--- Wrong samples of a server with several nodes: those that differ from the others' answer, else the rarer
--- ones.
local function wrong_points(series, list)
    local counts = vary.keys(series)
    local right = common_constant(list, series)
    if not (right and counts[right]) then
        for key, count in pairs(counts) do
            if not right or not counts[right] or count > counts[right] or
                (count == counts[right] and key < right) then
                    right = key
            end
        end
    end
    local wrong = {}
    for _, point in ipairs(series.points) do
        if point.key ~= right then
            wrong[#wrong + 1] = point
        end
    end
    return wrong, right
end

---@class dnsprobe.NodeFault
---@field series dnsprobe.Series
---@field reason string
---@field nodes string[]?
---@field wrong table[] points
---@field right string

--- Servers behind whose one address different data stand.
---@param truth dnsprobe.Truth
---@param type string
---@param serials table<string, dnsprobe.SerialSeries>
---@return dnsprobe.NodeFault[], table<string, boolean> ids of those servers
function M.nodes(truth, type, serials)
    local difference, list = truths.compare(truth, type)
    local faults, ids = {}, {}
    for _, series in ipairs(list) do
        local reason, nodes = node_reason(series, list, serials[series.id], difference)
        if reason then
            local wrong, right = wrong_points(series, list)
            faults[#faults + 1] =
                { series = series, reason = reason, nodes = nodes, wrong = wrong, right = right }
            ids[series.id] = true
        end
    end
    return faults, ids
end

--- What a server gives over all samples, as one text: servers with the same text form a camp.
local function profile(series)
    local _, keys = vary.keys(series)
    return table.concat(keys, " | ")
end

---@class dnsprobe.Camp servers that answer alike
---@field text string
---@field members dnsprobe.Series[]
---@field serial integer?

--- Servers by what they answer.
---@param list dnsprobe.Series[]
---@param serials table<string, dnsprobe.SerialSeries>
---@return dnsprobe.Camp[]
local function camps_of(list, serials)
    local camps, by_text = {}, {}
    for _, series in ipairs(list) do
        local text = profile(series)
        if not by_text[text] then
            by_text[text] = { text = text, members = {} }
            camps[#camps + 1] = by_text[text]
        end
        local camp = by_text[text]
        camp.members[#camp.members + 1] = series
        local serial = serials[series.id] and serials[series.id].serial
        if serial and (not camp.serial or M.newer(serial, camp.serial)) then
            camp.serial = serial
        end
    end
    return camps
end

-- The camp of the zone's primary: all servers name one (SOA MNAME), and it is among those that were asked.
local function primary_camp(camps, serials)
    local mname
    for _, series in pairs(serials) do
        local own = series.mname and series.mname:lower()
        if own and mname and own ~= mname then
            return nil
        end
        mname = own or mname
    end
    for _, camp in ipairs(camps) do
        for _, series in ipairs(camp.members) do
            if mname and series.target.name and series.target.name:lower() == mname then
                return camp
            end
        end
    end
end

-- Has another camp a newer serial than that of the primary?
local function is_overtaken(primary, camps)
    for _, camp in ipairs(primary.serial and camps or {}) do
        if camp ~= primary and camp.serial and M.newer(camp.serial, primary.serial) then
            return true
        end
    end
    return false
end

-- The camp with the newest serial, else the largest; nil on a tie.
local function newest_camp(camps)
    local best, tie, why
    for _, camp in ipairs(camps) do
        if not best then
            best = camp
        elseif camp.serial and best.serial and camp.serial ~= best.serial then
            if M.newer(camp.serial, best.serial) then
                best = camp
            end
            tie, why = false, "serial"
        elseif why ~= "serial" and #camp.members ~= #best.members then
            if #camp.members > #best.members then
                best, tie = camp, false
            end
        elseif why ~= "serial" then
            tie = true
        end
    end
    return not tie and best or nil, why or "majority"
end

--- Which camp is right: that of the primary, where it has other data under an older serial than the others
--- (edits are made there, and no transfer brings them on: RFC 1982 lets the secondaries wait for ever); that
--- with the newest serial; else the largest; nil on a tie.
local function right_camp(camps, serials)
    local primary = primary_camp(camps, serials)
    if primary and is_overtaken(primary, camps) then
        return primary, "primary"
    end
    return newest_camp(camps)
end

-- Have all of these servers the same version of the zone?
local function one_version(list, serials)
    local first = serials[list[1].id]
    for _, series in ipairs(list) do
        local one = serials[series.id]
        if not one or one.state ~= "constant" or one.serial ~= first.serial then
            return false
        end
    end
    return true
end

---@class dnsprobe.ServerFault
---@field difference dnsprobe.Difference
---@field camps dnsprobe.Camp[]
---@field right dnsprobe.Camp? nil when nothing says who is right
---@field by "serial"|"majority"|"primary"
---@field wrong dnsprobe.Series[]

--- Do servers differ in their answers to one type? Servers in `without` are left out.
---@param truth dnsprobe.Truth
---@param type string
---@param serials table<string, dnsprobe.SerialSeries>
---@param without table<string, boolean>
---@return dnsprobe.ServerFault?, dnsprobe.Difference
function M.servers(truth, type, serials, without)
    local list = {}
    for _, group in ipairs(truth.groups) do
        local series = truths.series(group, type)
        if #series.points >= vary.SAMPLES_MIN and not without[group.id] then
            list[#list + 1] = series
        end
    end
    local difference = vary.compare(list)
    difference.placed = difference.differ and vary.by_family(list) and one_version(list, serials) or nil
    if not difference.differ or difference.placed then
        return nil, difference
    end
    local camps = camps_of(list, serials)
    local right, by = right_camp(camps, serials)
    local wrong = {}
    for _, camp in ipairs(camps) do
        if camp ~= right then
            table.move(camp.members, 1, #camp.members, #wrong + 1, wrong)
        end
    end
    return { difference = difference, camps = camps, right = right, by = by, wrong = wrong }, difference
end

---@class dnsprobe.SerialVerdict
---@field state "agree"|"differ"|"moving"|"separate"|"unknown"
---@field behind dnsprobe.SerialSeries[] servers with an older serial
---@field newest integer?
---@field mixed dnsprobe.SerialSeries[] one address, several serials

-- What the addresses have: the newest serial, those with several serials, and whether serials rose (`from`:
-- the newest that the risen ones began with).
local function seen_serials(serials)
    local seen = { n = 0, mixed = {}, newest = nil, from = nil }
    for _, series in ipairs(serials) do
        if series.state ~= "none" then
            seen.n = seen.n + 1
            seen.mixed[#seen.mixed + 1] = series.state == "mixed" and series or nil
            local first = series.state == "moving" and series.points[1].serial
            if first and (not seen.from or M.newer(seen.from, first)) then
                seen.from = first
            end
            if not seen.newest or M.newer(series.serial, seen.newest) then
                seen.newest = series.serial
            end
        end
    end
    return seen
end

-- Do the servers name more than one primary?
local function has_separate_primaries(serials)
    local first
    for _, series in ipairs(serials) do
        local mname = series.state ~= "none" and series.mname or nil
        first = first or mname
        if mname and mname ~= first then
            return true
        end
    end
    return false
end

-- Is an address behind the others? While serials rise only who stands still at one that the others had left
-- before.
local function is_behind(series, seen)
    if not series.serial then
        return false
    elseif seen.from then
        return series.state == "constant" and M.newer(seen.from, series.serial)
    end
    return series.serial ~= seen.newest and series.state ~= "mixed"
end

--- Compare the zone versions. "separate": each primary counts for itself, so serials say nothing.
---@param serials dnsprobe.SerialSeries[]
---@return dnsprobe.SerialVerdict
function M.versions(serials)
    local seen = seen_serials(serials)
    local verdict = { state = "unknown", behind = {}, mixed = seen.mixed, newest = seen.newest }
    for _, series in ipairs(serials) do
        verdict.behind[#verdict.behind + 1] = is_behind(series, seen) and series or nil
    end
    if seen.n == 0 then
        return verdict
    elseif #verdict.behind > 0 or (#verdict.mixed > 0 and not seen.from) then
        verdict.state = has_separate_primaries(serials) and "separate" or "differ"
    else
        verdict.state = seen.from and "moving" or "agree"
    end
    return verdict
end

return M
