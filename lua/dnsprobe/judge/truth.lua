-- SPDX-License-Identifier: MIT
--- The truth about a name: what the authoritative servers of its zone give, over all samples.
--
-- One answer of one server is not the truth, because zones rotate pools and answer by the client's place. So
-- every address of every delegated server is asked many times, and some of them on behalf of clients on other
-- continents (dnsprobe.survey.authority); `of` turns that into, per type, the union of what was seen. A
-- resolver is right when what it gives lies in that union (dnsprobe.match).
--
-- Where the name is an alias that leaves its zone, its own servers give the alias only, and the truth goes on
-- at the servers of the zones it leads to (`links`).

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local chains = require "dnsprobe.dns.chains"
local dig = require "dnsprobe.judge.tool.dig"
local vary = require "dnsprobe.judge.tool.vary"

local M = {}

---@class dnsprobe.TypeTruth
---@field type string
---@field values table<string, integer> every value seen, with how often
---@field keys table<string, integer> every whole answer seen
---@field kinds table<string, integer>
---@field chains table<string, boolean> alias chains that leave the servers' zones
---@field elsewhere table<string, boolean> values that clients elsewhere are given
---@field good integer usable authoritative answers
---@field ttl integer? the largest TTL seen
---@field static boolean one answer, always, at every server
---@field geo boolean the answer depends on the client's place
---@field ipv4 dnsprobe.TypeTruth? beside AAAA: the truth about A
---@field beyond table<string, dnsprobe.TypeTruth>? where an alias leaves the zone: the truth about the names it leads to

local function features_of(answer)
    if answer.kind ~= "data" then
        return { answer.key }
    end
    return answer.values
end

--- One server's usable authoritative answers for a type, in time order.
---@param group dnsprobe.Group
---@param type string
---@return dnsprobe.Series
function M.series(group, type)
    local points = {}
    for _, row in ipairs(batch.of_type(group, type)) do
        if answers.usable(row.answer) and row.answer.aa then
            points[#points + 1] = {
                key = row.answer.key, features = features_of(row.answer), nsid = answers.nsid(row.exchange),
                ttl = row.answer.ttl, kind = row.answer.kind, exchange = row.exchange,
            }
        end
    end
    return { id = group.id, target = group.target, points = points }
end

local function add(truth, answer)
    truth.good = truth.good + 1
    truth.keys[answer.key] = (truth.keys[answer.key] or 0) + 1
    truth.kinds[answer.kind] = (truth.kinds[answer.kind] or 0) + 1
    for _, value in ipairs(answer.values) do
        truth.values[value] = (truth.values[value] or 0) + 1
    end
    if answer.kind == "open" then
        truth.chains[chains.text(answer)] = true
    end
    if answer.ttl then
        truth.ttl = math.max(truth.ttl or 0, answer.ttl)
    end
end

local function type_truth(type, groups)
    local truth = {
        type = type, values = {}, keys = {}, kinds = {}, chains = {}, elsewhere = {}, good = 0, geo = false,
    }
    for _, group in ipairs(groups) do
        for _, row in ipairs(batch.of_type(group, type)) do
            if answers.usable(row.answer) and row.answer.aa then
                add(truth, row.answer)
            end
        end
    end
    local first = next(truth.keys)
    truth.static = first ~= nil and next(truth.keys, first) == nil
    return truth
end

--- What one server alone gives for a type.
---@param group dnsprobe.Group
---@param type string
---@return dnsprobe.TypeTruth
function M.of_group(group, type)
    return type_truth(type, { group })
end

--- Is an answer given by a server whose address is not in `without`?
---@param truth dnsprobe.Truth
---@param type string
---@param key string
---@param without table<string, boolean> addresses
---@return boolean
function M.given_by_others(truth, type, key, without)
    local others = false
    for _, group in ipairs(truth.groups) do
        if not without[group.target.address] then
            local one = M.of_group(group, type)
            others = others or one.good > 0
            if one.keys[key] then
                return true
            end
        end
    end
    return not others
end

--- Values that only clients elsewhere get, and whether the place decides.
local function add_elsewhere(truth, groups)
    for _, group in ipairs(groups) do
        for _, row in ipairs(batch.of_type(group, truth.type)) do
            if row.answer.kind == "data" and row.answer.aa then
                for _, value in ipairs(row.answer.values) do
                    if not truth.values[value] then
                        truth.elsewhere[value] = true
                    end
                end
            end
        end
    end
    truth.geo = truth.static and next(truth.elsewhere) ~= nil
end

--- Where one server stops at an alias that leaves its zones and another can go on, only the common part is
--- the zone's word: the rest of the chain is cut off.
local function cut_chains(groups, type)
    local open = {}
    local function each(visit)
        for _, group in ipairs(groups) do
            for _, row in ipairs(group.rows) do
                if row.question.type == type then
                    visit(row)
                end
            end
        end
    end
    each(function(row)
        if row.answer.kind == "open" and row.answer.aa then
            open[#open + 1] = row.answer
        end
    end)
    each(function(row)
        for _, short in ipairs(#row.answer.chain > 1 and open or {}) do
            if chains.extends(row.answer, short) then
                row.answer = chains.cut(row.answer, short)
                return
            end
        end
    end)
end

---@class dnsprobe.Truth
---@field name string
---@field zone string
---@field types table<string, dnsprobe.TypeTruth>
---@field groups dnsprobe.Group[] every server with all its rows; `with_edns` keeps those that had no answer
---@field known boolean at least one type has an authoritative answer
---@field links dnsprobe.Truth[] the zones that the name's alias leads to, in the order of the chain
---@field link boolean this is such a zone

--- Where a server answers without EDNS only, those answers are its word.
local function use_plain(groups, plain)
    for _, other in ipairs(plain) do
        local answered = false
        for _, row in ipairs(other.rows) do
            answered = answered or (answers.usable(row.answer) and row.answer.aa)
        end
        for _, group in ipairs(answered and groups or {}) do
            if group.id == other.id then
                group.with_edns, group.rows, group.target = group.rows, other.rows, dig.plain(group.target)
            end
        end
    end
end

--- Put the truths about the links where the types of the name can find them.
local function add_links(truth, measured)
    for i, one in ipairs(measured.links or {}) do
        local link = M.of(one)
        link.link, truth.links[i] = true, link
        for type, type_truth_of in pairs(truth.types) do
            type_truth_of.beyond = type_truth_of.beyond or {}
            type_truth_of.beyond[link.name] = link.types[type]
        end
    end
end

--- Build the truth from what was measured.
---@param measured dnsprobe.MeasuredZone
---@return dnsprobe.Truth
function M.of(measured)
    local groups, abroad = batch.groups(measured.samples), batch.groups(measured.ecs)
    use_plain(groups, batch.groups(measured.plain))
    local truth = {
        name = measured.name,
        zone = measured.zone,
        types = {},
        groups = groups,
        known = false,
        links = {},
        link = false,
    }
    for _, type in ipairs(measured.types) do
        cut_chains(groups, type)
        local one = type_truth(type, groups)
        add_elsewhere(one, abroad)
        truth.types[type] = one
        truth.known = truth.known or one.good > 0
    end
    (truth.types.AAAA or {}).ipv4 = truth.types.A
    add_links(truth, measured)
    return truth
end

--- The servers of the zone and of its links, each address once: everybody who was asked with authority.
---@param truth dnsprobe.Truth?
---@return { groups: dnsprobe.Group[] }
function M.everyone(truth)
    local all, seen = {}, {}
    local function add_groups(groups)
        for _, group in ipairs(groups) do
            all[#all + 1] = not seen[group.id] and group or nil
            seen[group.id] = true
        end
    end
    add_groups(truth and truth.groups or {})
    for _, link in ipairs(truth and truth.links or {}) do
        add_groups(link.groups)
    end
    return { groups = all }
end

--- Every value of a type, those at the end of the name's aliases too.
---@param truth dnsprobe.TypeTruth
---@return table<string, boolean>
function M.values(truth)
    local all = {}
    local function add_values(one)
        for value in pairs(one.values) do
            all[value] = true
        end
    end
    add_values(truth)
    for _, one in pairs(truth.beyond or {}) do
        add_values(one)
    end
    return all
end

--- Did the zone, and every zone that its alias leads to, give an answer to this type?
---@param truth dnsprobe.TypeTruth
---@return boolean
function M.complete(truth)
    local complete = truth.good > 0
    for _, one in pairs(truth.beyond or {}) do
        complete = complete and one.good > 0
    end
    return complete
end

--- The truth of a type in words.
---@param truth dnsprobe.TypeTruth
---@param most? integer
---@return string
function M.text(truth, most)
    local keys = {}
    for key in pairs(truth.keys) do
        keys[#keys + 1] = (key == "nodata" or key == "nxdomain") and key:upper() or key
    end
    for i, key in ipairs(keys) do
        local link = truth.beyond and truth.beyond[key:match("(%S+) =$")]
        keys[i] = link and key .. " " .. M.text(link, 1) or key
    end
    table.sort(keys)
    if #keys == 0 then
        return "unknown"
    end
    most = most or 3
    local more = #keys > most and string.format(" or %d more", #keys - most) or ""
    return table.concat(keys, " or ", 1, math.min(most, #keys)) .. more
end

--- Compare the servers for one type.
---@param truth dnsprobe.Truth
---@param type string
---@return dnsprobe.Difference, dnsprobe.Series[]
function M.compare(truth, type)
    local list = {}
    for _, group in ipairs(truth.groups) do
        local series = M.series(group, type)
        if #series.points > 0 then
            list[#list + 1] = series
        end
    end
    return vary.compare(list), list
end

return M
