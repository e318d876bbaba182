-- SPDX-License-Identifier: MIT
--- Is the name a flattened ALIAS/ANAME, and does it keep up with its target?
--
-- Sends: the CNAME of `www.` at the zone's servers (3), and where there is a target (found so, or --set
-- alias_target=) the walk to it and 29 x types to its servers, with samples for clients on five continents on
-- both sides: about 70 packets per server of the target. Without a target: 3 packets.
--
-- Must not fall for:
--   a pool that merely rotates        the target's pool must be fully seen before an address counts as left
--   a `www` that lives elsewhere      without an address in common it is an alias only if its TTL counts
--   down, or
--                                     its addresses are dead for the name while the target's serve it
--   a target that serves one region   then the name is not blind

local alias_flattened = require "dnsprobe.judge.authoritative.alias-flattened"
local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.tool.batch"
local connection = require "dnsprobe.judge.application.connection"
local dns = require "dnsprobe"
local regions = require "dnsprobe.judge.tool.regions"
local survey = require "dnsprobe.survey"
local task = require "dnsprobe.task"
local walk = require "dnsprobe.walk"

--- Addresses of each side that are connected to.
local REACH_MAX = 3
--- A CNAME of www is asked of so many servers.
local WWW_SERVERS = 3
--- Samples per region on each side, at two servers each.
local REGION_SAMPLES, REGION_SERVERS = 3, 2

local function first(list, n)
    return table.move(list, 1, math.min(n, #list), 1, {})
end

--- Where `www.` of the name points.
local function target_of_www(ctx)
    local www = ctx.target.name ~= "." and dns.name.absolute("www." .. ctx.target.name)
    if not www then
        return nil -- the root, or a name that has no room for four octets more
    end
    local samples = ctx:sample {
        targets = first(survey.answering_servers(ctx), WWW_SERVERS), n = 1,
        questions = { { name = www, type = "CNAME", rd = false, late = 0 } },
    }
    for _, sample in ipairs(samples) do
        local answer = answers.of(sample.exchange)
        local target = answer.kind == "data" and answer.values[1] or nil
        if target and target ~= ctx.target.name:lower() then
            return target
        end
    end
end

local function address_types(ctx)
    local types = {}
    for _, type in ipairs(ctx.target.types) do
        types[#types + 1] = (type == "A" or type == "AAAA") and type or nil
    end
    return types
end

local function questions_for(name, types, by_region)
    local plain, abroad = {}, {}
    for _, type in ipairs(types) do
        plain[#plain + 1] = { name = name, type = type, rd = false, late = 0 }
        for _, place in ipairs(by_region and regions or {}) do
            abroad[#abroad + 1] = { name = name, type = type, rd = false, subnet = place.subnet, late = 0 }
        end
    end
    return plain, abroad
end

local function sample_target(ctx, name, types)
    local trace = walk.to(ctx, name, "A")
    local links = walk.on(ctx, trace, name, "A") -- the addresses stand at the end of the target's own aliases
    local last = links[#links] or { name = name:lower(), trace = trace }
    local final, servers = last.name, walk.servers(last.trace, ctx.port, ctx.family)
    local plain, abroad = questions_for(final, types, true)
    local _, own_abroad = questions_for(ctx.target.name, types, true)
    local result = { target = name, final = final }
    task.all {
        function()
            result.pool = batch.pack(ctx:sample { targets = servers, questions = plain })
        end,
        function()
            result.pool_abroad = batch.pack(ctx:sample { targets = first(servers, REGION_SERVERS),
                questions = abroad, n = REGION_SAMPLES })
        end,
        function()
            result.own_abroad = batch.pack(
            ctx:sample {
                targets = first(survey.answering_servers(ctx), REGION_SERVERS),
                questions = own_abroad,
                n = REGION_SAMPLES,
            }
        )
        end,
    }
    return result
end

--- Distinct addresses in a batch, sorted.
local function addresses_in(samples, name)
    local list, seen = {}, {}
    for _, row in ipairs(samples.rows) do
        for _, value in ipairs(samples.questions[row.q].name == name and answers.of(row.x).values or {}) do
            local is_address = answers.of(row.x).kind == "data" and value:match("^[%x:.]+$")
            list[#list + 1] = is_address and not seen[value] and value or nil
            seen[value] = true
        end
    end
    table.sort(list)
    return list
end

--- Connections on behalf of the name: to its own addresses, and to those of the target. Where the two sides
--- have no address in common, only this tells an alias that was left behind from a name that lives elsewhere
--- on purpose.
local function reach(ctx, own, target)
    local port = ctx.params.app_port or 443
    if port == 0 then
        return {}
    end
    local jobs = {}
    for _, side in ipairs { { "own", own }, { "target", target } } do
        for _, address in ipairs(first(side[2], REACH_MAX)) do
            jobs[#jobs + 1] = { side = side[1], address = address }
        end
    end
    local tls = connection.wants_tls(port, ctx.params.app_tls or "auto", ctx.lab)
    return task.map(jobs, function(job)
        local result = dns.connect { address = job.address, port = port, tls = tls, timeout = 5,
            sni = ctx.target.name:gsub("%.$", "") }
        return { side = job.side, address = job.address, outcome = result and result.outcome or "canceled" }
    end)
end

local function have_common(a, b)
    for _, x in ipairs(a) do
        for _, y in ipairs(b) do
            if x == y then
                return true
            end
        end
    end
    return false
end

local function measure(ctx)
    local given = ctx.params.alias_target ~= "" and ctx.params.alias_target or nil
    local types = address_types(ctx)
    local data = { truth = survey.truth(ctx), given = given ~= nil, types = types }
    local target = given and (dns.name.absolute(given) or given) or #types > 0 and target_of_www(ctx)
    if target and #types > 0 then
        ctx:progress("comparing the name with " .. target)
        data.alias = sample_target(ctx, target, types)
        local own = addresses_in(data.truth.samples, ctx.target.name)
        local theirs = addresses_in(data.alias.pool, data.alias.final)
        data.alias.reach = have_common(own, theirs) and {} or reach(ctx, own, theirs)
    end
    return data
end

return {
    id = "alias",
    title = "Flattened alias against its target",
    essential = false,
    sends = "3 packets; where the name has an alias target, the walk to it and 29 x types to its servers",
    params = {
        alias_target = { type = "string", default = "",
            help = "the name that an ALIAS/ANAME at the target copies; empty: what `www.` points at" },
    },
    measure = measure,
    judge = alias_flattened.judge,
}
