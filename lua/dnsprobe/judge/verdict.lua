-- SPDX-License-Identifier: MIT
-- ⑨ The verdict: one cause out of many findings.
--
--   1. Findings that another one explains (book/explains.lua) step back to `info`; what showed them becomes
--      evidence of the cause at the end of the chain.
--   2. What is left is ordered: critical before warning, then the larger share of client look-ups that are
--      hit, then the layer nearer to the one who asks. The first one is the cause.
--   3. The share is what the step estimated, with the interval of the samples behind it, and what it takes
--      for granted about the clients.
--   4. The confidence is a product of three numbers, each said in words (`confidence_basis`): how firmly the
--      cause was observed, whether other causes are left beside it, and how much of the run could be
--      measured.
-- Everything here is a pure function of the findings and the steps' states.

local explains = require "dnsprobe.book.explains"
local findings = require "dnsprobe.book.findings"

local M = {}

local MOST_SURE = 0.99
local DIRECT = 0.9     -- one look at contents: what is left is that the look was at an unlucky moment
local RIVAL = 0.9      -- each other cause that is left
local UNMEASURED = 0.9 -- each step that could not be measured
local SUPPORT = 0.5    -- each consequence halves the doubt

-- ---- one cause ----

local function counts(finding)
    return findings.rank[finding.severity] > findings.rank.info
end

-- The findings that explain finding i, without those that lead back to it.
local function root_of(list, i, parents, seen)
    if seen[i] then
        return nil
    end
    seen[i] = true
    for _, parent in ipairs(parents[i] or {}) do
        local root = root_of(list, parent.index, parents, seen)
        if root then
            return root
        end
    end
    if parents[i] and #parents[i] > 0 then
        return nil -- all of it leads back
    end
    return i
end

local function parents_of(list, own)
    local parents = {}
    for i, effect in ipairs(list) do
        for j, cause in ipairs(list) do
            local because = i ~= j and counts(cause) and counts(effect) and explains.why(cause, effect, own)
            if because then
                parents[i] = parents[i] or {}
                table.insert(parents[i], { index = j, because = because })
            end
        end
    end
    return parents
end

local function merge_evidence(into, from)
    local seen = {}
    for _, n in ipairs(into) do
        seen[n] = true
    end
    for _, n in ipairs(from) do
        if not seen[n] then
            seen[n] = true
            into[#into + 1] = n
        end
    end
    table.sort(into)
end

-- Findings that explain one another in a circle: the weightiest of them stays, so that one of them is told.
local function root_of_circle(list, i, parents)
    local best, seen, open = i, { [i] = true }, { i }
    while #open > 0 do
        for _, parent in ipairs(parents[table.remove(open)] or {}) do
            local j = parent.index
            if not seen[j] then
                seen[j] = true
                open[#open + 1] = j
                local mine, other = list[best].weight or 0, list[j].weight or 0
                best = (other > mine or other == mine and j < best) and j or best
            end
        end
    end
    return best
end

-- Marks what another finding explains: `explained_by`, `because`, `observed` (the severity it was seen with).
local function absorb(list, own)
    local parents = parents_of(list, own)
    local absorbed = {}
    for i, finding in ipairs(list) do
        local root = parents[i] and (root_of(list, i, parents, {}) or root_of_circle(list, i, parents))
        if root and root ~= i then
            absorbed[#absorbed + 1] =
                { finding = finding, root = list[root], because = parents[i][1].because }
        end
    end
    for _, one in ipairs(absorbed) do
        one.finding.observed, one.finding.severity = one.finding.severity, "info"
        one.finding.explained_by, one.finding.because = one.root.id, one.because
        one.root.consequences = (one.root.consequences or 0) + 1
        merge_evidence(one.root.evidence, one.finding.evidence)
    end
end

-- ---- share and order ----

local function clamp(x)
    return math.max(0, math.min(1, x))
end

-- What a share takes for granted about the clients, by layer.
local ASSUMED = {
    client = "all clients are configured as this host is",
    recursive = "clients are spread evenly over the resolvers that were asked",
    authoritative = "resolvers choose evenly among the names of the zone's servers, and keep an answer for "
        .. "its TTL",
    delegation = "resolvers choose evenly among the names of the zone's servers",
    path = "look-ups of clients fare as the samples did",
    application = "clients choose evenly among the answered addresses",
}

-- The share of client look-ups that meet this fault, or nil where no step could say.
local function estimate_of(finding)
    local s, weight = finding.stats, finding.weight
    if weight then
        local low, high = weight, weight
        if s and s.rate and s.rate > 0 then
            low, high = weight * s.low / s.rate, weight * s.high / s.rate
        end
        return {
            estimate = clamp(weight),
            low = clamp(math.min(low, weight)),
            high = clamp(math.max(high, weight)),
        }
    end
    if s and s.rate then
        return { estimate = s.rate, low = s.low, high = s.high }
    end
    return nil
end

local function share_of(finding)
    local share = estimate_of(finding)
    if share then
        share.assumption = ASSUMED[finding.layer]
    end
    return share
end

local layer_order = {}
for i, layer in ipairs(findings.layers) do
    layer_order[layer] = i
end

local function before(a, b)
    local ra, rb = findings.rank[a.severity], findings.rank[b.severity]
    if ra ~= rb then
        return ra > rb
    end
    local wa, wb = a.weight or (a.stats and a.stats.rate) or 0, b.weight or (b.stats and b.stats.rate) or 0
    if wa ~= wb then
        return wa > wb
    end
    local la, lb = layer_order[a.layer] or 99, layer_order[b.layer] or 99
    if la ~= lb then
        return la < lb
    end
    if a.id ~= b.id then
        return a.id < b.id
    end
    return a.order < b.order
end

-- ---- confidence ----

local function percent(x)
    return ("%.0f %%"):format(100 * x)
end

-- How firmly the finding itself was observed.
local function observed(finding)
    local s, kind = finding.stats, findings.get(finding.id)
    local sure, words = DIRECT, "seen in the contents of the answers"
    if s and s.samples > 0 and not (kind and kind.direct) then
        sure = 1 - (s.high - s.low) / 2
        words = ("seen in %d of %d samples (95 %% interval %s to %s)"):format(
            s.failures,
            s.samples,
            percent(s.low),
            percent(s.high)
        )
    elseif s and s.samples > 0 then
        sure = math.max(DIRECT, 1 - (s.high - s.low) / 2)
        words = ("seen in %d of %d samples"):format(s.failures, s.samples)
    end
    return sure, words
end

local function of_cause(cause, rivals, unknown)
    local sure, words = observed(cause)
    local basis = { words }
    local n = cause.consequences or 0
    if n > 0 then
        sure = 1 - (1 - sure) * SUPPORT ^ n
        basis[#basis + 1] = n == 1 and "another observation follows from it"
            or ("%d other observations follow from it"):format(n)
    end
    if rivals > 0 then
        sure = sure * RIVAL ^ rivals
        basis[#basis + 1] = rivals == 1 and "one more fault stands beside it"
            or ("%d more faults stand beside it"):format(rivals)
    end
    if unknown > 0 then
        sure = sure * UNMEASURED ^ unknown
        basis[#basis + 1] = unknown == 1 and "one step could not be measured"
            or ("%d steps could not be measured"):format(unknown)
    end
    return math.min(MOST_SURE, sure), basis
end

-- The rate of the faintest fault that n samples show with 95 % probability (the inverse of
-- stats.samples_for).
local function visible_rate(n)
    return 1 - 0.05 ^ (1 / math.max(1, n))
end

-- The chance that a fault of the rate in question would have shown in so many samples.
local function of_health(run)
    local rate, n = run.detect or 0.1, run.samples or 0
    local seen = 1 - (1 - rate) ^ n
    return math.min(MOST_SURE, seen),
        {
            ("%d sample%s a fault of %s with %s probability"):format(
                n,
                n == 1 and " shows" or "s show",
                ("%g %%"):format(100 * rate),
                percent(math.min(MOST_SURE, seen))
            ),
        }
end

-- ---- the verdict ----

local function unknown_steps(steps)
    local n, names, measured = 0, {}, 0
    for _, step in ipairs(steps) do
        if step.status == "unknown" and step.essential ~= false then
            n = n + 1
            names[#names + 1] = step.id
        elseif step.status ~= "skipped" then
            measured = measured + 1
        end
    end
    return n, names, measured
end

local function sentence(text)
    return text:match("[.!?]$") and text or text .. "."
end

local function healthy(run, steps)
    local unknown, names, measured = unknown_steps(steps)
    if unknown > 0 or measured == 0 then
        local why = #names > 0 and ("; not measured: " .. table.concat(names, ", ")) or ""
        return { status = "unknown", confidence = 0, confidence_basis = { "too little could be measured" },
            summary = ("%stoo little could be measured to say%s."):format(run.cut and run.cut .. ": " or "",
                why) }
    end
    if run.samples == 0 then
        return {
            status = "ok",
            confidence = 0,
            confidence_basis = { "nothing was asked of a server" },
            summary = "No fault seen by the steps that ran; none of them asked a server.",
        }
    end
    local sure, basis = of_health(run)
    return {
        status = "ok",
        confidence = sure,
        confidence_basis = basis,
        summary = ("No fault seen; one that hits %.2g %% of look-ups or more would most likely have "
            .. "shown."):format(
            100 * visible_rate(run.samples or 0)
        ),
    }
end

--- Orders the findings in place and says who is to blame.
---@param list dnsprobe.Finding[] severity, stats, weight, evidence, facts as the steps reported them
---@param steps { id: string, status: string, essential: boolean? }[]
---@param run { detect: number?, samples: integer?, cut: string?, explains: table[]? } explains: the runbook's own rows
---@return table verdict as in the report
function M.judge(list, steps, run)
    for i, finding in ipairs(list) do
        finding.order = i
    end
    absorb(list, run.explains)
    table.sort(list, before)
    local cause = list[1]
    if not cause or not counts(cause) then
        return healthy(run, steps)
    end
    local rivals = 0
    for i = 2, #list do
        local other = list[i].id ~= cause.id and list[i].severity == cause.severity
        rivals = rivals + (other and 1 or 0)
    end
    local sure, basis = of_cause(cause, rivals, (unknown_steps(steps)))
    return {
        status = cause.severity, cause = cause.id, layer = cause.layer, summary = sentence(cause.summary),
        confidence = sure, confidence_basis = basis, share = share_of(cause),
    }
end

return M
