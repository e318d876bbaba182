-- SPDX-License-Identifier: MIT
--- Lists of servers to ask: those of a zone, the recursive resolvers, this host's own, and what can be done
--- with a list.
--
-- A server is { address, port, name or label }: every function that asks takes such a list. Lists that cost
-- packets are measured once per run and shared between steps.

local answers = require "dnsprobe.dns.answers"
local dns = require "dnsprobe"
local survey = require "dnsprobe.measure.survey"
local walk = require "dnsprobe.measure.walk"

local M = {}

--- Questions until a server counts as silent.
local TRIES = 3

---@class dnsprobe.Target
---@field address string
---@field port integer
---@field name? string of a zone's server
---@field label? string of a resolver

-- The target's zone, where a server of it answers for a name with authority: then no walk is needed.
local function in_target_zone(ctx, name)
    local trace = ctx:trace()
    local zone = trace.zone
    if not zone or zone == "." or not dns.name.within(name, zone) then
        return false
    end
    for _, server in ipairs(ctx.nameservers) do
        local exchange = ctx:query { name = name, type = "SOA", server = server.address, port = server.port,
            label = server.name, rd = false, late = 0 }
        local answer = answers.of(exchange)
        if answers.usable(answer) then
            local owner = answer.kind == "data" and answer.chain[#answer.chain] or answer.soa
            return answer.aa and owner == zone
        end
    end
    return false
end

-- The zone of a name and its servers, measured once per run.
local function measured(ctx, name)
    local absolute, message = dns.name.absolute(name)
    if not absolute then
        error(("%q is no domain name: %s"):format(dns.escape(name), message), 3)
    end
    return survey.once(ctx, "zone " .. absolute, function()
        if in_target_zone(ctx, absolute) then
            return { zone = ctx:trace().zone, servers = ctx.nameservers }
        end
        local trace = walk.to(ctx, absolute, "SOA")
        return { zone = trace.zone, servers = walk.servers(trace, ctx.port, ctx.family) }
    end)
end

local function copy(list)
    return table.move(list, 1, #list, 1, {})
end

--- Every address of every server of the zone that a name is in, found by a walk from the root; of the
--- target's zone where no name is given.
--- ```lua
--- #servers.of_zone(ctx) --> 3
--- servers.of_zone(ctx, "www.news.test")[1].name --> "ns1.news.test."
--- ```
---@param ctx dnsprobe.Ctx
---@param name? string
---@return dnsprobe.Target[]
function M.of_zone(ctx, name)
    if not name then
        return copy(ctx.nameservers)
    end
    return copy(measured(ctx, name).servers)
end

--- The zone that a name is in, as the walk from the root finds it.
--- ```lua
--- servers.zone(ctx, "a.b.shop.example") --> "shop.example."
--- ```
---@param ctx dnsprobe.Ctx
---@param name? string default: the target
---@return string zone
function M.zone(ctx, name)
    if not name then
        return ctx:trace().zone
    end
    return measured(ctx, name).zone
end

--- The recursive resolvers to ask: those of the run, and this host's own, each address once.
--- ```lua
--- #servers.resolvers(ctx) --> 13
--- ```
---@param ctx dnsprobe.Ctx
---@return dnsprobe.Target[] `host` is true for those that this host uses
function M.resolvers(ctx)
    return survey.resolver_targets(ctx)
end

--- The resolvers that this host is configured to use, in the order of its configuration.
--- ```lua
--- servers.of_host(ctx)[1].address --> "127.53.20.1"
--- ```
---@param ctx dnsprobe.Ctx
---@return dnsprobe.Target[]
function M.of_host(ctx)
    return copy(ctx.host and ctx.host.resolvers or {})
end

--- One server from text, in every form that the command line takes: `ADDR[#PORT] [label]`.
--- ```lua
--- servers.parse "192.0.2.53#5353 office" --> { address = "192.0.2.53", label = "office", port = 5353 }
--- ```
---@param text string
---@param port? integer where the text has none; default 53
---@return dnsprobe.Target?
---@return string? message
function M.parse(text, port)
    local address, label = text:match("^%s*(%S+)%s*(.-)%s*$")
    local parsed, message = dns.address.parse(address or "", port or 53)
    if not parsed then
        return nil, message
    end
    return { address = parsed.address, port = parsed.port, label = label ~= "" and label or nil }
end

--- Those of one address family.
--- ```lua
--- #servers.family(servers.of_zone(ctx), 6) --> 0
--- ```
---@param list dnsprobe.Target[]
---@param family integer 4 or 6
---@return dnsprobe.Target[]
function M.family(list, family)
    local out = {}
    for _, server in ipairs(list) do
        local six = server.address:find(":", 1, true) ~= nil
        out[#out + 1] = six == (family == 6) and server or nil
    end
    return out
end

--- The list by server name, in its order: a server with several addresses is one entry.
--- ```lua
--- servers.by_name(servers.of_zone(ctx))[1].name --> "ns1.shop.example."
--- ```
---@param list dnsprobe.Target[]
---@return { name: string, servers: dnsprobe.Target[] }[]
function M.by_name(list)
    local out, at = {}, {}
    for _, server in ipairs(list) do
        local name = server.name or server.label or server.address
        if not at[name] then
            out[#out + 1] = { name = name, servers = {} }
            at[name] = out[#out]
        end
        table.insert(at[name].servers, server)
    end
    return out
end

--- Which servers answer at all: each is asked once, silent ones twice more. An answer is any answer, REFUSED
--- too.
--- ```lua
--- answering, silent = servers.answering(ctx, servers.of_zone(ctx))
--- #answering, #silent --> 3, 0
--- ```
---@param ctx dnsprobe.Ctx
---@param list dnsprobe.Target[]
---@param question? table options of dns.exchange; default: the SOA of the target's zone
---@return dnsprobe.Target[] answering
---@return dnsprobe.Target[] silent
function M.answering(ctx, list, question)
    local asked = question or { name = M.zone(ctx), type = "SOA", rd = false, late = 0 }
    local came, left = {}, list
    for _ = 1, TRIES do
        local silent = {}
        for _, sample in ipairs(ctx:sample { targets = left, questions = { asked }, n = 1 }) do
            came[sample.target] = sample.exchange.response ~= nil
            silent[#silent + 1] = not came[sample.target] and sample.target or nil
        end
        left = silent
    end
    local answering, silent = {}, {}
    for _, server in ipairs(list) do
        table.insert(came[server] and answering or silent, server)
    end
    return answering, silent
end

--- Those that answer a question usefully now: with data, NODATA or NXDOMAIN.
--- ```lua
--- #servers.useful(ctx, servers.resolvers(ctx), { name = "shop.example", type = "A" }) --> 13
--- ```
---@param ctx dnsprobe.Ctx
---@param list dnsprobe.Target[]
---@param question table options of dns.exchange
---@return dnsprobe.Target[]
function M.useful(ctx, list, question)
    local good, out = {}, {}
    for _, sample in ipairs(ctx:sample { targets = list, questions = { question }, n = 1 }) do
        good[sample.target] = answers.usable(answers.of(sample.exchange))
    end
    for _, server in ipairs(list) do
        out[#out + 1] = good[server] and server or nil
    end
    return out
end

return M
