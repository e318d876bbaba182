-- SPDX-License-Identifier: MIT
--- Is the name a flattened ALIAS/ANAME, and does it keep up with its target?
--
-- Sends: the CNAME of `www.` at the zone's servers (3), and where there is a target (found so, or --set alias_target=)
-- the walk to it and 29 x types to its servers, with samples for clients on five continents on both sides: about 70
-- packets per server of the target. Without a target: 3 packets.
--
-- Must not fall for:
--   a pool that merely rotates        the target's pool must be fully seen before an address counts as left
--   a `www` that lives elsewhere      without an address in common and without a TTL that counts down, it is no alias
--   a target that serves one region   then the name is not blind

local answers = require "dnsprobe.answers"
local aliasfaults = require "dnsprobe.judge.aliasfaults"
local batch = require "dnsprobe.judge.batch"
local dns = require "dnsprobe"
local regions = require "dnsprobe.judge.regions"
local survey = require "dnsprobe.survey"
local task = require "dnsprobe.task"

--- A CNAME of www is asked of so many servers.
local WWW_SERVERS = 3
--- Samples per region on each side, at two servers each.
local REGION_SAMPLES, REGION_SERVERS = 3, 2

local function first(list, n)
    return table.move(list, 1, math.min(n, #list), 1, {})
end

--- Where `www.` of the name points.
local function target_of_www(ctx)
    local www = "www." .. ctx.target.name
    local samples = ctx:sample {
        targets = first(ctx.nameservers, WWW_SERVERS), n = 1,
        questions = { { name = www, type = "CNAME", rd = false } },
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
        plain[#plain + 1] = { name = name, type = type, rd = false }
        for _, place in ipairs(by_region and regions or {}) do
            abroad[#abroad + 1] = { name = name, type = type, rd = false, subnet = place.subnet }
        end
    end
    return plain, abroad
end

--- Every address of the servers of the zone in which a walk ended.
local function servers_of(trace, ctx)
    local list, seen = {}, {}
    local level = trace.levels and trace.levels[#trace.levels]
    for _, server in ipairs(level and level.servers or {}) do
        for _, address in ipairs(server.addresses) do
            local fits = not ctx.family or (ctx.family == 6) == (address.address:find(":", 1, true) ~= nil)
            if not seen[address.address] and address.exchange and fits then
                seen[address.address] = true
                list[#list + 1] = { address = address.address, port = ctx.port, name = server.name }
            end
        end
    end
    return list
end

--- Follow the target's own CNAMEs: the addresses stand at the end of them.
local function walk_to(ctx, name)
    local trace
    for _ = 1, 8 do
        trace = dns.trace(name, "A", { family = ctx.family, timeout = ctx.timeout, late = ctx.late })
        for _, exchange in ipairs(trace.exchanges or {}) do
            ctx.ledger:add(exchange)
        end
        local next_name
        for _, record in ipairs(trace.answer and trace.answer.rrs or trace.answer or {}) do
            next_name = record.type == "CNAME" and record.rdata:lower() or next_name
        end
        if not next_name then
            break
        end
        name = next_name
    end
    return trace, name
end

local function sample_target(ctx, name, types)
    local trace, final = walk_to(ctx, name)
    local servers = servers_of(trace, ctx)
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
            result.own_abroad = batch.pack(ctx:sample { targets = first(ctx.nameservers, REGION_SERVERS),
                questions = own_abroad, n = REGION_SAMPLES })
        end,
    }
    return result
end

local function measure(ctx)
    local given = ctx.params.alias_target ~= "" and ctx.params.alias_target or nil
    local types = address_types(ctx)
    local data = { truth = survey.truth(ctx), given = given ~= nil, types = types }
    local target = given and (dns.name.absolute(given) or given) or #types > 0 and target_of_www(ctx)
    if target and #types > 0 then
        ctx:progress("comparing the name with " .. target)
        data.alias = sample_target(ctx, target, types)
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
    judge = aliasfaults.judge,
}
