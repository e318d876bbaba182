-- SPDX-License-Identifier: MIT
--- Which dress of a question gets through: UDP with and without EDNS, large answers, TCP, validation on and
--- off?
--
-- Sends: to every address of every delegated server (also of the zones that an alias leads to), this host's
-- resolvers and three others, 6 samples of each of 8 cells (no EDNS, EDNS 512/1232/4096, DO, cookie, unknown
-- option, TCP), 3 more cells where the zone has a large answer, DNSKEY where it is signed, CD at resolvers;
-- about 60 packets per server. A server with a failing cell is asked 12 more of each, so that chance is ruled
-- out.
--
-- Must not fall for:
--   zones without a large answer     then fragments are not judged, and the report says so
--   a server that ignores EDNS       an answer without OPT is an answer
--   servers that refuse ANY          ANY is not asked
--   loss, lame and dead servers      a cell is only held against another cell of the same server

local batch = require "dnsprobe.judge.tool.batch"
local cells = require "dnsprobe.judge.tool.cells"
local judged = require "dnsprobe.judge.path.transport"
local survey = require "dnsprobe.survey"
local task = require "dnsprobe.task"

--- Answers above this do not fit the size that servers and resolvers agree on (DNS flag day 2020), in bytes.
local LARGE_MIN = 1232
--- Public resolvers in the matrix beside this host's.
local OTHER_RESOLVERS = 3
--- Types of the zone's apex that tend to be large.
local LARGE_TYPES = { "DNSKEY", "TXT", "MX", "NS" }

-- ---- measuring ----

local function resolver_targets(ctx)
    local targets, others = {}, 0
    for _, target in ipairs(survey.resolver_targets(ctx)) do
        others = others + (target.host and 0 or 1)
        if target.host or others <= OTHER_RESOLVERS then
            targets[#targets + 1] = target
        end
    end
    return targets
end

local function question_of(cell, name, type, rd)
    local question = { name = name, type = type, rd = rd, late = 0 }
    for key, value in pairs(cell.options) do
        question[key] = value
    end
    return question
end

--- The question with the largest answer, asked over TCP and with a large buffer over UDP at two servers.
local function find_large(ctx, zone, targets)
    local questions, few = {}, { targets[1], targets[2] }
    local function add(name, type)
        for _, transport in ipairs { "tcp", "udp" } do
            questions[#questions + 1] = {
                name = name,
                type = type,
                rd = false,
                dnssec = true,
                edns = { size = 4096 },
                transport = transport,
                late = 0,
            }
        end
    end
    for _, type in ipairs(ctx.target.types) do
        add(ctx.target.name, type)
    end
    if ctx.target.name ~= zone then
        add(ctx.target.name, "TXT")
    end
    for _, type in ipairs(LARGE_TYPES) do
        add(zone, type)
    end
    local best, size = nil, LARGE_MIN
    local samples = ctx:sample { targets = few, questions = questions, n = 1 }
    for _, sample in ipairs(samples) do
        if (sample.exchange.size or 0) > size and sample.exchange.response then
            best, size = sample.question, sample.exchange.size
        end
    end
    return best and { name = best.name, type = best.type, size = size } or nil, samples
end

--- The cells as questions for one kind of server; `ids` remembers which question is which cell, and of which
--- zone.
---@param about { name: string, large: table?, zone: integer?, apex: string? }
local function questions_for(ctx, about, resolver, ids)
    local questions, large = {}, about.large
    local function add(cell, name, type)
        local question = question_of(cell, name, type, resolver)
        ids[question] = { cell = cell.id, zone = about.zone }
        questions[#questions + 1] = question
    end
    for _, cell in ipairs(cells.list) do
        local wanted = not (cell.big and not large) and not (cell.big and resolver) and not (cell.resolver and
            not resolver)
        if wanted and cell.big then
            add(cell, large.name, large.type)
        elseif wanted then
            add(cell, about.name, ctx.target.types[1])
        end
    end
    if about.zone then
        add(cells.keys, about.apex, "DNSKEY")
    end
    return questions
end

--- Servers with a cell that fails for the most part beside one that does not: chance is to be ruled out
--- there.
local function needs_more(samples, ids)
    local suspects = {}
    for _, group in ipairs(batch.groups(batch.pack(samples))) do
        local counts, bad, good = {}, false, false
        for _, row in ipairs(group.rows) do
            local id = ids[row.question].cell
            counts[id] = counts[id] or { failures = 0, samples = 0 }
            counts[id].samples = counts[id].samples + 1
            counts[id].failures = counts[id].failures + (cells.passed(row.answer) and 0 or 1)
        end
        for _, count in pairs(counts) do
            bad = bad or count.failures * 2 >= count.samples
            good = good or count.failures * 4 <= count.samples
        end
        suspects[#suspects + 1] = bad and good and group.target or nil
    end
    return suspects
end

local function matrix(ctx, targets, questions, ids)
    local samples = ctx:sample { targets = targets, questions = questions, n = ctx.params.cell_samples }
    local more =
        ctx:sample { targets = needs_more(samples, ids), questions = questions, n = ctx.params.cell_confirm }
    table.move(more, 1, #more, #samples + 1, samples)
    return samples
end

--- Name the cells in a recorded batch.
local function pack(samples, ids)
    for _, sample in ipairs(samples) do
        sample.question.cell, sample.question.zone = ids[sample.question].cell, ids[sample.question].zone
    end
    return batch.pack(samples)
end

--- The zones whose servers are tried, each with its servers: the target's, and those that its alias leads to.
--- A server of several of them is tried for the first.
local function zones_of(ctx, large)
    local trace, taken = ctx:trace(), {}
    local zones = { { name = ctx.target.name, trace = trace, servers = ctx.nameservers, large = large } }
    for _, link in ipairs(ctx:links()) do
        zones[#zones + 1] = { name = link.name, trace = link.trace, servers = link.servers }
    end
    local signed = {}
    for _, zone in ipairs(zones) do
        local servers, ds = {}, zone.trace.parent and zone.trace.parent.ds or {}
        for _, server in ipairs(zone.servers) do
            servers[#servers + 1] = not taken[server.address] and server or nil
            taken[server.address] = true
        end
        zone.servers, zone.apex = servers, zone.trace.zone or zone.name
        if #ds > 0 then
            signed[#signed + 1] = { zone = zone.apex, ds = ds }
            zone.zone = #signed
        end
    end
    return zones, signed
end

local function measure(ctx)
    ctx:progress("trying every dress of a question")
    local zone = ctx:trace().zone or ctx.target.name
    local large, sizes = find_large(ctx, zone, survey.answering_servers(ctx))
    local zones, signed = zones_of(ctx, large)
    local ids, auth, resolvers, jobs = {}, {}, nil, {}
    for i, one in ipairs(zones) do
        jobs[i] = function()
            auth[i] = matrix(ctx, one.servers, questions_for(ctx, one, false, ids), ids)
        end
    end
    jobs[#jobs + 1] = function()
        resolvers =
            matrix(ctx, resolver_targets(ctx), questions_for(ctx, { name = ctx.target.name }, true, ids), ids)
    end
    task.all(jobs)
    for i = 2, #auth do
        table.move(auth[i], 1, #auth[i], #auth[1] + 1, auth[1])
    end
    return {
        large = large,
        sizes = batch.pack(sizes),
        auth = pack(auth[1], ids),
        matrix_resolvers = pack(resolvers, ids),
        signed = signed,
    }
end

return {
    id = "transport",
    title = "UDP, EDNS, TCP and validation",
    sends = "8 to 12 cells x 6 to every delegated server and to some resolvers",
    params = {
        cell_samples = {
            type = "integer",
            default = 6,
            min = 3,
            max = 100,
            help = "samples of each cell of the transport matrix",
        },
        cell_confirm = {
            type = "integer",
            default = 12,
            min = 6,
            max = 200,
            help = "more samples of each cell where one failed: 6 + 12 rule out chance over 300 comparisons",
        },
    },
    provides = { "auth", "matrix_resolvers" },
    measure = measure,
    judge = judged.judge,
}
