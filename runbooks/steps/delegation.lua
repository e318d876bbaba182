-- SPDX-License-Identifier: MIT
--- Does the parent send clients to the same servers as the zone itself?
--
-- Sends: the walk from the root (every server at every level once, about 40 packets for a name in a common TLD), the
-- servers' own addresses, DS and DNSKEY; and the samples of step `nameservers`, in which the glue ADDRESSES are asked
-- like every other, because that is where clients are sent.
--
-- Must not fall for:
--   servers outside the zone       they need no glue, and glue given for them need not be complete
--   an address family that only one side lists   a missing AAAA glue sends nobody to a wrong place
--   order and case of the NS set

local batch = require "dnsprobe.judge.batch"
local dig = require "dnsprobe.judge.dig"
local names = require "dnsprobe.judge.names"
local servers = require "dnsprobe.judge.servers"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local words = require "dnsprobe.judge.words"

-- ---- measuring ----

--- Servers of the zone that are asked for the addresses of its servers, and how often.
local OWN_SERVERS, OWN_SAMPLES = 3, 2

--- What the zone's servers say about the addresses of those servers whose names lie in the zone.
local function own_addresses(ctx, trace)
    local questions, few = {}, table.move(survey.answering_servers(ctx), 1, OWN_SERVERS, 1, {})
    for _, name in ipairs(trace.parent and trace.parent.ns or {}) do
        if names.within(name, trace.zone) then
            questions[#questions + 1] = { name = name, type = "A", rd = false, late = 0 }
            questions[#questions + 1] = { name = name, type = "AAAA", rd = false, late = 0 }
        end
    end
    return batch.pack(ctx:sample { targets = few, questions = questions, n = OWN_SAMPLES })
end

--- What the judge needs of a walk.
local function slim(trace)
    local parent, child = trace.parent or {}, trace.child or {}
    local levels = {}
    for i, level in ipairs(trace.levels or {}) do
        local list = {}
        for _, server in ipairs(level.servers) do
            for _, address in ipairs(server.addresses) do
                list[#list + 1] = {
                    name = server.name, address = address.address, kind = address.kind, source = address.source,
                    exchange = address.exchange,
                }
            end
        end
        levels[i] = { zone = level.zone, servers = list, elapsed_us = level.elapsed_us }
    end
    return {
        zone = trace.zone, status = trace.status, levels = levels, without_address = names.without_address(trace),
        parent = { zone = parent.zone, ns = parent.ns, glue = parent.glue, ds = parent.ds },
        child = { ns = child.ns, addresses = child.addresses },
    }
end

-- ---- judging ----

--- The servers above the zone that gave the delegation, for the reproduction and as evidence.
local function referring(trace)
    local above = trace.levels[#trace.levels - 1]
    local targets, exchanges = {}, {}
    for _, server in ipairs(above and above.servers or {}) do
        if server.kind == "referral" then
            targets[#targets + 1] = { address = server.address, name = server.name, port = server.exchange
                and server.exchange.server.port }
            exchanges[#exchanges + 1] = #exchanges < 2 and server.exchange or nil
        end
    end
    return targets, exchanges
end

local function reproduce(trace, name, targets, server)
    local lines = {}
    if targets[1] then
        lines[1] = dig.line(targets[1], trace.zone, "NS", { norecurse = true, extra = { "+authority", "+additional" } })
    end
    if server then
        lines[2] = dig.line(server, name, "A", { norecurse = true })
    end
    return lines
end

--- How the server behind a glue address is doing: its state, and whether its answers are those of the others.
local function behind(truth, address, wrong)
    for _, group in ipairs(truth.groups) do
        if group.target.address == address then
            local state = servers.state(group)
            if state.dead then
                return "is silent", true, group
            end
            if state.lame then
                return "is not authoritative for the zone", true, group
            end
            for type in pairs(truth.types) do
                for key in pairs(truths.of_group(group, type).keys) do
                    if not truths.given_by_others(truth, type, key, wrong) then
                        return "answers " .. type .. " with " .. key, true, group
                    end
                end
            end
            return "answers like the others", false, group
        end
    end
    return "was not asked", false
end

local function values_behind(truth, wrong)
    local values = {}
    for _, group in ipairs(truth.groups) do
        if wrong[group.target.address] then
            for type in pairs(truth.types) do
                for value in pairs(truths.of_group(group, type).values) do
                    values[#values + 1] = value
                end
            end
        end
    end
    table.sort(values)
    return values
end

local function judge_glue(report, trace, truth, own_samples)
    local differences = names.glue_differences(trace.parent.glue, names.own(own_samples, trace.child.addresses))
    if #differences == 0 then
        return
    end
    local wrong, addresses, hosts = {}, {}, {}
    for _, difference in ipairs(differences) do
        hosts[#hosts + 1] = difference.name
        for _, address in ipairs(difference.extra) do
            wrong[address] = true
            addresses[#addresses + 1] = address
        end
    end
    local first, grave, what, port = differences[1], false, nil, nil
    for _, address in ipairs(addresses) do
        local text, bad, group = behind(truth, address, wrong)
        grave, what = grave or bad, what or text
        port = port or group and group.target.port
    end
    local targets, exchanges = referring(trace)
    local own = truth.groups[1] and truth.groups[1].target
    report:finding {
        id = "delegation.glue-mismatch", severity = grave and "critical" or "warning",
        summary = string.format("the parent's glue for %s is %s, its own address is %s%s", first.name,
            words.list(first.glue), words.list(first.own), what and "; the glue address " .. what or ""),
        subject = { server = addresses[1], port = port, label = first.name, name = first.name }, evidence = exchanges,
        weight = grave and #differences / math.max(1, #trace.parent.ns) or 0,
        facts = { servers = addresses, names = hosts, values = values_behind(truth, wrong) },
        fix = string.format("At the registrar, set the host record (glue) of %s to %s.", first.name,
            words.list(first.own)),
        reproduce = reproduce(trace, first.name, targets, own),
    }
end

local function judge_missing(report, trace)
    local missing = names.missing_glue(trace.zone, trace.parent.ns or {}, trace.parent.glue or {})
    if #missing == 0 then
        return
    end
    local all = #missing == #trace.parent.ns
    local targets, exchanges = referring(trace)
    report:finding {
        id = "delegation.glue-missing", severity = all and "critical" or "warning",
        summary = string.format("the parent gives no address for %s, whose name lies in %s itself: %s",
            words.some(missing), trace.zone, all and "nobody can get there" or "resolvers cannot find that server"),
        subject = { name = missing[1], label = missing[1] }, evidence = exchanges,
        weight = all and 1 or 0, facts = { names = missing },
        fix = "At the registrar, register the addresses of " .. words.some(missing) .. " as host records (glue).",
        reproduce = reproduce(trace, missing[1], targets),
    }
end

local function judge_ns(report, trace)
    local parent_only, child_only = names.difference(trace.parent.ns, trace.child.ns)
    if #parent_only + #child_only == 0 then
        return
    end
    local parts, all = {}, {}
    if #parent_only > 0 then
        parts[1] = "only the parent lists " .. words.some(parent_only)
    end
    if #child_only > 0 then
        parts[#parts + 1] = "only the zone lists " .. words.some(child_only)
    end
    table.move(parent_only, 1, #parent_only, 1, all)
    table.move(child_only, 1, #child_only, #all + 1, all)
    local targets, exchanges = referring(trace)
    report:finding {
        id = "delegation.ns-mismatch", severity = "warning",
        summary = string.format("parent and zone name different servers for %s: %s", trace.zone, words.list(parts)),
        subject = { name = trace.zone, type = "NS" }, evidence = exchanges, weight = 0,
        facts = { names = all },
        fix = "Make the NS records of the zone and the delegation at the registrar the same list.",
        reproduce = reproduce(trace, trace.zone, targets),
    }
end

--- Servers whose names lead nowhere: as good as dead, and a name that anybody may register.
local function judge_without_address(report, trace)
    local list = trace.without_address or {}
    if #list == 0 then
        return
    end
    local hosts, exchanges = {}, {}
    for i, one in ipairs(list) do
        hosts[i], exchanges[i] = one.name, one.exchange
    end
    local all = #list == #trace.parent.ns
    report:finding {
        id = "auth.ns-unreachable", severity = all and "critical" or "warning",
        summary = string.format("%s %s delegated, but %s: nobody can ask that server", words.some(hosts),
            #hosts == 1 and "is" or "are", list[1].said == "nxdomain" and "the name does not exist"
                or "the name has no address"),
        subject = { name = list[1].name, label = list[1].name }, evidence = exchanges, weight = all and 1 or 0,
        facts = { names = hosts, servers = {} },
        fix = "Give the name an address again, or take it out of the delegation at the registrar and out of the zone's "
            .. "NS records. If the domain of the name has expired, do it at once: whoever registers it answers for "
            .. trace.zone .. ".",
        reproduce = { dig.line({ address = list[1].address }, list[1].name, "A", { norecurse = true }) },
    }
end

local function put_levels(report, trace)
    local rows = {}
    for _, level in ipairs(trace.levels) do
        local kinds, answered = {}, 0
        for _, server in ipairs(level.servers) do
            kinds[server.kind or "-"] = (kinds[server.kind or "-"] or 0) + 1
            local outcome = server.exchange and server.exchange.outcome
            answered = answered + ((outcome == "answer" or outcome == "late") and 1 or 0)
        end
        local list, texts = {}, {}
        for kind in pairs(kinds) do
            list[#list + 1] = kind
        end
        table.sort(list)
        for i, kind in ipairs(list) do
            texts[i] = kind .. " " .. kinds[kind]
        end
        rows[#rows + 1] = { level.zone, words.of(answered, #level.servers), table.concat(texts, ", "),
            words.time(level.elapsed_us) }
    end
    report:table { key = "levels", columns = { "zone", "answered", "said", "took" }, rows = rows }
end

local function judge(data, report)
    local trace = data.trace
    put_levels(report, trace)
    if #trace.levels < 2 or not trace.parent.ns then
        report:status("unknown", "the walk from the root found no delegation to judge (" .. trace.status .. ")")
        return
    end
    judge_missing(report, trace)
    judge_without_address(report, trace)
    if trace.child.ns and #trace.child.ns > 0 then
        judge_ns(report, trace)
        judge_glue(report, trace, truths.of(data.truth), data.own)
    else
        report:note("the zone's servers did not say which servers they are: the sides cannot be compared")
    end
end

return {
    id = "delegation",
    title = "Delegation and glue",
    sends = "the walk from the root (every server at every level), then the samples of step nameservers",
    measure = function(ctx)
        ctx:progress("walking the delegation from the root")
        local trace = ctx:trace()
        return { trace = slim(trace), own = own_addresses(ctx, trace), truth = survey.truth(ctx) }
    end,
    judge = judge,
}
