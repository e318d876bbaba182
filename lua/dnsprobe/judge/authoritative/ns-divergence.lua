-- SPDX-License-Identifier: MIT
--- auth.ns-divergence: the zone's servers answer the same question differently.

local contents = require "dnsprobe.judge.tool.contents"
local dig = require "dnsprobe.judge.tool.dig"
local servers = require "dnsprobe.judge.tool.servers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local function camp_text(camp)
    local names = {}
    for i, series in ipairs(camp.members) do
        names[i] = words.server(series.target)
    end
    return words.some(names, 3)
        .. (#names == 1 and " gives " or " give ")
        .. (camp.text:gsub("nodata", "NODATA"):gsub("nxdomain", "NXDOMAIN"))
end

local function divergence_summary(truth, type, fault)
    local parts = {}
    for _, camp in ipairs(fault.camps) do
        if camp ~= fault.right then
            parts[#parts + 1] = camp_text(camp)
        end
    end
    local others = fault.right and ", the others " .. contents.text_of(fault.right.text) or ""
    if fault.by == "primary" then
        others = ", the primary " .. contents.text_of(fault.right.text) .. " under an older serial"
    end
    return string.format("%s servers disagree about %s: %s%s",
        truth.link and "the name leads to " .. truth.name .. ", and that zone's" or "the zone's", type,
        words.some(parts, 3), others)
end

--- How long resolvers keep what each server gives (seconds).
local function ttls_of(truth, type)
    local ttls = {}
    for _, group in ipairs(truth.groups) do
        local one = truths.of_group(group, type)
        ttls[group.target.address] = one.good > 0 and math.max(1, one.ttl or 1) or nil
    end
    return ttls
end

-- The secondaries' serial is newer than the primary's: they will not take anything from it.
local function stuck_text(fault)
    local names = words.servers(contents.targets_of(fault.wrong))
    return ("The serial of %s is newer than the primary's (RFC 1982), so no transfer is made: raise the "
        .. "primary's serial above it (in two steps of less than 2^31 where it lies far ahead), or make them "
        .. "transfer once by hand."):format(names)
end

function M.judge(report, truth, types, fault)
    local wrong, evidence, targets, ids, hit = fault.wrong, {}, contents.targets_of(fault.wrong), {}, {}
    local failures = 0
    for i, series in ipairs(wrong) do
        ids[i], hit[series.target.address] = series.target.address, true
        failures = failures + #series.points
        evidence[#evidence + 1] = series.points[1].exchange
    end
    local samples = 0
    for _, camp in ipairs(fault.camps) do
        for _, series in ipairs(camp.members) do
            samples = samples + #series.points
        end
    end
    if fault.right then
        evidence[#evidence + 1] = fault.right.members[1].points[1].exchange
        targets[#targets + 1] = fault.right.members[1].target
    end
    report:finding {
        id = "auth.ns-divergence",
        severity = "critical",
        summary = divergence_summary(truth, types[1], fault),
        subject = words.subject(wrong[1].target, { name = truth.name, type = table.concat(types, ",") }),
        stats = { failures = failures, samples = samples },
        evidence = evidence,
        weight = servers.share(truth.groups, hit, ttls_of(truth, types[1])),
        facts = { servers = ids, values = contents.values_of(wrong),
            by = fault.right and fault.by or "unknown" },
        fix = fault.by == "primary" and fault.right and stuck_text(fault)
            or fault.right
                and "Repair the zone transfer to " .. words.servers(contents.targets_of(wrong))
                    .. ": check NOTIFY, the transfer ACL and TSIG key, and that nobody edits the zone there "
                    .. "by hand; then compare the serials."
            or "Find out which server has the intended data, and repair the zone transfer to the other.",
        reproduce = dig.lines(targets, truth.name, types[1], { norecurse = true }),
    }
end

return M
