-- SPDX-License-Identifier: MIT
-- What explains most failing domains: the lines of a bulk run, grouped by cause and by where it sits.
--
-- Every failing domain is one signature: the cause of its verdict, the server it was seen at, the operator of
-- the zone's servers and the set of their names. Of all groups that can be made of these (cause at a server,
-- at a set of servers, at an operator) the one that explains most is taken first, its domains are taken out,
-- and so on: each domain is counted once. What explains most has many domains, and few that use the same
-- place and do well: domains x domains / users. So two dead pairs of servers are two groups, and not one at
-- an operator most of whose servers are well. Between groups that explain as much the narrower one wins: a
-- server before its operator. Shown they are by their size.
--
-- Beside each group stands how many domains of the list depend on that server or operator at all, so that
-- "480 of 500" is told from "3 of 4,500" (not where the server is none of the zone's, such as a resolver).
-- Memory is bounded by the number of different signatures (SIGNATURES_MAX), not of domains; beyond that only
-- the cause is told apart.

local examples = require "dnsprobe.run.bulk.examples"
local placed = require "dnsprobe.run.bulk.suspects"
local reasons = require "dnsprobe.run.bulk.reasons"
local shards = require "dnsprobe.run.bulk.shards"

local M = {}

M.SCHEMA = "dnsprobe.bulk-summary/1"

local SIGNATURES_MAX = 20000
local PLACES_MAX = 50000
local GROUPS_MAX = 50

---@class dnsprobe.BulkSummary
---@field shards dnsprobe.BulkShards what it is of, where the list was split
---@field joined boolean of several outputs: a share that is not there is missing
---@field unfinished integer outputs of runs that did not end
local Summary = {}
Summary.__index = Summary

--- An empty summary.
---@return dnsprobe.BulkSummary
function M.new()
    return setmetatable({
        domains = 0, errors = 0, queries = 0, by_status = { ok = 0, warning = 0, critical = 0, unknown = 0 },
        found = {}, reasons = reasons.new(), shards = shards.new(), joined = false, unfinished = 0,
        signatures = {}, list = {}, places = {}, n_places = 0,
    }, Summary)
end

-- ---- adding ----

-- Ends of a walk that no cause stands for, with words for them.
local FOUND = { nxdomain = "do not exist (NXDOMAIN)", nodata = "have no record of the types asked for" }

local function count_place(self, kind, place)
    local key = kind .. "\0" .. place
    local count = self.places[key]
    if not count and self.n_places >= PLACES_MAX then
        return
    end
    self.n_places = self.n_places + (count and 0 or 1)
    self.places[key] = (count or 0) + 1
end

-- The server that the cause of a record is about, and its name; nil: none.
local function server_of(record)
    local cause, server, server_name = record.cause, nil, nil
    for _, finding in ipairs(type(record.findings) == "table" and record.findings or {}) do
        if finding.id == cause and not finding.explained_by then
            server = server or placed.server(finding.subject)
            local label = server and not server_name and finding.subject.label
            server_name = type(label) == "string" and placed.plain(label) or server_name
        end
    end
    return server, server_name
end

local function new_signature(record, server, server_name, places)
    return {
        cause = record.cause,
        severity = record.status,
        layer = record.layer,
        domains = 0,
        examples = {},
        places = { server = server, ["name servers"] = places["name servers"], operator = places.operator },
        server_name = server_name,
    }
end

local function signature_of(self, record, places)
    local cause, server, server_name = record.cause, server_of(record)
    local key = table.concat(
        { cause, record.status, server or "", places.operator or "", places["name servers"] or "" },
        "\0"
    )
    if not self.signatures[key] and #self.list >= SIGNATURES_MAX then
        key, server, server_name, places = cause .. "\0" .. record.status, nil, nil, {}
    end
    local signature = self.signatures[key]
    if not signature then
        signature = new_signature(record, server, server_name, places)
        self.signatures[key] = signature
        self.list[#self.list + 1] = signature
    end
    return signature
end

--- Adds one line of a bulk run.
---@param record table schema dnsprobe.bulk/1
function Summary:add(record)
    self.domains = self.domains + 1
    self.queries = self.queries + (math.tointeger(record.sent) or 0)
    self.errors = self.errors + (record.error and 1 or 0)
    local status = self.by_status[record.status] and record.status or "unknown"
    self.by_status[status] = self.by_status[status] + 1
    if FOUND[record.found] then
        self.found[record.found] = (self.found[record.found] or 0) + 1
    end
    local names = placed.names(record)
    local places = placed.of(names)
    for _, kind in ipairs { "operator", "name servers" } do
        if places[kind] then
            count_place(self, kind, places[kind])
        end
    end
    for _, name in ipairs(names) do
        count_place(self, "server", placed.plain(name))
    end
    if type(record.cause) ~= "string" then
        if status == "unknown" then
            self.reasons:add(record)
        end
        return
    end
    local signature = signature_of(self, record, places)
    signature.domains = signature.domains + 1
    examples.add(signature.examples, record.line, tostring(record.name or record.domain))
end

-- ---- grouping ----

local KINDS = { "server", "name servers", "operator" } -- the narrower first

-- Does this group explain more than the other? Then the narrower comes first, then the alphabet decides.
local function before(a, b)
    local more_a, more_b = a.domains * a.domains * b.users, b.domains * b.domains * a.users
    if more_a ~= more_b then
        return more_a > more_b
    elseif a.rank ~= b.rank then
        return a.rank < b.rank
    elseif a.place ~= b.place then
        return a.place < b.place
    end
    return a.cause < b.cause
end

-- How many domains of the list use a place; nil: not counted.
local function users_of(self, group)
    return group.kind and self.places[group.kind .. "\0" .. (group.server_name or group.place)]
end

-- The group that explains most, of all that the signatures left can make.
local function strongest(self, left)
    local best
    for rank, kind in ipairs(KINDS) do
        local counts = {}
        for _, signature in ipairs(left) do
            local place = signature.places[kind]
            if place then
                local key = signature.cause .. "\0" .. place
                local group = counts[key]
                    or {
                        cause = signature.cause,
                        kind = kind,
                        place = place,
                        domains = 0,
                        rank = rank,
                        server_name = kind == "server" and signature.server_name or nil,
                    }
                counts[key] = group
                group.domains = group.domains + signature.domains
            end
        end
        for _, group in pairs(counts) do
            group.users = math.max(group.domains, users_of(self, group) or 0)
            best = (not best or before(group, best)) and group or best
        end
    end
    return best
end

local function without_place(left)
    local groups, by_cause = {}, {}
    for _, signature in ipairs(left) do
        local group = by_cause[signature.cause]
        if not group then
            group = { cause = signature.cause, domains = 0 }
            by_cause[signature.cause] = group
            groups[#groups + 1] = group
        end
        group.domains = group.domains + signature.domains
    end
    table.sort(groups, function(a, b)
        return a.domains > b.domains or a.domains == b.domains and a.cause < b.cause
    end)
    return groups
end

local worse = { unknown = 0, ok = 0, warning = 1, critical = 2 }

-- Takes the signatures of a group out of the list, and what they say into the group.
local function take(left, group)
    local rest = {}
    group.examples, group.severity = {}, "warning"
    for _, signature in ipairs(left) do
        local inside = signature.cause == group.cause
            and (not group.kind or signature.places[group.kind] == group.place)
        if inside then
            group.layer = group.layer or signature.layer
            group.severity = (worse[signature.severity] or 0) > worse[group.severity] and signature.severity
                or group.severity
            for _, each in ipairs(signature.examples) do
                examples.add(group.examples, each.line, each.name)
            end
        else
            rest[#rest + 1] = signature
        end
    end
    return rest
end

local function groups_of(self)
    local left, groups = self.list, {}
    while #left > 0 and #groups < GROUPS_MAX do
        local group = strongest(self, left)
        if not group then
            break
        end
        left = take(left, group)
        groups[#groups + 1], group.order = group, #groups
    end
    table.sort(groups, function(a, b)
        return a.domains > b.domains or a.domains == b.domains and a.order < b.order
    end)
    for _, group in ipairs(without_place(left)) do
        left = take(left, group)
        groups[#groups + 1] = group
    end
    return groups
end

-- Parts of the list that are not here.
local function missing_of(self)
    if not self.joined then
        return 0, {}
    end
    return self.shards:missing()
end

--- The status of the whole: the worst of all domains. A domain that could not be measured may hide a critical
--- fault, so unknown stands above warning; so may a part of the list that is not here.
---@return "ok"|"warning"|"unknown"|"critical"
function Summary:status()
    local n = self.by_status
    local unknown = n.unknown > 0 or self.unfinished > 0 or missing_of(self) > 0
    return n.critical > 0 and "critical" or unknown and "unknown" or n.warning > 0 and "warning" or "ok"
end

--- The summary as a value, schema dnsprobe.bulk-summary/1.
---@return table
function Summary:document()
    local json = require "dnsprobe.json"
    local groups = {}
    for i, group in ipairs(groups_of(self)) do
        groups[i] = {
            cause = group.cause, layer = group.layer, severity = group.severity, domains = group.domains,
            where = group.kind and { kind = group.kind, name = group.place } or json.null,
            of = users_of(self, group) or json.null,
            examples = json.array(examples.names(group.examples)),
        }
    end
    local missing, first = missing_of(self)
    return {
        schema = M.SCHEMA,
        status = self:status(),
        domains = self.domains,
        errors = self.errors,
        queries = self.queries,
        by_status = self.by_status,
        found = json.object(self.found),
        groups = json.array(groups),
        reasons = self.reasons:document(),
        shards = json.array(self.shards:list()),
        unfinished = self.unfinished,
        missing_shards = missing > 0 and { count = missing, first = json.array(first) } or nil,
    }
end

-- One cause of many domains: how many, where, and some of them.
local function tell_group(group, out)
    local place = type(group.where) == "table" and (" at %s %s"):format(group.where.kind, group.where.name)
        or ""
    local of = math.type(group.of) == "integer" and (" of %d that use it"):format(group.of) or ""
    out[#out + 1] = ("%7d  %s%s%s"):format(group.domains, group.cause, place, of)
    out[#out + 1] = ("         such as %s"):format(table.concat(group.examples, ", "))
end

local function tell_missing(missing, out)
    local first, more = table.concat(missing.first, ", "), missing.count > #missing.first and ", ..." or ""
    out[#out + 1] = ("%d shards of the list are missing: %s%s"):format(missing.count, first, more)
end

--- The summary for people.
---@param document table
---@return string
function M.text(document)
    local n = document.by_status
    local out = {
        ("%d domains: %d ok, %d warning, %d critical, %d unknown%s"):format(
            document.domains,
            n.ok,
            n.warning,
            n.critical,
            n.unknown,
            document.errors > 0 and (" (%d not measured)"):format(document.errors) or ""
        ),
    }
    for _, found in ipairs { "nxdomain", "nodata" } do
        local count = document.found and document.found[found]
        out[#out + 1] = count and ("%7d  %s"):format(count, FOUND[found]) or nil
    end
    for _, group in ipairs(document.groups) do
        tell_group(group, out)
    end
    reasons.tell(document.reasons, out)
    if document.missing_shards then
        tell_missing(document.missing_shards, out)
    end
    return table.concat(out, "\n") .. "\n"
end

return M
