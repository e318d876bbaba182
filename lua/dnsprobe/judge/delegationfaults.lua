-- SPDX-License-Identifier: MIT
--- Findings about one delegation: what the parent says of a zone's servers against what the zone says.

local dig = require "dnsprobe.judge.tool.dig"
local names = require "dnsprobe.judge.tool.delegated"
local servers = require "dnsprobe.judge.tool.servers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- The servers above the zone that gave the delegation, for the reproduction and as evidence, and how many
--- gave one in all. With `shows`, only those whose referral shows what is wrong: they need not all be alike.
---@param trace dnsprobe.Trace
---@param shows? fun(message: table): boolean
local function referring(trace, shows)
    local above = trace.levels[#trace.levels - 1]
    local targets, exchanges, asked = {}, {}, 0
    for _, server in ipairs(above and above.servers or {}) do
        local message = server.kind == "referral" and server.exchange and server.exchange.response
        asked = asked + (server.kind == "referral" and 1 or 0)
        if server.kind == "referral" and (not shows or not message or shows(message)) then
            targets[#targets + 1] = { address = server.address, name = server.name, port = server.exchange
                and server.exchange.server.port }
            exchanges[#exchanges + 1] = #exchanges < 2 and server.exchange or nil
        end
    end
    return targets, exchanges, asked
end

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

local function reproduce(trace, name, targets, server, type)
    local lines = {}
    if targets[1] then
        lines[1] = dig.line(
            targets[1],
            trace.zone,
            "NS",
            { norecurse = true, extra = { "+authority", "+additional" } }
        )
    end
    if server then
        lines[2] = dig.line(server, name, type or "A", { norecurse = true })
    end
    return lines
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

local function judge_glue(report, trace, truth, own_samples)
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
    local targets, exchanges, asked = referring(trace, carries(first.name, shown))
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
        reproduce = reproduce(
            trace,
            first.name,
            targets,
            answering(truth),
            shown:find(":", 1, true) and "AAAA" or "A"
        ),
    }
end

local function judge_missing(report, trace)
    local missing = names.missing_glue(trace.zone, trace.parent.ns or {}, trace.parent.glue or {})
    if #missing == 0 then
        return
    end
    local all = #missing == #trace.parent.ns
    local targets, exchanges = referring(trace)
    report:finding {
        id = "delegation.glue-missing",
        severity = all and "critical" or "warning",
        summary = string.format(
            "the parent gives no address for %s, whose name lies in %s itself: %s",
            words.some(missing),
            trace.zone,
            all and "nobody can get there" or "resolvers cannot find that server"
        ),
        subject = { name = missing[1], label = missing[1] },
        evidence = exchanges,
        weight = all and 1 or 0,
        facts = { names = missing },
        fix = "At the registrar, register the addresses of "
            .. words.some(missing)
            .. " as host records (glue).",
        reproduce = reproduce(trace, missing[1], targets),
    }
end

local function judge_ns(report, trace)
    local parent_only, child_only = names.difference(trace.parent.ns, trace.child.ns)
    if #parent_only + #child_only == 0 then
        return
    end
    local parts, all = {}, {}
    if #parent_only > 0 then
        parts[1] = "only the parent lists " .. words.some(parent_only)
    end
    if #child_only > 0 then
        parts[#parts + 1] = "only the zone lists " .. words.some(child_only)
    end
    table.move(parent_only, 1, #parent_only, 1, all)
    table.move(child_only, 1, #child_only, #all + 1, all)
    local targets, exchanges = referring(trace)
    report:finding {
        id = "delegation.ns-mismatch",
        severity = "warning",
        summary = string.format(
            "parent and zone name different servers for %s: %s",
            trace.zone,
            words.list(parts)
        ),
        subject = { name = trace.zone, type = "NS" },
        evidence = exchanges,
        weight = 0,
        facts = { names = all },
        fix = "Make the NS records of the zone and the delegation at the registrar the same list.",
        reproduce = reproduce(trace, trace.zone, targets),
    }
end

--- Servers whose names lead nowhere: as good as dead, and a name that anybody may register.
local function judge_without_address(report, trace)
    local list = trace.without_address or {}
    if #list == 0 then
        return
    end
    local hosts, exchanges = {}, {}
    for i, one in ipairs(list) do
        hosts[i], exchanges[i] = one.name, one.exchange
    end
    local all = #list == #trace.parent.ns
    report:finding {
        id = "auth.ns-unreachable",
        severity = all and "critical" or "warning",
        summary = string.format(
            "%s %s delegated, but %s: nobody can ask that server",
            words.some(hosts),
            #hosts == 1 and "is" or "are",
            list[1].said == "nxdomain" and "the name does not exist" or "the name has no address"
        ),
        subject = { name = list[1].name, label = list[1].name },
        evidence = exchanges,
        weight = all and 1 or 0,
        facts = { names = hosts, servers = {} },
        fix = "Give the name an address again, or take it out of the delegation at the registrar and out of "
            .. "the zone's "
            .. "NS records. If the domain of the name has expired, do it at once: whoever registers it "
            .. "answers for "
            .. trace.zone
            .. ".",
        reproduce = { dig.line({ address = list[1].address }, list[1].name, "A", { norecurse = true }) },
    }
end

---@class dnsprobe.Delegation
---@field trace table the walk to the zone, as step `delegation` records it
---@field own dnsprobe.Batch what the zone's servers say of their addresses

--- Judge a delegation. That of a zone which an alias leads to is another party's: there only what keeps
--- look-ups from being answered is said, not lists that differ.
---@param report dnsprobe.Report
---@param data dnsprobe.Delegation
---@param truth dnsprobe.Truth
function M.judge(report, data, truth)
    local trace = data.trace
    judge_missing(report, trace)
    judge_without_address(report, trace)
    if not trace.child.ns or #trace.child.ns == 0 then
        report:note(
            "the servers of "
                .. trace.zone
                .. " did not say which servers they are: the sides cannot be compared"
        )
        return
    end
    if not truth.link then
        judge_ns(report, trace)
    end
    judge_glue(report, trace, truth, data.own)
end

return M
