-- SPDX-License-Identifier: MIT
--- A hand-made run: exchanges as they would be recorded, without a network, for specs of judges.
--
--   local w = world.new()
--   w:auth("192.0.2.1", "ns1", function(i, type) return { values = { "203.0.113.1" } } end)
--   w:resolver("198.51.100.1", "One", function(i, type) return { values = { "203.0.113.1" }, ttl = 300 - i }
--   end) local found = w:judge("recursive")          -- the findings of a step
--   world.grave(found)                           -- ids above info, sorted
--
-- An answer is described by: values, kind ("nxdomain", "nodata", "servfail", "refused", "timeout", "late",
-- "truncated", "unreachable"), ttl, cname, nsid, serial, aa, ede, soa, rtt_us, stray.

local batch = require "dnsprobe.judge.tool.batch"
local evidence = require "dnsprobe.judge.tool.evidence"
local report = require "dnsprobe.judge.pen"

local M = {}

local NAME, ZONE = "shop.example.", "shop.example."
local RCODE = { nxdomain = "NXDOMAIN", servfail = "SERVFAIL", refused = "REFUSED", formerr = "FORMERR" }
local OUTCOME = {
    timeout = "timeout",
    late = "late",
    unreachable = "port-unreachable",
    ["connect-timeout"] = "connect-timeout",
    ["connection-refused"] = "connection-refused",
    canceled = "canceled",
}

local World = {}
World.__index = World

local number = 0

local function records(question, given)
    local list, owner = {}, question.name
    if given.cname then
        list[1] = { name = owner, type = "CNAME", class = "IN", ttl = given.ttl or 300, rdata = given.cname }
        owner = given.cname
    end
    for _, value in ipairs(given.values or {}) do
        list[#list + 1] =
            { name = owner, type = question.type, class = "IN", ttl = given.ttl or 300, rdata = value }
    end
    return list
end

local function message(question, given, defaults)
    local edns = nil
    if given.nsid or given.ede then
        edns = { nsid = given.nsid, ede = {} }
        for i, code in ipairs(given.ede or {}) do
            edns.ede[i] = { code = code }
        end
    end
    local authority = {}
    local soa = given.soa
    if soa == nil and (given.kind == "nxdomain" or given.kind == "nodata") then
        soa = ZONE
    end
    if soa then
        authority[1] = { name = soa, type = "SOA", class = "IN", ttl = given.ttl or 300,
            rdata = "ns1.shop.example. root.shop.example. 1 2 3 4 300" }
    end
    local aa = given.aa
    if aa == nil then
        aa = defaults.aa
    end
    return {
        rcode = RCODE[given.kind] or "NOERROR",
        aa = aa,
        ra = defaults.ra,
        tc = given.kind == "truncated",
        ad = false,
        answer = records(question, given),
        authority = authority,
        additional = {},
        edns = edns,
    }
end

--- One exchange.
function M.exchange(target, question, given, defaults)
    number = number + 1
    local outcome = OUTCOME[given.kind] or "answer"
    local came = outcome == "answer" or outcome == "late"
    return setmetatable({
        n = number,
        server = { address = target.address, port = target.port },
        outcome = outcome,
        transport = "udp",
        question = { name = question.name, type = question.type, class = "IN" },
        sent = given.sent,
        rtt_us = came and (given.rtt_us or (given.kind == "late" and 2500000 or 12000)) or nil,
        size = given.size or 100,
        response = came and message(question, given, defaults) or nil,
        stray = given.stray or {},
    }, { __name = "dnsprobe.Exchange" })
end

local function soa_values(given)
    return {
        values = {
            string.format(
                "%s root.shop.example. %d 3600 600 86400 300",
                given.mname or "ns1.shop.example.",
                given.serial or 1
            ),
        },
        nsid = given.nsid,
        aa = given.aa,
        kind = given.soa_kind
            or (
                (
                        given.kind == "timeout"
                        or given.kind == "refused"
                        or given.kind == "servfail"
                        or given.kind == "late"
                        or given.kind == "unreachable"
                    )
                    and given.kind
                or nil
            ),
    }
end

--- A world with nobody in it.
---@param options? { types: string[], n: integer, step: number, name: string, zone: string }
function M.new(options)
    options = options or {}
    return setmetatable({
        types = options.types or { "A" },
        n = options.n or 29,
        step = options.step or 0.15,
        auth_samples = {},
        name = options.name or NAME,
        zone = options.zone or ZONE,
        links = {},
        resolver_samples = {},
        abroad = {},
        data = {},
        start = 1700000000,
        walk = { v4 = { asked = 20, answered = 20 }, v6 = { asked = 0, answered = 0 } },
    }, World)
end

local function sample(list, target, question, given, defaults)
    list[#list + 1] =
        { target = target, question = question, exchange = M.exchange(target, question, given, defaults) }
end

--- An authoritative server; `say(i, type)` describes its i-th answer.
function World:auth(address, name, say)
    local target = { address = address, port = 53, name = name .. "." .. self.zone }
    for i = 1, self.n do
        local sent = self.start + i * self.step
        for k, type in ipairs(self.types) do
            local given = say(i, type)
            given.sent = sent + k / 100
            sample(
                self.auth_samples,
                target,
                self:question(self.name, type),
                given,
                { aa = true, ra = false }
            )
            if k == 1 then
                local soa = soa_values(given)
                soa.sent = sent
                sample(
                    self.auth_samples,
                    target,
                    self:question(self.zone, "SOA"),
                    soa,
                    { aa = true, ra = false }
                )
            end
        end
    end
    return self
end

--- The same question is the same table, as in a run.
function World:question(name, type)
    self.questions = self.questions or {}
    local key = name .. type
    self.questions[key] = self.questions[key] or { name = name, type = type }
    return self.questions[key]
end

--- A recursive resolver; `control(i)` may describe its answers to `. NS`.
function World:resolver(address, name, say, more, control)
    local target = { address = address, port = 53, label = name, listed = true, filtering = "none" }
    for key, value in pairs(more or {}) do
        target[key] = value
    end
    if target.host then
        target.listed = nil
    end
    for i = 1, self.n do
        local sent = self.start + i * self.step
        local answer = control and control(i) or { values = { "a.root-servers.net." } }
        answer.sent = sent
        sample(self.resolver_samples, target, self:question(".", "NS"), answer, { aa = false, ra = true })
        for k, type in ipairs(self.types) do
            local given = say(i, type)
            if given then
                given.sent = sent + k / 100
                sample(
                    self.resolver_samples,
                    target,
                    self:question(self.name, type),
                    given,
                    { aa = false, ra = true }
                )
            end
        end
    end
    return self
end

--- What `dnsprobe.survey.origin` would have recorded: the zone's serial at a resolver.
function World:origin(address, serial)
    self.origins = self.origins or {}
    local soa = soa_values { serial = serial, sent = self.start }
    sample(
        self.origins,
        { address = address, port = 53 },
        self:question(self.zone, "SOA"),
        soa,
        { aa = false, ra = true }
    )
    return self
end

--- What servers say on behalf of clients elsewhere.
function World:elsewhere(address, subnet, given)
    local target = { address = address, port = 53 }
    given.sent = self.start
    local question = { name = self.name, type = self.types[1], subnet = subnet }
    sample(self.abroad, target, question, given, { aa = true })
    return self
end

--- A zone that the name's alias leads to: a world of its own, of which only the servers count.
function World:link(name, zone)
    local link = M.new { types = self.types, n = self.n, step = self.step, name = name, zone = zone }
    self.links[#self.links + 1] = link
    return link
end

--- What `dnsprobe.survey.authority` would have recorded.
function World:zone_measured()
    local links = {}
    for i, link in ipairs(self.links) do
        links[i] = link:zone_measured()
    end
    return { name = self.name, zone = self.zone, types = self.types, samples = batch.pack(self.auth_samples),
        ecs = batch.pack(self.abroad), links = #links > 0 and links or nil }
end

--- The members that the steps share.
function World:measured()
    return {
        truth = self:zone_measured(),
        resolvers = batch.pack(self.resolver_samples), walk = self.walk,
        origins = self.origins and batch.pack(self.origins),
    }
end

--- What steps of these ids have measured, for judges.
function M.provided(data)
    local list = {}
    for _, id in ipairs { "not-dns", "recursive", "nameservers", "delegation", "transport", "rate-limit",
        "stub-cache" } do
        if data[id] then
            local step = dofile("runbooks/steps/" .. id .. ".lua")
            list[#list + 1] = evidence.offer(step.provides, data[id])
            list[#list + 1] = evidence.offer({ "resolvers" }, data[id]) -- as step recursive would have measured
        end
    end
    return list
end

--- Judge with one step (a path below runbooks/steps without ending) and return what it reported.
---@param id string
---@param more? table more members of its data
function World:judge(id, more)
    local step = dofile("runbooks/steps/" .. id .. ".lua")
    local data = self:measured()
    for key, value in pairs(more or {}) do
        data[key] = value
    end
    self.data[id] = data
    local one = report.new(step, {
        target = { name = self.name, types = self.types, zone = ZONE },
        params = {},
        resolvers = {},
        host = self.host or {},
        vantage = {},
        samples = self.n,
        lab = false,
        data = self.data,
        provided = M.provided(self.data),
    })
    step.judge(data, one)
    return report.out(one).findings, report.out(one)
end

--- Ids above info, sorted; with the server in question where `with_server` is set.
function M.grave(findings, with_server)
    local ids = {}
    for _, finding in ipairs(findings) do
        if finding.severity ~= "info" then
            ids[#ids + 1] = finding.id
                .. (with_server == true and " " .. tostring(finding.subject.server) or "")
        end
    end
    table.sort(ids)
    return ids
end

--- The finding of an id.
function M.find(findings, id)
    for _, finding in ipairs(findings) do
        if finding.id == id then
            return finding
        end
    end
end

--- An answer function that always says the same.
function M.always(given)
    return function()
        local copy = {}
        for key, value in pairs(given) do
            copy[key] = value
        end
        return copy
    end
end

return M
