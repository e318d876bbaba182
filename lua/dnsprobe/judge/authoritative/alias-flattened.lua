-- SPDX-License-Identifier: MIT
--- A flattened alias against its target: addresses that the target has left, and regions it does not see.

local batch = require "dnsprobe.judge.tool.batch"
local dig = require "dnsprobe.judge.tool.dig"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Samples of the target below which its pool is not known.
local POOL_SAMPLES_MIN = 20

--- Addresses per value, over all rows of a type.
local function counted(groups, type)
    local counts, samples, ttl = {}, 0, nil
    for _, group in ipairs(groups) do
        for _, row in ipairs(batch.of_type(group, type)) do
            if row.answer.kind == "data" then
                samples = samples + 1
                ttl = math.max(ttl or 0, row.answer.ttl or 0)
                for _, value in ipairs(row.answer.values) do
                    counts[value] = (counts[value] or 0) + 1
                end
            end
        end
    end
    return counts, samples, ttl
end

--- Has the whole pool been seen? Values seen only once tell of others not seen at all (Good and Turing).
local function is_saturated(counts, samples)
    for _, count in pairs(counts) do
        if count == 1 then
            return false
        end
    end
    return samples >= POOL_SAMPLES_MIN
end

--- A TTL that moves at an authoritative server: the record is a copy from a cache.
local function counts_down(truth, type)
    for _, group in ipairs(truth.groups) do
        local first
        for _, row in ipairs(batch.of_type(group, type)) do
            if row.answer.kind == "data" and row.answer.aa then
                first = first or row.answer.ttl
                if row.answer.ttl ~= first then
                    return true
                end
            end
        end
    end
    return false
end

--- The name's own addresses do not serve it, and the target's do: it was left behind.
local function is_abandoned(data)
    local own_ok, own_failed, target_ok = 0, 0, 0
    for _, try in ipairs(data.alias.reach or {}) do
        local ok = try.outcome == "ok"
        if try.side == "target" then
            target_ok = target_ok + (ok and 1 or 0)
        elseif try.outcome ~= "canceled" and try.outcome ~= "local" then
            own_ok, own_failed = own_ok + (ok and 1 or 0), own_failed + (ok and 0 or 1)
        end
    end
    return own_ok == 0 and own_failed > 0 and target_ok > 0
end

local function first_evidence(truth, pool, type)
    local list = {}
    for _, groups in ipairs { truth.groups, pool } do
        for _, group in ipairs(groups) do
            local row = batch.of_type(group, type)[1]
            if row then
                list[#list + 1] = row.exchange
                break
            end
        end
    end
    return list
end

local function reproduce(data, truth, pool, type, options)
    local lines = {}
    local own, theirs = truth.groups[1], pool[1]
    options = options or { norecurse = true }
    lines[1] = own and dig.line(own.target, truth.name, type, options)
    lines[#lines + 1] = theirs and dig.line(theirs.target, data.alias.final, type, options)
    return lines
end

---@class dnsprobe.AliasView one type
local function look(data, truth, type)
    local pool, abroad = batch.groups(data.alias.pool), batch.groups(data.alias.pool_abroad)
    local counts, samples, ttl = counted(pool, type)
    local elsewhere = counted(abroad, type)
    local one = truth.types[type]
    local view = {
        type = type,
        pool = pool,
        abroad = abroad,
        samples = samples,
        pool_ttl = ttl,
        left = {},
        shared = 0,
        own_ttl = one and one.ttl,
        saturated = is_saturated(counts, samples),
        copied = counts_down(truth, type),
    }
    for value in pairs(one and one.values or {}) do
        if counts[value] or elsewhere[value] then
            view.shared = view.shared + 1
        else
            view.left[#view.left + 1] = value
        end
    end
    table.sort(view.left)
    return view
end

local function has_any(values, wanted)
    for _, value in ipairs(values) do
        for _, one in ipairs(wanted) do
            if value == one then
                return true
            end
        end
    end
    return false
end

-- How many answers of the zone's servers hold a value that the target has left, of how many with values.
local function count_left(truth, view)
    local wrong, samples = 0, 0
    for _, group in ipairs(truth.groups) do
        for _, row in ipairs(batch.of_type(group, view.type)) do
            samples = samples + (#row.answer.values > 0 and 1 or 0)
            wrong = wrong + (has_any(row.answer.values, view.left) and 1 or 0)
        end
    end
    return wrong, samples
end

local function report_stale(report, data, truth, view)
    local wrong, samples = count_left(truth, view)
    local longer = view.own_ttl and view.pool_ttl and view.own_ttl > view.pool_ttl and
        string.format("; its TTL is %d s, the target's %d s", view.own_ttl, view.pool_ttl) or ""
    report:finding {
        id = "auth.alias-stale",
        severity = "critical",
        summary = string.format(
            "%s gives %s, which its target %s no longer gives (0 of %d samples)%s",
            truth.name,
            words.list(view.left),
            data.alias.target,
            view.samples,
            longer
        ),
        subject = { name = truth.name, type = view.type },
        stats = { failures = wrong, samples = samples },
        evidence = first_evidence(truth, view.pool, view.type),
        weight = samples > 0 and wrong / samples or nil,
        facts = { addresses = view.left, values = view.left, names = { data.alias.target } },
        fix = "Have the provider resolve the alias again, and move to one that honours the target's TTL; or "
            .. "serve the site from `www` with a CNAME and redirect the apex.",
        reproduce = reproduce(data, truth, view.pool, view.type),
    }
end

--- Answers by region: does the side tell regions apart?
local function regional(groups, type)
    local by_subnet, subnets = {}, {}
    for _, group in ipairs(groups) do
        for _, row in ipairs(batch.of_type(group, type)) do
            local subnet = row.question.subnet
            if subnet and row.answer.kind == "data" then
                if not by_subnet[subnet] then
                    by_subnet[subnet] = {}
                    subnets[#subnets + 1] = subnet
                end
                by_subnet[subnet][row.answer.key] = true
            end
        end
    end
    table.sort(subnets)
    return by_subnet, subnets
end

--- True when each region always gets one answer, and not all get the same.
local function tells_apart(by_subnet, subnets)
    local seen, kinds = {}, 0
    for _, subnet in ipairs(subnets) do
        local key = next(by_subnet[subnet])
        if next(by_subnet[subnet], key) then
            return false
        end
        kinds = kinds + (seen[key] and 0 or 1)
        seen[key] = true
    end
    return kinds > 1
end

local function is_uniform(by_subnet, subnets)
    local only
    for _, subnet in ipairs(subnets) do
        for key in pairs(by_subnet[subnet]) do
            only = only or key
            if key ~= only then
                return false
            end
        end
    end
    return only ~= nil
end

local function judge_geo(report, data, truth, view)
    local theirs, their_subnets = regional(view.abroad, view.type)
    local own, own_subnets = regional(batch.groups(data.alias.own_abroad), view.type)
    if not tells_apart(theirs, their_subnets) or not is_uniform(own, own_subnets) then
        return
    end
    local only = next(own[own_subnets[1]])
    report:finding {
        id = "auth.alias-geo-blind",
        severity = "warning",
        summary = string.format(
            "%s gives every region %s, while its target %s answers by the client's place",
            truth.name,
            only,
            data.alias.target
        ),
        subject = { name = truth.name, type = view.type },
        evidence = first_evidence(truth, view.abroad, view.type),
        weight = 0,
        facts = { names = { data.alias.target } },
        fix = "Use a provider whose ALIAS passes the client's subnet on, or serve the site from `www` with a "
            .. "CNAME.",
        reproduce = reproduce(
            data,
            truth,
            view.pool,
            view.type,
            { norecurse = true, subnet = their_subnets[1] }
        ),
    }
    return true
end

local function judge_type(report, data, truth, view)
    local flattened = view.shared > 0 or view.copied or data.given or is_abandoned(data)
    if not flattened or not next(truth.types[view.type].values) or view.samples == 0 then
        return false
    end
    if #view.left > 0 and view.saturated then
        report_stale(report, data, truth, view)
    elseif #view.left > 0 then
        report:note(
            string.format(
                "%s: %s was not among the %d answers of the target, but its pool is too large to say that it "
                    .. "left",
                view.type,
                words.list(view.left),
                view.samples
            )
        )
    end
    judge_geo(report, data, truth, view)
    return true
end

--- The step's judge.
function M.judge(data, report)
    if not data.alias then
        report:note("no alias target is known (`www` is no CNAME): nothing to compare with")
        return
    end
    local truth = truths.of(data.truth)
    local found, shared = false, nil
    for _, type in ipairs(data.types) do
        local view = look(data, truth, type)
        if judge_type(report, data, truth, view) then
            found, shared = true, shared or view
        end
    end
    report:put("target", data.alias.target)
    if not found then
        report:note("the name has nothing in common with " .. data.alias.target .. ": it is not its alias")
        return
    end
    report:finding {
        id = "auth.alias-flattened", severity = "info",
        summary = string.format("%s is a flattened alias of %s", truth.name, data.alias.target),
        subject = { name = truth.name, type = shared.type },
        evidence = first_evidence(truth, shared.pool, shared.type), facts = { names = { data.alias.target } },
        fix = "None is needed.", reproduce = reproduce(data, truth, shared.pool, shared.type),
    }
end

return M
