-- SPDX-License-Identifier: MIT
--- auth.alias-broken: the aliases of the name lead nowhere. `facts.reason` says how:
--
--   circle          the chain comes back to one of its names (RFC 1034, section 3.6.2: to be told as an
--   error)
--   too-long        it has more links than resolvers follow (BIND 16, Unbound 11)
--   target-missing  the name at its end does not exist, or has none of the types asked for
--   at-apex         a CNAME stands beside the SOA and NS of a zone (RFC 2181, section 10.1)

local dig = require "dnsprobe.judge.tool.dig"
local missing = require "dnsprobe.judge.authoritative.name-missing"

local M = {}

local CHAIN_MAX = 16

--- The first row of the name whose answer fits.
local function first_row(truth, fits)
    for _, group in ipairs(truth.groups) do
        for _, row in ipairs(group.rows) do
            if row.question.name == truth.name and truth.types[row.question.type] and fits(row.answer) then
                return row, group.target
            end
        end
    end
end

local function chain_text(chain)
    return table.concat(table.move(chain, 1, math.min(#chain, 4), 1, {}), " -> ")
end

local FIX = {
    circle = "Let one of these aliases point at a name that has addresses.",
    ["too-long"] = "Let the name point nearer to the end of the chain.",
    ["target-missing"] = "Point the alias at a name that exists, or bring that name back; if its domain has "
        .. "lapsed, take the alias out at once: whoever registers the domain answers for the name.",
    ["at-apex"] = "Put A and AAAA records at the apex instead, or use what your operator has for it (ALIAS, "
        .. "ANAME, flattening): a CNAME there hides the zone's own SOA, NS and MX.",
}

local function report_broken(report, truth, row, target, found)
    report:finding {
        id = "auth.alias-broken",
        severity = found.severity or "critical",
        summary = found.summary,
        subject = { name = truth.name, type = row and row.question.type },
        evidence = { row and row.exchange, found.exchange },
        weight = 1,
        facts = { reason = found.reason, names = { found.name }, all = true },
        fix = FIX[found.reason],
        reproduce = target
            and {
                dig.line(target, truth.name, row.question.type, { norecurse = true }),
                found.name and dig.line(
                    found.target or target,
                    found.name,
                    row.question.type,
                    { norecurse = true }
                ) or nil,
            },
    }
end

--- The truth about the last zone that the chain leads to, beside the target's own.
local function last_of(truth)
    return truth.links[#truth.links] or truth
end

-- Where the chain ends in nothing: the name there, and what is said of it.
local function dead_end(data, truth)
    if data.absent then
        return { name = data.absent, kind = "nxdomain" }
    end
    local last = last_of(truth)
    local kind, inner = missing.absence(last)
    local name = inner or last ~= truth and last.name or nil
    if not kind or not name then
        return nil
    end
    local evidence, _, targets = missing.denials(last)
    return { name = name, kind = kind, exchange = evidence[1], target = targets[1] }
end

local function target_missing(report, data, truth, row, target)
    local finish = dead_end(data, truth)
    if not finish then
        return
    end
    local gone = finish.kind == "nxdomain"
    report_broken(report, truth, row, target, {
        reason = "target-missing", name = finish.name, exchange = finish.exchange, target = finish.target,
        severity = gone and "critical" or "warning",
        summary = ("%s is an alias of %s, which %s"):format(truth.name, finish.name,
            gone and "does not exist (NXDOMAIN)" or "has none of the types asked for (NODATA)"),
    })
end

---@param report dnsprobe.StepReport
---@param data dnsprobe.MeasuredZone what was measured of the name
---@param truth dnsprobe.Truth of the target's own zone
function M.judge(report, data, truth)
    local row, target = first_row(truth, function(answer)
        return answer.aa and answer.chain[2] ~= nil
    end)
    if not row then
        return
    end
    local chain = row.answer.chain
    if truth.name:lower() == truth.zone:lower() then
        report_broken(report, truth, row, target, {
            reason = "at-apex", name = chain[2],
            summary = ("%s is the apex of its zone and an alias of %s: beside the zone's SOA and NS no CNAME "
                .. "may stand")
                :format(truth.name, chain[2]),
        })
    elseif data.circle then
        report_broken(report, truth, row, target, {
            reason = "circle", name = chain[2],
            summary = ("the aliases of %s lead in a circle (%s): nobody can follow them to an answer"):format(
                truth.name, chain_text(chain) .. " -> ... -> " .. truth.name),
        })
    elseif (data.hops or 0) > CHAIN_MAX then
        report_broken(report, truth, row, target, {
            reason = "too-long", name = chain[2],
            summary = ("the aliases of %s are a chain of more than %d names: resolvers give up before its "
                .. "end"):format(
                truth.name, CHAIN_MAX),
        })
    else
        target_missing(report, data, truth, row, target)
    end
end

return M
