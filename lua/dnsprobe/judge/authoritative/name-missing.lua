-- SPDX-License-Identifier: MIT
--- auth.name-missing: the zone itself says that the name is not there, or has none of the types asked for.
--
-- What must hold: every usable answer of every server says so, of every type, and no alias is on the way (an
-- alias whose target is missing is auth.alias-broken). One server that has the name makes it a divergence
-- instead. That the root or a top-level domain has no address is how it should be (RFC 1034, section 3.1
-- knows no such need).

local batch = require "dnsprobe.judge.tool.batch"
local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local EVIDENCE_MAX = 4

local IS_NONE = { nxdomain = true, nodata = true }
local IS_THERE = { data = true, open = true }

-- The zone's own answers to the questions about the name.
local function own_answers(truth)
    local out = {}
    for _, group in ipairs(truth.groups) do
        for _, row in ipairs(group.rows) do
            local asked = truth.types[row.question.type] and row.question.name == truth.name
            out[#out + 1] = asked and row.answer.aa and row.answer or nil
        end
    end
    return out
end

--- What all usable answers are, where they are one kind of "none": "nxdomain" or "nodata"; and whether names
--- that stand for the alias chain were on the way.
---@param truth dnsprobe.Truth
---@return "nxdomain"|"nodata"|nil kind
---@return string? last the name at the end of an alias chain
function M.absence(truth)
    local kind, last
    for _, answer in ipairs(own_answers(truth)) do
        local is_none = IS_NONE[answer.kind]
        if IS_THERE[answer.kind] or is_none and kind and answer.kind ~= kind then
            return nil
        elseif is_none then
            kind = answer.kind
            last = answer.chain[2] and answer.chain[#answer.chain] or last
        end
    end
    return kind, last
end

local function has_no_host(name)
    local _, labels = name:gsub("[^.]+", "")
    return labels <= 1
end

local function types_text(truth)
    local types = {}
    for type in pairs(truth.types) do
        types[#types + 1] = type
    end
    table.sort(types)
    return words.list(types), types[1]
end

--- The answers that say so, and how many there were.
---@param truth dnsprobe.Truth
---@return dnsprobe.Exchange[] evidence
---@return integer samples
---@return table[] targets servers that say so
function M.denials(truth)
    local evidence, samples, targets = {}, 0, {}
    for _, group in ipairs(truth.groups) do
        local said
        for _, row in ipairs(batch.of_type(group, select(2, types_text(truth)))) do
            if row.answer.kind == "nxdomain" or row.answer.kind == "nodata" then
                samples, said = samples + 1, said or row.exchange
            end
        end
        if said then
            targets[#targets + 1] = group.target
            evidence[#evidence + 1] = #evidence < EVIDENCE_MAX and said or nil
        end
    end
    return evidence, samples, targets
end

---@param report dnsprobe.StepReport
---@param truth dnsprobe.Truth of the target's own zone
function M.judge(report, truth)
    local kind, last = M.absence(truth)
    if not kind or last or kind == "nodata" and has_no_host(truth.name) then
        return
    end
    local evidence, samples, targets = M.denials(truth)
    local types, first = types_text(truth)
    local gone = kind == "nxdomain"
    report:finding {
        id = "auth.name-missing",
        severity = gone and "critical" or "warning",
        summary = gone
                and ("%s does not exist: every server of %s that answered says NXDOMAIN"):format(
                    truth.name, truth.zone)
            or ("%s has no %s record: every server of %s that answered says so (NODATA)"):format(
                truth.name, types, truth.zone),
        subject = { name = truth.name, type = first },
        stats = { failures = samples, samples = samples },
        evidence = evidence,
        weight = 1,
        facts = { servers = words.addresses(targets), kinds = { kind }, all = true },
        fix = gone and "Look for a typing error in the name; if it is right, add the record to the zone "
            .. truth.zone .. " on its primary server (see when it was taken out, and by whom)."
            or "Add the record to the zone " .. truth.zone .. ", or ask for a type that the name has (-t).",
        reproduce = dig.lines(targets, truth.name, first, { norecurse = true }, 2),
    }
end

return M
