-- SPDX-License-Identifier: MIT
--- delegation.glue-mismatch: the parent's glue differs from the servers' own addresses.

local names = require "dnsprobe.judge.tool.delegated"
local referrals = require "dnsprobe.judge.tool.referrals"
local servers = require "dnsprobe.judge.tool.servers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Does a referral carry this address for this name?
local function carries(name, address)
    return function(message)
        for _, record in ipairs(message.additional or {}) do
            if record.name:lower() == name:lower() and record.rdata:lower() == address:lower() then
                return true
            end
        end
        return false
    end
end

--- "the parent's glue", or that of the parent's servers which give it where others do not.
local function whose_glue(targets, asked)
    if #targets == 0 or #targets == asked then
        return "the parent's glue"
    end
    return string.format(
        "the glue at %s of the parent's servers (%s)",
        words.of(#targets, asked),
        words.servers(targets)
    )
end

--- A server of the zone to ask for its name's own address: one that answers.
local function answering(truth)
    for _, group in ipairs(truth.groups) do
        if servers.state(group).good > 0 then
            return group.target
        end
    end
    return truth.groups[1] and truth.groups[1].target
end

--- How the server behind a glue address is doing: its state, and whether its answers are those of the others.
local function behind(truth, address, wrong)
    for _, group in ipairs(truth.groups) do
        if group.target.address == address then
            local state = servers.state(group)
            if state.dead then
                return "is silent", true, group
            end
            if state.lame then
                return "is not authoritative for the zone", true, group
            end
            for type in pairs(truth.types) do
                for key in pairs(truths.of_group(group, type).keys) do
                    if not truths.given_by_others(truth, type, key, wrong) then
                        return "answers " .. type .. " with " .. key, true, group
                    end
                end
            end
            return "answers like the others", false, group
        end
    end
    return "was not asked", false
end

local function values_behind(truth, wrong)
    local values = {}
    for _, group in ipairs(truth.groups) do
        if wrong[group.target.address] then
            for type in pairs(truth.types) do
                for value in pairs(truths.of_group(group, type).values) do
                    values[#values + 1] = value
                end
            end
        end
    end
    table.sort(values)
    return values
end

-- What the extra glue addresses lead to: the addresses, as a list and a set; whether one of them does harm;
-- in words, where and what.
local function look_behind(truth, differences)
    local found = { addresses = {}, wrong = {}, grave = false, what = nil, port = nil }
    for _, difference in ipairs(differences) do
        for _, address in ipairs(difference.extra) do
            found.wrong[address] = true
            found.addresses[#found.addresses + 1] = address
        end
    end
    for _, address in ipairs(found.addresses) do
        local text, bad, group = behind(truth, address, found.wrong)
        found.grave, found.what = found.grave or bad, found.what or text
        found.port = found.port or group and group.target.port
    end
    return found
end

local function names_of(differences)
    local out = {}
    for i, difference in ipairs(differences) do
        out[i] = difference.name
    end
    return out
end

local function tell(report, trace, truth, differences, found)
    local first, grave, addresses = differences[1], found.grave, found.addresses
    local shown = first.extra[1] or first.glue[1]
    local targets, exchanges, asked = referrals.referring(trace, carries(first.name, shown))
    local differing = #targets < asked and #first.extra > 0 and first.extra or first.glue
    local type = shown:find(":", 1, true) and "AAAA" or "A"
    report:finding {
        id = "delegation.glue-mismatch",
        severity = grave and "critical" or "warning",
        summary = string.format(
            "%s for %s is %s, its own address is %s%s",
            whose_glue(targets, asked),
            first.name,
            words.list(differing),
            words.list(first.own),
            found.what and "; the glue address " .. found.what or ""
        ),
        subject = { server = addresses[1], port = found.port, label = first.name, name = first.name },
        evidence = exchanges,
        weight = grave and #differences / math.max(1, #trace.parent.ns) or 0,
        facts = { servers = addresses, names = names_of(differences),
            values = values_behind(truth, found.wrong) },
        fix = string.format("At the registrar, set the host record (glue) of %s to %s.", first.name,
            words.list(first.own)),
        reproduce = referrals.reproduce(trace, first.name, targets, answering(truth), type),
    }
end

function M.judge(report, trace, truth, own_samples)
    local differences =
        names.glue_differences(trace.parent.glue, names.own(own_samples, trace.child.addresses))
    local found = look_behind(truth, differences)
    if #differences > 0 and (found.grave or not truth.link) then
        tell(report, trace, truth, differences, found)
    end
end

return M
