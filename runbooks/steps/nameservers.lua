-- SPDX-License-Identifier: MIT
--- Do all addresses of all delegated servers answer, with authority, and alike? Where the name is an alias,
--- those of the zones it leads to are judged too.
--
-- Sends: 29 x (types + 1 SOA) to every address of every delegated server, and 20 with a client subnet to two
-- of them: about 110 packets per server at the defaults (A, AAAA).
--
-- Must not fall for:
--   round robin and weighted pools    a server differs only when it never gives what the others give (Fisher)
--   a zone that is being updated      servers go over to the new serial once, and stay there
--   IPv6 that this vantage lacks      a family in which nobody answers is nobody's fault
--   loss near this vantage            loss that hits unrelated servers alike is path.loss
--   primaries that count for themselves   serials are compared under one MNAME only
--   content networks beyond an alias      they answer by place, and their serials are their own affair

local alias_broken = require "dnsprobe.judge.authoritative.alias-broken"
local batch = require "dnsprobe.judge.tool.batch"
local blocked = require "dnsprobe.judge.path.blocked"
local contents = require "dnsprobe.judge.authoritative.contents"
local evidence = require "dnsprobe.judge.tool.evidence"
local loss = require "dnsprobe.judge.path.loss"
local name_missing = require "dnsprobe.judge.authoritative.name-missing"
local path = require "dnsprobe.judge.tool.path"
local servers = require "dnsprobe.judge.tool.servers"
local serving = require "dnsprobe.judge.authoritative.servers"
local slow = require "dnsprobe.judge.path.slow"
local stats = require "dnsprobe.stats"
local survey = require "dnsprobe.survey"
local truths = require "dnsprobe.truth"
local words = require "dnsprobe.judge.tool.words"
local zone = require "dnsprobe.judge.tool.zone"

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

local function add_rows(rows, truth, judged)
    for _, state in ipairs(judged.states) do
        local times = stats.quantiles(state.rtts)
        rows[#rows + 1] = {
            (state.target.name or ""):gsub("%.$", ""), state.target.address, words.of(state.good, state.n),
            state.timeouts, state.late, words.time(times and times.p50), words.time(times and times.p95),
            serial_text(zone.serials(state.group)), nsid_text(state.group), answers_text(truth, state.group),
        }
    end
end

--- Judge one zone: that of the name, or one that its alias leads to.
local function judge_zone(report, truth, common, rows)
    local judged = servers.judge(truth, common.families, common.loss)
    serving.judge(report, truth, judged, common.said)
    contents.judge(report, truth, common.resolvers)
    add_rows(rows, truth, judged)
end

local function judge(data, report)
    local truth = truths.of(data.truth)
    if #truth.groups == 0 then
        report:status("unknown", "no address of any server of the zone was found")
        return
    elseif not batch.any_asked(truth.groups) then
        report:status("unknown", batch.NONE_ASKED)
        return
    end
    local asked, resolvers, rows = truths.everyone(truth), evidence.resolvers(report), {}
    local access = path.access(asked, resolvers, data.walk)
    if access ~= "open" then
        blocked.judge(report, access, asked, resolvers)
        return
    end
    local common = {
        loss = path.loss(asked, resolvers, data.walk, evidence.matrix(report)),
        families = path.families(asked, resolvers, data.walk),
        resolvers = resolvers,
        said = {},
    }
    judge_zone(report, truth, common, rows)
    for _, link in ipairs(truth.links) do
        judge_zone(report, link, common, rows)
    end
    name_missing.judge(report, truth)
    alias_broken.judge(report, data.truth, truth)
    loss.judge(report, common.loss)
    slow.judge(report, asked, resolvers)
    report:table {
        key = "servers", rows = rows,
        columns = { "server", "address", "good", "lost", "late", "p50", "p95", "serial", "nsid", "answers" },
    }
end

return {
    id = "nameservers",
    title = "The zone's own servers",
    sends = "29 x (types + 1) to every address of every delegated server, also of the zones that an alias "
        .. "leads to; client-subnet samples to two of them",
    provides = { "truth", "walk", "path" },
    measure = function(ctx)
        ctx:progress("asking every delegated server")
        local truth = survey.truth(ctx)
        return { truth = truth, walk = survey.walk(ctx:trace()) }
    end,
    judge = judge,
}
