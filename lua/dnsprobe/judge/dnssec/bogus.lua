-- SPDX-License-Identifier: MIT
--- dnssec.bogus: look-ups fail with validation and succeed without.

local cells = require "dnsprobe.judge.tool.cells"
local dig = require "dnsprobe.judge.tool.dig"
local matrix = require "dnsprobe.judge.tool.matrix"
local signatures = require "dnsprobe.judge.tool.signatures"
local spread = require "dnsprobe.judge.tool.spread"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local CHAIN_FIX = "Repair the chain of trust: the DS at the registrar must fit a DNSKEY of the zone, and the "
    .. "signatures must be within their dates. If the key was changed, put the old one back or remove the DS "
    .. "until it is. If single records only fail, they were changed after signing: sign the zone anew."

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
    matrix.report_hits(report, hits, rows, {
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
            "a validating resolver cannot accept what %s gives for %s: %s; the other servers of %s are in "
                .. "order",
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
            .. "machine that signs it, stands still. Until it is repaired, take the server out of the "
            .. "delegation.",
        reproduce = {
            dig.line(first.target, question.name, question.type, { norecurse = true, dnssec = true }),
        },
    }
end

function M.judge(report, data, rows, comparisons)
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

return M
