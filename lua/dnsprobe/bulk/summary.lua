-- SPDX-License-Identifier: MIT
-- What explains most failing domains: the lines of a bulk run, grouped by cause and by where it sits.
--
-- Every failing domain is one signature: the cause of its verdict, the server it was seen at, the operator of the zone's
-- servers and the set of their names. Of all groups that can be made of these (cause at a server, at a set of servers, at
-- an operator) the one with most domains comes first; its domains are taken out, and so on: each domain is counted once.
-- Between groups of one size the narrower one wins: a server before its operator.
--
-- Beside each group stands how many domains of the list depend on that server or operator at all, so that "480 of 500"
-- is told from "3 of 4,500". Memory is bounded by the number of different signatures (SIGNATURES_MAX), not of domains;
-- beyond that only the cause is told apart.

local M = {}

M.SCHEMA = "dnsprobe.bulk-summary/1"

local SIGNATURES_MAX = 20000
local PLACES_MAX = 50000
local EXAMPLES_MAX = 5
local GROUPS_MAX = 50
local NAMES_SHOWN = 200 -- bytes of a set of server names

---@class dnsprobe.BulkSummary
local Summary = {}
Summary.__index = Summary

--- An empty summary.
---@return dnsprobe.BulkSummary
function M.new()
    return setmetatable({
        domains = 0, errors = 0, queries = 0, by_status = { ok = 0, warning = 0, critical = 0, unknown = 0 },
        found = {},
        signatures = {}, list = {}, places = {}, n_places = 0,
    }, Summary)
end

-- ---- where a fault sits ----

-- The domain under which an operator names its servers: two labels, three under a top-level domain that has second-level
-- categories ("co.uk"). Numbers stand for one another, because providers deal out numbered names.
local function operator_of(name)
    local labels = {}
    for label in name:lower():gmatch("[^.]+") do
        labels[#labels + 1] = label
    end
    local n = #labels
    local keep = (n >= 3 and #labels[n] == 2 and #labels[n - 1] <= 3) and 3 or 2
    return (table.concat(labels, ".", math.max(1, n - keep + 1)):gsub("%d+", "#"))
end

local function sorted_set(list, of)
    local out, seen = {}, {}
    for _, name in ipairs(list) do
        local key = of and of(name) or name
        if not seen[key] then
            seen[key] = true
            out[#out + 1] = key
        end
    end
    table.sort(out)
    return out
end

local function subject_text(subject)
    if type(subject) ~= "table" or type(subject.server) ~= "string" then
        return nil
    end
    local label = type(subject.label) == "string" and subject.label:gsub("%.$", "")
    return label and label ~= subject.server and ("%s (%s)"):format(label, subject.server) or subject.server
end

local function places_of(record)
    local names = sorted_set(type(record.nameservers) == "table" and record.nameservers or {})
    local set = table.concat(names, " ")
    local operators = table.concat(sorted_set(names, operator_of), " + ")
    return {
        ["name servers"] = set ~= "" and (#set > NAMES_SHOWN and set:sub(1, NAMES_SHOWN) .. "..." or set) or nil,
        operator = operators ~= "" and operators or nil,
    }
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

local function signature_of(self, record, places)
    local cause = record.cause
    local server
    for _, finding in ipairs(type(record.findings) == "table" and record.findings or {}) do
        if finding.id == cause and not finding.explained_by then
            server = server or subject_text(finding.subject)
        end
    end
    local key = table.concat({ cause, record.status, server or "", places.operator or "", places["name servers"] or "" }, "\0")
    if not self.signatures[key] and #self.list >= SIGNATURES_MAX then
        key, server, places = cause .. "\0" .. record.status, nil, {}
    end
    local signature = self.signatures[key]
    if not signature then
        signature = { cause = cause, severity = record.status, layer = record.layer, domains = 0, examples = {},
            places = { server = server, ["name servers"] = places["name servers"], operator = places.operator } }
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
    local places = places_of(record)
    for kind, place in pairs(places) do
        count_place(self, kind, place)
    end
    if type(record.cause) ~= "string" then
        return
    end
    local signature = signature_of(self, record, places)
    signature.domains = signature.domains + 1
    if #signature.examples < EXAMPLES_MAX then
        table.insert(signature.examples, record.name or record.domain)
    end
end

-- ---- grouping ----

local KINDS = { "server", "name servers", "operator" } -- the narrower first

-- The largest group that the signatures left can make.
local function largest(left)
    local best
    for rank, kind in ipairs(KINDS) do
        local counts = {}
        for _, signature in ipairs(left) do
            local place = signature.places[kind]
            if place then
                local key = signature.cause .. "\0" .. place
                local group = counts[key] or { cause = signature.cause, kind = kind, place = place, domains = 0, rank = rank }
                counts[key] = group
                group.domains = group.domains + signature.domains
                local better = not best or group.domains > best.domains
                    or group.domains == best.domains and group.rank == best.rank and group.place < best.place
                best = better and group or best
            end
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
    table.sort(groups, function(a, b) return a.domains > b.domains or a.domains == b.domains and a.cause < b.cause end)
    return groups
end

local worse = { unknown = 0, ok = 0, warning = 1, critical = 2 }

-- Takes the signatures of a group out of the list, and what they say into the group.
local function take(left, group)
    local rest = {}
    group.examples, group.severity = {}, "warning"
    for _, signature in ipairs(left) do
        local inside = signature.cause == group.cause and (not group.kind or signature.places[group.kind] == group.place)
        if inside then
            group.layer = group.layer or signature.layer
            group.severity = (worse[signature.severity] or 0) > worse[group.severity] and signature.severity or group.severity
            for _, name in ipairs(signature.examples) do
                group.examples[#group.examples + 1] = #group.examples < EXAMPLES_MAX and name or nil
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
        local group = largest(left)
        if not group then
            break
        end
        left = take(left, group)
        groups[#groups + 1] = group
    end
    for _, group in ipairs(without_place(left)) do
        left = take(left, group)
        groups[#groups + 1] = group
    end
    return groups
end

--- The status of the whole: the worst of all domains. A domain that could not be measured may hide a critical fault, so
--- unknown stands above warning.
---@return "ok"|"warning"|"unknown"|"critical"
function Summary:status()
    local n = self.by_status
    return n.critical > 0 and "critical" or n.unknown > 0 and "unknown" or n.warning > 0 and "warning" or "ok"
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
            of = group.kind and self.places[group.kind .. "\0" .. group.place] or json.null,
            examples = json.array(group.examples),
        }
    end
    return {
        schema = M.SCHEMA, status = self:status(), domains = self.domains, errors = self.errors, queries = self.queries,
        by_status = self.by_status, found = json.object(self.found), groups = json.array(groups),
    }
end

--- The summary for people.
---@param document table
---@return string
function M.text(document)
    local n = document.by_status
    local out = { ("%d domains: %d ok, %d warning, %d critical, %d unknown%s"):format(document.domains, n.ok, n.warning,
        n.critical, n.unknown, document.errors > 0 and (" (%d not measured)"):format(document.errors) or "") }
    for _, found in ipairs { "nxdomain", "nodata" } do
        local count = document.found and document.found[found]
        out[#out + 1] = count and ("%7d  %s"):format(count, FOUND[found]) or nil
    end
    for _, group in ipairs(document.groups) do
        local place = type(group.where) == "table" and (" at %s %s"):format(group.where.kind, group.where.name) or ""
        local of = math.type(group.of) == "integer" and (" of %d that use it"):format(group.of) or ""
        out[#out + 1] = ("%7d  %s%s%s"):format(group.domains, group.cause, place, of)
        out[#out + 1] = ("         such as %s"):format(table.concat(group.examples, ", "))
    end
    return table.concat(out, "\n") .. "\n"
end

return M
