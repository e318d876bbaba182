-- SPDX-License-Identifier: MIT
--- Do all addresses of all delegated servers answer, with authority, and alike?
--
-- Sends: 29 x (types + 1 SOA) to every address of every delegated server, and 20 with a client subnet to two of
-- them: about 110 packets per server at the defaults (A, AAAA).
--
-- Must not fall for:
--   round robin and weighted pools    a server differs only when it never gives what the others give (Fisher)
--   a zone that is being updated      servers go over to the new serial once, and stay there
--   IPv6 that this vantage lacks      a family in which nobody answers is nobody's fault
--   loss near this vantage            loss that hits unrelated servers alike is path.loss
--   primaries that count for themselves   serials are compared under one MNAME only

local dig = require "dnsprobe.judge.dig"
local evidence = require "dnsprobe.judge.evidence"
local pathfaults = require "dnsprobe.judge.pathfaults"
local path = require "dnsprobe.judge.path"
local servers = require "dnsprobe.judge.servers"
local stats = require "dnsprobe.stats"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local words = require "dnsprobe.judge.words"
local zone = require "dnsprobe.judge.zone"
local zonefaults = require "dnsprobe.judge.zonefaults"

local function targets_of(states)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target
    end
    return list
end

local function sum(states, member)
    local total = 0
    for _, state in ipairs(states) do
        total = total + state[member]
    end
    return total
end

local function gather(states, what)
    local list = {}
    for _, state in ipairs(states) do
        for _, exchange in ipairs(what and state[what] or servers.evidence(state, 2)) do
            list[#list + 1] = exchange
        end
    end
    return list
end

local function members_of(states, member)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target[member]
    end
    return list
end

--- The ways in which servers failed.
local function kinds_of(states)
    local kinds, seen = {}, {}
    local function add(kind)
        if not seen[kind] then
            seen[kind] = true
            kinds[#kinds + 1] = kind
        end
    end
    for _, state in ipairs(states) do
        for word in pairs(state.bad) do
            add(word:lower())
        end
        if state.timeouts > 0 then
            add("timeout")
        end
    end
    table.sort(kinds)
    return kinds
end

--- Members that all findings about some of the servers share.
local function about(truth, states, judged)
    local hit = {}
    for _, state in ipairs(states) do
        hit[state.target.address] = true
    end
    return {
        subject = words.subject(states[1].target, { name = truth.name }),
        weight = servers.share(truth.groups, hit),
        facts = {
            servers = members_of(states, "address"), names = members_of(states, "name"), kinds = kinds_of(states),
            all = judged.serving == 0,
        },
        reproduce = dig.lines(targets_of(states), truth.zone, "SOA", { norecurse = true }),
    }
end

local function report_as(report, finding, fields)
    for key, value in pairs(fields) do
        finding[key] = value
    end
    report:finding(finding)
end

local function judge_dead(report, truth, judged)
    local dead = judged.dead
    if #dead == 0 then
        return
    end
    local all = judged.serving == 0 and #judged.lame == 0
    report_as(report, about(truth, dead, judged), {
        id = "auth.ns-unreachable", severity = all and "critical" or "warning",
        summary = string.format("%s never answered (0 of %d samples)%s", words.servers(targets_of(dead)),
            sum(dead, "n"), all and "; no server of the zone answers" or ""),
        stats = { failures = sum(dead, "n"), samples = sum(dead, "n") }, evidence = gather(dead),
        fix = "Bring the server back or open UDP and TCP port 53 to it; if it is gone for good, take it out of the "
            .. "delegation at the registrar and out of the zone's NS records.",
    })
end

local function judge_lame(report, truth, judged)
    local lame = judged.lame
    if #lame == 0 then
        return
    end
    local parts = {}
    for i, state in ipairs(lame) do
        parts[i] = words.server(state.target) .. ": " .. servers.complaints(state)
    end
    report_as(report, about(truth, lame, judged), {
        id = "auth.lame", severity = "critical",
        summary = string.format("delegated, but not authoritative for %s: %s", truth.zone, words.some(parts)),
        stats = { failures = sum(lame, "errors"), samples = sum(lame, "n") }, evidence = gather(lame),
        fix = "Load the zone " .. truth.zone .. " on that server, or take the server out of the delegation and of the "
            .. "zone's NS records.",
    })
end

local function judge_flapping(report, truth, judged)
    local flapping = judged.flapping
    if #flapping == 0 then
        return
    end
    local failures, samples = 0, sum(flapping, "n")
    for _, state in ipairs(flapping) do
        failures = failures + state.flips + (state.lossy and state.timeouts or 0)
    end
    local finding = about(truth, flapping, judged)
    finding.weight = finding.weight * failures / math.max(1, samples)
    report_as(report, finding, {
        id = "auth.ns-flapping", severity = "critical",
        summary = string.format("%s failed %s samples (%s), far more than the others", words.servers(
            targets_of(flapping)), words.of(failures, samples), servers.complaints(flapping[1])),
        stats = { failures = failures, samples = samples }, evidence = gather(flapping),
        fix = "Look at that server's load, its socket buffers, and the machines behind its load balancer: one of them "
            .. "is likely failing.",
        reproduce = { dig.repeated(dig.line(flapping[1].target, truth.zone, "SOA", { norecurse = true }), 50) },
    })
end

--- Servers that answer without EDNS only. Step `transport` looks closer; alone, this step says it.
local function judge_edns(report, truth, judged)
    local states, exchanges = {}, {}
    for _, state in ipairs(judged.states) do
        local rejected = state.group.with_edns
        states[#states + 1] = rejected and state or nil
        exchanges[#exchanges + 1] = rejected and rejected[1] and rejected[1].exchange or nil
    end
    if #states == 0 or report.data.transport then
        return
    end
    report_as(report, about(truth, states, judged), {
        id = "path.edns-broken", severity = "critical", evidence = exchanges,
        summary = words.servers(targets_of(states)) .. " answers without EDNS only",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891).",
        reproduce = {
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true }),
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true, edns = false }),
        },
    })
end

-- ---- the table ----

local function serial_text(series)
    local texts, seen = {}, {}
    for _, point in ipairs(series.points) do
        if not seen[point.key] then
            seen[point.key] = true
            texts[#texts + 1] = point.key
        end
    end
    return #texts > 0 and table.concat(texts, " ") or "-"
end

local function nsid_text(group)
    for _, row in ipairs(group.rows) do
        local edns = row.exchange.response and row.exchange.response.edns
        if edns and edns.nsid then
            return edns.nsid
        end
    end
    return "-"
end

local function answers_text(truth, group)
    local texts = {}
    for type in pairs(truth.types) do
        local one = truths.of_group(group, type)
        texts[#texts + 1] = type .. " " .. truths.text(one, 2)
    end
    table.sort(texts)
    return table.concat(texts, "; ")
end

local function put_table(report, truth, judged)
    local rows = {}
    for i, state in ipairs(judged.states) do
        local times = stats.quantiles(state.rtts)
        rows[i] = {
            (state.target.name or ""):gsub("%.$", ""), state.target.address, words.of(state.good, state.n),
            state.timeouts, state.late, words.time(times and times.p50), words.time(times and times.p95),
            serial_text(zone.serials(state.group)), nsid_text(state.group), answers_text(truth, state.group),
        }
    end
    report:table {
        key = "servers", rows = rows,
        columns = { "server", "address", "good", "lost", "late", "p50", "p95", "serial", "nsid", "answers" },
    }
end

--- The zone can be in order and the name still not in it: a typing error, or a record that was never made.
local function note_absence(report, truth)
    local absent
    for _, one in pairs(truth.types) do
        local kind = next(one.kinds)
        if kind ~= "nxdomain" and kind ~= "nodata" or next(one.kinds, kind) or (absent or kind) ~= kind then
            return
        end
        absent = kind
    end
    if absent then
        report:note(absent == "nxdomain" and truth.name .. " does not exist: every server answers NXDOMAIN"
            or truth.name .. " has no record of the types asked for: every server answers NODATA")
    end
end

local function judge(data, report)
    local truth = truths.of(data.truth)
    if #truth.groups == 0 then
        report:status("unknown", "no address of any server of the zone was found")
        return
    end
    local resolvers = evidence.resolvers(report)
    local access = path.access(truth, resolvers, data.walk)
    if access ~= "open" then
        pathfaults.closed(report, access, truth, resolvers)
        return
    end
    local loss = path.loss(truth, resolvers, data.walk)
    local judged = servers.judge(truth, path.families(truth, resolvers, data.walk), loss)
    if #judged.unjudged > 0 then
        report:note(string.format("%s could not be judged: nobody answers this vantage over that address family",
            words.servers(targets_of(judged.unjudged))))
    end
    judge_dead(report, truth, judged)
    judge_lame(report, truth, judged)
    judge_flapping(report, truth, judged)
    judge_edns(report, truth, judged)
    zonefaults.judge(report, truth)
    pathfaults.judge(report, truth, resolvers, loss)
    put_table(report, truth, judged)
    note_absence(report, truth)
end

return {
    id = "nameservers",
    title = "The zone's own servers",
    sends = "29 x (types + 1) to every address of every delegated server; client-subnet samples to two of them",
    measure = function(ctx)
        ctx:progress("asking every delegated server")
        local truth = survey.truth(ctx)
        return { truth = truth, walk = survey.walk(ctx:trace()) }
    end,
    judge = judge,
}
