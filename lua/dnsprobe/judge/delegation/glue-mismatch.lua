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

function M.judge(report, trace, truth, own_samples)
    local differences =
        names.glue_differences(trace.parent.glue, names.own(own_samples, trace.child.addresses))
    if #differences == 0 then
        return
    end
    local wrong, addresses, hosts = {}, {}, {}
    for _, difference in ipairs(differences) do
        hosts[#hosts + 1] = difference.name
        for _, address in ipairs(difference.extra) do
            wrong[address] = true
            addresses[#addresses + 1] = address
        end
    end
    local first, grave, what, port = differences[1], false, nil, nil
    for _, address in ipairs(addresses) do
        local text, bad, group = behind(truth, address, wrong)
        grave, what = grave or bad, what or text
        port = port or group and group.target.port
    end
    if truth.link and not grave then
        return
    end
    local shown = first.extra[1] or first.glue[1]
    local targets, exchanges, asked = referrals.referring(trace, carries(first.name, shown))
    report:finding {
        id = "delegation.glue-mismatch",
        severity = grave and "critical" or "warning",
        summary = string.format(
            "%s for %s is %s, its own address is %s%s",
            whose_glue(targets, asked),
            first.name,
            words.list(#targets < asked and #first.extra > 0 and first.extra or first.glue),
            words.list(first.own),
            what and "; the glue address " .. what or ""
        ),
        subject = { server = addresses[1], port = port, label = first.name, name = first.name },
        evidence = exchanges,
        weight = grave and #differences / math.max(1, #trace.parent.ns) or 0,
        facts = { servers = addresses, names = hosts, values = values_behind(truth, wrong) },
        fix = string.format(
            "At the registrar, set the host record (glue) of %s to %s.",
            first.name,
            words.list(first.own)
        ),
        reproduce = referrals.reproduce(
            trace,
            first.name,
            targets,
            answering(truth),
            shown:find(":", 1, true) and "AAAA" or "A"
        ),
    }
end

return M
