-- SPDX-License-Identifier: MIT
--- What each resolver gives for each type, held against the truth.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local caches = require "dnsprobe.judge.tool.caches"
local match = require "dnsprobe.judge.match"
local moments = require "dnsprobe.judge.tool.moments"
local path = require "dnsprobe.judge.tool.path"
local spread = require "dnsprobe.judge.tool.spread"

local M = {}

--- Extended errors by which a resolver says that it will not answer by policy (RFC 8914 4.16 to 4.19).
local POLICY_EDE = { [15] = "blocked", [16] = "censored", [17] = "filtered", [18] = "prohibited" }
--- ... and by which it says that the answer is expired (4.4 and 4.20).
M.STALE_EDE = { [3] = "stale answer", [19] = "stale NXDOMAIN answer" }
--- TTL with which expired data is handed out (RFC 8767 section 4 recommends 30 seconds).
M.STALE_TTL_MAX = 30
--- An old answer that lives no longer than this after the last look at it (seconds): the run takes longer.
local ENDS_NOW = 5
--- Silence that began and ended within so many seconds is one event, and may have been one lost moment.
local BLINK = 0.5
--- Level for calling silence a resolver's own, over all resolvers that are compared, of which there are so
--- many at least.
local LOSS_ALPHA, LOSS_COMPARED = 0.05, 5

local SINK = { ["0.0.0.0"] = true, ["::"] = true, ["127.0.0.1"] = true, ["::1"] = true }

local function sinks(answer)
    for _, value in ipairs(answer.values) do
        if not SINK[value] then
            return false
        end
    end
    return #answer.values > 0
end

--- Why an answer is the resolver's policy rather than its knowledge; nil if it is not.
---@param answer dnsprobe.Answer
---@return string?
function M.policy(answer)
    local code = answers.has_ede(answer, POLICY_EDE)
    if code then
        return string.format("%s (EDE %d)", POLICY_EDE[code], code)
    end
    if answer.kind == "nxdomain" and not answer.soa then
        return "NXDOMAIN without an SOA, as filters give it"
    end
    if sinks(answer) then
        return "an address that leads nowhere, as filters give it"
    end
end

--- Did a resolver fail to answer, in whatever way?
---@param answer dnsprobe.Answer
---@return boolean
function M.is_failure(answer)
    return answer.kind == "servfail" or answer.kind == "refused" or answer.kind == "timeout"
        or answer.kind == "unreachable" or answer.kind == "rcode" or answer.kind == "malformed"
end

---@class dnsprobe.View one resolver, one type
---@field target table
---@field type string
---@field rows dnsprobe.Row[]
---@field same integer
---@field other integer
---@field elsewhere integer
---@field failed integer
---@field state "right"|"behind"|"mixed"|"moving"|"policy"|"elsewhere"|"failing"|"unknown"
---@field wrong dnsprobe.Row[] the rows that disagree
---@field why string?

local function count_rows(view, truth)
    local fate = { same = {}, other = {}, elsewhere = {}, unknown = {} }
    for _, row in ipairs(view.rows) do
        if M.is_failure(row.answer) then
            view.failed = view.failed + 1
        end
        local policy = M.policy(row.answer)
        local agrees = match.of(truth, row.answer)
        if policy and agrees ~= "same" then
            view.why, view.policy = policy, view.policy + 1
        else
            local list = fate[agrees]
            list[#list + 1] = row
        end
    end
    view.same, view.other, view.elsewhere = #fate.same, #fate.other, #fate.elsewhere
    view.wrong = fate.other
end

--- True when every wrong row was sent before every right one: the cache ran out while we looked.
local function caught_up(view)
    local last_wrong = view.wrong[#view.wrong].exchange.sent or 0
    for _, row in ipairs(view.rows) do
        if answers.usable(row.answer) and (row.exchange.sent or 0) < last_wrong then
            local is_wrong = false
            for _, wrong in ipairs(view.wrong) do
                is_wrong = is_wrong or wrong == row
            end
            if not is_wrong then
                return false
            end
        end
    end
    return true
end

local function state_of(view)
    if view.other > 0 then
        if view.same == 0 then
            return "behind"
        end
        return caught_up(view) and "moving" or "mixed"
    end
    if view.same > 0 then
        return "right"
    end
    if view.elsewhere > 0 then
        return "elsewhere"
    end
    if view.policy > 0 then
        return "policy"
    end
    return view.failed > 0 and view.failed == #view.rows and "failing" or "unknown"
end

--- Is an old answer about to run out by itself? Then nobody is served it any more when this report is read.
local function ends_now(view, truth)
    local reason = view.state == "behind" and M.reason(view, truth) or {}
    return (reason.kind == "within" or reason.kind == "negative") and (reason.left or math.huge) <= ENDS_NOW
end

--- One resolver's answers to one type.
---@param group dnsprobe.Group
---@param type string
---@param truth dnsprobe.TypeTruth?
---@param later dnsprobe.Row[]? what it answered after the survey
---@return dnsprobe.View
function M.view(group, type, truth, later)
    local view =
        { target = group.target, type = type, rows = batch.of_type(group, type), failed = 0, policy = 0 }
    table.move(later or {}, 1, #(later or {}), #view.rows + 1, view.rows)
    count_rows(view, truth)
    view.state = state_of(view)
    if truth and ends_now(view, truth) then
        view.state, view.why = "moving", "its TTL ended while we looked"
    end
    return view
end

--- How a resolver that is behind came to be so, in words, and how long it will last.
---@param view dnsprobe.View
---@param truth dnsprobe.TypeTruth
---@return { kind: string, text: string, left: number?, caches: integer? }
function M.reason(view, truth)
    local first = view.wrong[1].answer
    for _, row in ipairs(view.wrong) do
        local code = answers.has_ede(row.answer, M.STALE_EDE)
        if code then
            return {
                kind = "expired",
                text = string.format("past its TTL: %s (EDE %d)", M.STALE_EDE[code], code),
            }
        end
    end
    local cache = caches.view(view.wrong)
    if not cache then
        return { kind = "within", text = "no TTL to tell the age by" }
    end
    local result = { kind = "within", left = cache.left, caches = cache.caches > 1 and cache.caches or nil }
    if first.kind == "nxdomain" or first.kind == "nodata" then
        result.kind, result.text = "negative", "it remembers that there was none"
    elseif cache.pinned and cache.pinned <= M.STALE_TTL_MAX and cache.pinned < (truth.ttl or 0) then
        result.kind, result.left = "expired", nil
        result.text = "past its TTL: the TTL stands at " .. cache.pinned .. " s"
    elseif cache.past then
        result.kind, result.text = "refetched", "it outlived its TTL: fetched again from a source that is old"
    elseif cache.pinned then
        result.kind, result.left, result.text =
            "fixed", nil, "the TTL does not count down: not a cached answer"
    else
        result.text = "within its TTL"
    end
    return result
end

-- ---- failures that come and go ----

---@class dnsprobe.Flap
---@field target table
---@field failures integer
---@field samples integer
---@field kinds string[] ways of failing
---@field evidence dnsprobe.Exchange[]

local function is_silence(answer)
    return answer.kind == "timeout"
end

local function tally_failures(group, moment)
    local tally = { counts = {}, good = 0, samples = 0, evidence = {} }
    for _, row in ipairs(group.rows) do
        if not (moment and moment.has[row.exchange]) then
            local kind = row.answer.kind
            tally.samples = tally.samples + 1
            if M.is_failure(row.answer) then
                tally.counts[kind] = (tally.counts[kind] or 0) + 1
                tally.evidence[#tally.evidence + 1] = #tally.evidence < 4 and row.exchange or nil
            elseif answers.usable(row.answer) then
                tally.good = tally.good + 1
            end
        end
    end
    return tally
end

-- What got no answer at all, of the questions about the target and of the control question.
local function tally_silence(groups, moment)
    local tally = { failures = 0, samples = 0, first = math.huge, last = -math.huge }
    for _, group in ipairs(groups) do
        for _, row in ipairs(group.rows) do
            if not (moment and moments.holds(moment, row.exchange)) then
                tally.samples = tally.samples + 1
                if is_silence(row.answer) then
                    local sent = row.exchange.sent or 0
                    tally.failures = tally.failures + 1
                    tally.first, tally.last = math.min(tally.first, sent), math.max(tally.last, sent)
                end
            end
        end
    end
    return tally
end

---@class dnsprobe.Others what a resolver is held against
---@field failures integer what all the others lost
---@field samples integer
---@field resolvers integer how many resolvers are compared with them

-- Failures that were said, not those of silence, and the kinds of all.
local function spoken_of(counts)
    local spoken, kinds = 0, {}
    for kind, count in pairs(counts) do
        spoken = spoken + (kind == "timeout" and 0 or count)
        kinds[#kinds + 1] = kind
    end
    return spoken, kinds
end

-- Is a resolver silent more often than the others, and not for one blink?
local function is_lossy(silence, others)
    return path.often(silence.failures, silence.samples) and silence.last - silence.first > BLINK
        and spread.exceeds(silence, others) * math.max(LOSS_COMPARED, others.resolvers) < LOSS_ALPHA
end

--- Does a resolver alternate between answers and failures about this name, more than the path explains?
--- Errors count by themselves; silence counts where it exceeds that of the others (Fisher's exact test,
--- Bonferroni's correction).
---@param group dnsprobe.Group its questions about the target
---@param control dnsprobe.Group its control questions
---@param others dnsprobe.Others
---@param moment dnsprobe.Moment? in which others failed as well: does not count
---@return dnsprobe.Flap?
function M.flap(group, control, others, moment)
    local tally, silence = tally_failures(group, moment), tally_silence({ group, control }, moment)
    if tally.good == 0 then
        return nil
    end
    local spoken, kinds = spoken_of(tally.counts)
    local said, lost = path.often(spoken, tally.samples), is_lossy(silence, others)
    if not said and not lost then
        return nil
    end
    if lost and not tally.counts.timeout then
        kinds[#kinds + 1] = "timeout"
    end
    table.sort(kinds)
    local _, silent = batch.count(control.rows, is_silence, 4)
    return {
        target = group.target,
        kinds = kinds,
        failures = (said and spoken or 0) + (lost and silence.failures or 0),
        samples = lost and silence.samples or tally.samples,
        evidence = #tally.evidence > 0 and tally.evidence or silent,
    }
end

--- Does a resolver answer the control question? One that does not cannot be judged by the target.
---@param control dnsprobe.Group
---@return boolean
function M.answers_control(group)
    for _, row in ipairs(group.rows) do
        if answers.usable(row.answer) then
            return true
        end
    end
    return false
end

return M
