-- SPDX-License-Identifier: MIT
--- Findings from the transport matrix: which cell fails says what is broken.

local batch = require "dnsprobe.judge.tool.batch"
local cells = require "dnsprobe.judge.tool.cells"
local dig = require "dnsprobe.judge.tool.dig"
local signatures = require "dnsprobe.judge.tool.signatures"
local spread = require "dnsprobe.judge.tool.spread"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@class dnsprobe.MatrixRow
---@field target table
---@field group dnsprobe.Group
---@field cells table<string, dnsprobe.CellTally>
---@field resolver boolean
---@field name string what it was asked for
---@field type string

--- The name and type that a server was asked for in most cells.
local function asked(group)
    for _, row in ipairs(group.rows) do
        if row.question.cell == "plain" then
            return row.question.name, row.question.type
        end
    end
    return group.rows[1].question.name, group.rows[1].question.type
end

local function rows_of(data)
    local rows = {}
    for _, part in ipairs { { data.auth, false }, { data.matrix_resolvers, true } } do
        for _, group in ipairs(batch.groups(part[1])) do
            if group.rows[1] then
                local name, type = asked(group)
                rows[#rows + 1] = { target = group.target, group = group, cells = cells.tally(group),
                    resolver = part[2], name = name, type = type }
            end
        end
    end
    return rows
end

local function alive(row)
    return row.cells.udp ~= nil and row.cells.udp.failures < row.cells.udp.samples
end

local function targets_of(hits)
    local targets, addresses = {}, {}
    for i, hit in ipairs(hits) do
        targets[i], addresses[i] = hit.row.target, hit.row.target.address
    end
    return targets, addresses
end

--- One finding for all servers with the same trouble.
local function report_hits(report, hits, rows, fields)
    if #hits == 0 then
        return
    end
    local targets, addresses = targets_of(hits)
    local failures, samples, evidence, failing = 0, 0, {}, {}
    for _, hit in ipairs(hits) do
        for _, cell in ipairs(hit.failing) do
            failures, samples = failures + cell.failures, samples + cell.samples
            evidence[#evidence + 1] = #evidence < 5 and cell.evidence[1] or nil
            failing[#failing + 1] = cell
        end
    end
    local living = 0
    for _, row in ipairs(rows) do
        living = living + (alive(row) and 1 or 0)
    end
    local everywhere = #hits > 1 and #hits == living
    fields.subject = everywhere and { name = report.target.name } or
        words.subject(targets[1], { name = hits[1].row.name })
    fields.stats = { failures = failures, samples = samples }
    fields.evidence = evidence
    fields.weight = math.min(1, #hits / math.max(1, living))
    fields.facts = { servers = addresses, kinds = cells.kinds(failing), all = everywhere }
    fields.summary = string.format(
        fields.summary,
        everywhere and "all " .. #hits .. " servers asked" or words.servers(targets)
    )
    if everywhere then
        fields.fix = "All servers are hit alike, so look near this vantage first: firewall, router, "
            .. "provider. "
            .. fields.fix
    end
    report:finding(fields)
end

-- ---- TCP ----

local function judge_tcp(report, rows, comparisons)
    local hits, needed = {}, false
    for _, row in ipairs(rows) do
        if alive(row) and cells.fails(row.cells, "tcp", "udp", comparisons) then
            hits[#hits + 1] = { row = row, failing = { row.cells.tcp } }
            for _, cell in pairs(row.cells) do
                needed = needed or cell.truncated > 0
            end
        end
    end
    local how = hits[1] and table.concat(cells.kinds(hits[1].failing), ", ") or ""
    report_hits(report, hits, rows, {
        id = "path.tcp-blocked",
        severity = needed and "critical" or "warning",
        summary = "UDP answers come from %s, TCP does not get through ("
            .. how
            .. ")"
            .. (needed and "; answers that are truncated over UDP are lost" or ""),
        fix = "Allow TCP port 53 to that server, in its own firewall and on the way (RFC 7766 makes it "
            .. "mandatory); "
            .. "every truncated answer needs it.",
        reproduce = hits[1] and {
            dig.line(
                hits[1].row.target,
                hits[1].row.name,
                hits[1].row.type,
                { tcp = true, norecurse = not hits[1].row.resolver or nil }
            ),
        },
    })
end

-- ---- EDNS ----

--- The name itself has the large answer, so that all cells ask for it: then a loss at 4096 bytes is that of
--- the large answer, and judged with the fragments.
local function is_large(row, large, cell)
    return cell.id == "edns4096"
        and large
        and row.name:lower() == large.name:lower()
        and row.type == large.type
end

local function edns_hit(row, large, comparisons)
    local failing, titles, whole, first = {}, {}, true, nil
    for _, cell in ipairs(cells.list) do
        if
            cell.edns
            and not (
                is_large(row, large, cell) and not cells.fails(row.cells, "edns1232", "plain", comparisons)
            )
        then
            if cells.fails(row.cells, cell.id, "plain", comparisons) then
                failing[#failing + 1] = row.cells[cell.id]
                titles[#titles + 1], first = cell.title, first or cell
            elseif cell.id == "edns1232" or cell.id == "edns512" then
                whole = false
            end
        end
    end
    return first
            and { row = row, failing = failing, what = whole and "EDNS" or words.list(titles), first = first }
        or nil
end

local function judge_edns(report, data, rows, comparisons)
    local hits, silent = {}, false
    for _, row in ipairs(rows) do
        local hit = row.cells.plain and row.cells.plain.failures < row.cells.plain.samples and
            edns_hit(row, data.large, comparisons)
        if hit then
            hits[#hits + 1] = hit
            for _, cell in ipairs(hit.failing) do
                silent = silent or (cell.kinds.timeout or 0) > 0
            end
        end
    end
    local how = hits[1]
            and table.concat(cells.kinds(hits[1].failing), ", "):upper():gsub("TIMEOUT", "no answer")
        or ""
    local row = hits[1] and hits[1].row
    local options = hits[1] and cells.dig(hits[1].first, not hits[1].row.resolver or nil)
    report_hits(report, hits, rows, {
        id = "path.edns-broken",
        severity = silent and "critical" or "warning",
        summary = "%s answer"
            .. (#hits == 1 and "s" or "")
            .. " plain queries, but not those with "
            .. (hits[1] and hits[1].what or "")
            .. " ("
            .. how
            .. ")",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891): a server that "
            .. "does not "
            .. "know it must ignore it or say FORMERR once, and a firewall must not drop it.",
        reproduce = row and {
            dig.line(row.target, row.name, row.type, options),
            dig.line(row.target, row.name, row.type, { norecurse = options.norecurse, edns = false }),
        },
    })
end

-- ---- fragments ----

local function judge_fragments(report, data, rows, comparisons)
    if not data.large then
        report:note(
            "no large answer to test: the zone gives none above 1232 bytes, so fragments were not judged"
        )
        return
    end
    local hits = {}
    for _, row in ipairs(rows) do
        local tcp = row.cells.bigtcp
        local arrives = tcp and tcp.failures < tcp.samples or false
        local small = is_large(row, data.large, cells.by_id.edns4096) and "edns1232" or "edns4096"
        if arrives and cells.fails(row.cells, "big4096", small, comparisons) then
            hits[#hits + 1] = { row = row, failing = { row.cells.big4096 } }
        end
    end
    local target = hits[1] and hits[1].row.target
    report_hits(report, hits, rows, {
        id = "path.fragments-dropped",
        severity = "critical",
        summary = string.format(
            "the %d-byte answer to %s %s from %%s is lost over UDP; small answers and TCP arrive",
            data.large.size,
            data.large.name,
            data.large.type
        ),
        fix = "Set the server's maximal UDP size to 1232 bytes (max-udp-size, DNS flag day 2020), or let IP "
            .. "fragments "
            .. "through; until then set `edns-udp-size 1232` at the resolver.",
        reproduce = target and {
            dig.line(
                target,
                data.large.name,
                data.large.type,
                { norecurse = true, edns = 4096, dnssec = true, notcp = true }
            ),
            dig.line(
                target,
                data.large.name,
                data.large.type,
                { norecurse = true, edns = 4096, dnssec = true, tcp = true }
            ),
        },
    })
end

-- ---- DNSSEC ----

local CHAIN_FIX = "Repair the chain of trust: the DS at the registrar must fit a DNSKEY of the zone, and the "
    .. "signatures "
    .. "must be within their dates. If the key was changed, put the old one back or remove the DS until it "
    .. "is. "
    .. "If single records only fail, they were changed after signing: sign the zone anew."

--- Resolvers that say SERVFAIL with checking on, and have data with checking off.
local function refusing(rows, comparisons)
    local hits, ede = {}, nil
    for _, row in ipairs(rows) do
        local on, off = row.cells.edns1232, row.cells.cd
        local refused = on and (on.kinds.servfail or 0) or 0
        if row.resolver and off and refused >= 3 and off.samples > off.failures and spread.exceeds(
            { failures = refused, samples = on.samples }, off) * comparisons < cells.ALPHA then
            hits[#hits + 1] = { row = row, failing = { on } }
            for _, one in ipairs(row.group.rows) do
                ede = ede or one.answer.ede[1]
            end
        end
    end
    return hits, ede
end

local function report_refusing(report, rows, hits, ede, everywhere)
    local row = hits[1] and hits[1].row
    report_hits(report, hits, rows, {
        id = "dnssec.bogus",
        severity = "critical",
        summary = "%s: SERVFAIL with validation, an answer with checking disabled"
            .. (ede and " (EDE " .. ede .. ")" or "")
            .. (everywhere and "; of the zone " .. everywhere.zone .. ": " .. everywhere.text or ""),
        fix = CHAIN_FIX,
        reproduce = row and {
            dig.line(row.target, row.name, row.type, { dnssec = true }),
            dig.line(row.target, row.name, row.type, { dnssec = true, cd = true }),
        },
    })
end

--- Some servers of a signed zone give what no validator accepts: resolvers fail when they meet one of them.
local function report_unverifiable(report, faults, servers, hits)
    local targets, addresses, evidence, failures, samples = {}, {}, {}, 0, 0
    for i, fault in ipairs(faults) do
        targets[i], addresses[i], evidence[i] = fault.target, fault.target.address, fault.exchange
        failures, samples = failures + fault.bad, samples + fault.samples
    end
    for _, hit in ipairs(hits) do
        evidence[#evidence + 1] = hit.failing[1].evidence[1]
    end
    local first, question = faults[1], faults[1].question
    report:finding {
        id = "dnssec.bogus",
        severity = "critical",
        summary = string.format(
            "a validating resolver cannot accept what %s gives for %s: %s; the other servers of %s "
                .. "are in order",
            words.servers(targets),
            question.name .. " " .. question.type,
            first.text,
            first.zone
        ),
        subject = words.subject(first.target, { name = question.name, type = question.type }),
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        weight = #faults / math.max(1, servers),
        facts = { servers = addresses, kinds = { "servfail" } },
        fix = "Compare the copy of the zone on that server with that on the others: its transfer, or the "
            .. "machine that "
            .. "signs it, stands still. Until it is repaired, take the server out of the delegation.",
        reproduce = {
            dig.line(first.target, question.name, question.type, { norecurse = true, dnssec = true }),
        },
    }
end

local function judge_validation(report, data, rows, comparisons)
    local groups = {}
    for _, row in ipairs(rows) do
        groups[#groups + 1] = not row.resolver and row.group or nil
    end
    local some, everywhere = signatures.judge(groups, data.signed or {})
    local hits, ede = refusing(rows, comparisons)
    if #some > 0 then
        report_unverifiable(report, some, #groups, hits)
    else
        report_refusing(report, rows, hits, ede, everywhere)
    end
end

--- The step's judge.
function M.judge(data, report)
    local rows = rows_of(data)
    local living = 0
    for _, row in ipairs(rows) do
        living = living + (alive(row) and 1 or 0)
    end
    if living == 0 then
        report:status("unknown", "no server answered in any form")
        return
    end
    local comparisons = living * #cells.list
    judge_tcp(report, rows, comparisons)
    judge_edns(report, data, rows, comparisons)
    judge_fragments(report, data, rows, comparisons)
    judge_validation(report, data, rows, comparisons)
    report:table(cells.table(rows))
end

return M
