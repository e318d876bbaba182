-- SPDX-License-Identifier: MIT
-- The report as one value, schema dnsprobe.report/1: what every format renders, and what `replay` reads.
--
-- With --exchanges it also has `exchanges` (the ledger) and `recorded` (what the judges were given), which is
-- all that `replay` needs to judge again.

local ctx = require "dnsprobe.measure.ctx"
local dns = require "dnsprobe"
local form = require "dnsprobe.document.form"
local facts = require "dnsprobe.document.pictures"
local findings = require "dnsprobe.book.findings"
local json = require "dnsprobe.json"
local ledger = require "dnsprobe.measure.ledger"
local plain = require "dnsprobe.base.plain"

local M = {}

--- A step's status: its worst finding above info, else what the judge said, else info or ok.
---@param step table
---@return string
function M.step_status(step)
    local worst
    for _, finding in ipairs(step.out.findings) do
        worst = worst and findings.worse(worst, finding.severity) or finding.severity
    end
    if worst and worst ~= "info" then
        return worst
    end
    return step.out.status or worst or "ok"
end

-- Counts that a report has at both places: `sent` of a replay is what the recorded run sent.
local function step_json(step)
    local outcome, out = step.outcome, step.out
    return {
        id = step.id,
        number = outcome.number,
        title = outcome.step.title,
        status = step.status,
        why = out.why,
        elapsed_ms = math.floor(outcome.elapsed_ms + 0.5),
        sent = outcome.sent,
        data = json.object(out.data),
        tables = #out.tables > 0 and out.tables or nil,
        notes = #out.notes > 0 and out.notes or nil,
    }
end

local finding_members = {
    "id",
    "step",
    "layer",
    "severity",
    "title",
    "summary",
    "stats",
    "fix",
    "weight",
    "explained_by",
    "because",
    "observed",
}

-- Of what a finding noted for the verdict, the part that says why and where: findings that have a reason.
local function facts_json(noted)
    if type(noted) ~= "table" or type(noted.reason) ~= "string" then
        return nil
    end
    local out = { reason = noted.reason }
    for _, key in ipairs { "zone", "type" } do
        out[key] = type(noted[key]) == "string" and noted[key] or nil
    end
    for _, key in ipairs { "servers", "names" } do
        out[key] = type(noted[key]) == "table" and #noted[key] > 0 and plain.data(noted[key], key) or nil
    end
    return out
end

local function finding_json(finding)
    local out = {}
    for _, member in ipairs(finding_members) do
        out[member] = finding[member]
    end
    out.subject, out.facts = json.object(finding.subject), facts_json(finding.facts)
    out.evidence = json.array(finding.evidence)
    out.reproduce = json.array(finding.reproduce)
    return out
end

-- What the judges saw, for `replay`.
local function recorded(session)
    local measured, own = {}, {}
    for _, outcome in ipairs(session.outcomes) do
        measured[outcome.step.id] = outcome.measured
        if outcome.own then
            own[outcome.step.id] = outcome.own
        end
    end
    local c = session.ctx
    return {
        measured = json.object(measured),
        own = json.object(own),
        params = json.object(c.params),
        resolvers = json.array(c.resolvers),
        host = json.object(c.host or {}),
        samples = c.samples,
        detect = c.detect,
        lab = c.lab,
        zone = c.target.zone,
        cut = session.cut,
        nameservers = json.array(ctx.nameservers(c)),
    }
end

-- What was lost of the control question `. NS`, which has nothing to do with the target, by those who answer
-- at all.
local function unrelated_loss(list)
    local servers, loss = {}, { failures = 0, samples = 0 }
    for _, exchange in ipairs(list) do
        if exchange.question and exchange.question.name == "." and exchange.outcome ~= "canceled" then
            local id = ("%s#%s"):format(exchange.server.address, exchange.server.port)
            local one = servers[id] or { failures = 0, samples = 0 }
            servers[id] = one
            one.samples, one.failures =
                one.samples + 1, one.failures + (exchange.outcome == "timeout" and 1 or 0)
        end
    end
    for _, one in pairs(servers) do
        if one.failures < one.samples then
            loss.failures, loss.samples = loss.failures + one.failures, loss.samples + one.samples
        end
    end
    return loss.samples > 0 and loss or nil
end

-- The host and what it is configured with, the address families over which anything came back, and how well
-- it is itself.
local function vantage_json(session)
    local out = { ipv4 = false, ipv6 = false }
    for key, value in pairs(session.vantage) do
        if key ~= "ipv4" and key ~= "ipv6" then
            out[key] = value
        end
    end
    local heard = {} -- servers, of which one answer is enough
    for _, exchange in ipairs(session.ledger.list) do
        local server = exchange.server and exchange.server.address or exchange
        if not heard[server] and exchange.from then
            heard[server] = true
            out[exchange.from.address:find(":", 1, true) and "ipv6" or "ipv4"] = true
        end
    end
    out.resolvers, out.search = json.array(out.resolvers or {}), json.array(out.search or {})
    out.loss = unrelated_loss(session.ledger.list)
    return out
end

--- The members of a report that are known before anything is sent.
---@param session dnsprobe.Session
---@return table
function M.head(session)
    local c = session.ctx
    return {
        schema = form.SCHEMA,
        tool = { name = "dnsprobe", version = dns.version },
        runbook = { name = session.runbook.name, path = session.runbook.path, sha256 = session.runbook.sha256,
            trusted = session.trusted or nil },
        command = json.array(session.command),
        target = { name = c.target.name, types = json.array(c.target.types) },
        started = ledger.rfc3339(session.started_us), seed = session.seed,
    }
end

--- The report.
---@param session dnsprobe.Session
---@param verdict table
---@param steps table[] id, status, out, outcome
---@param list dnsprobe.Finding[] in the order of blame
---@return table
function M.build(session, verdict, steps, list)
    local out = M.head(session)
    out.elapsed_ms, out.vantage, out.verdict =
        math.floor(session.elapsed_ms + 0.5), vantage_json(session), verdict
    out.steps, out.findings, out.cut = {}, {}, session.cut
    out.sent = { queries = session.ledger:sent(), bytes = session.ledger.bytes }
    out.verdict.cause = verdict.cause or json.null
    out.verdict.layer = verdict.layer or json.null
    out.verdict.share = verdict.share or json.null
    for i, step in ipairs(steps) do
        out.steps[i] = step_json(step)
    end
    for i, finding in ipairs(list) do
        out.findings[i] = finding_json(finding)
    end
    json.array(out.steps)
    json.array(out.findings)
    if session.with_exchanges then
        out.exchanges = session.ledger:to_json()
        out.recorded = recorded(session)
    end
    facts.keep(out, session)
    return out
end

-- Members that no runbook has a hand in.
local OURS = {
    schema = true,
    tool = true,
    command = true,
    target = true,
    started = true,
    seed = true,
    elapsed_ms = true,
    vantage = true,
    sent = true,
    cut = true,
}

--- The same report, when all of it is plain data of the form that its readers expect; raises what is not. It
--- holds what runbooks made, and is drawn where their errors are no longer theirs.
---@param document table
---@return table
function M.checked(document)
    local part = {}
    for key, value in pairs(document) do
        if OURS[key] then
            part[key] = value
        elseif key ~= "exchanges" and key ~= "recorded" then
            part[key] = plain.data(value, key)
        end
    end
    part.verdict.cause, part.verdict.layer =
        part.verdict.cause ~= json.null and part.verdict.cause or nil, nil
    local wrong = form.complaint(part)
    if wrong then
        error("the runbook's report cannot be written: " .. wrong, 0)
    end
    return document
end

return M
