-- SPDX-License-Identifier: MIT
--- Do the new (and the old) servers answer as the delegated ones do, with authority?
--
-- Sends: for each name and type three queries to each server of the two lists and to each delegated server,
-- so that a lost packet is not taken for an answer. Records that rotate are compared as sets over all three.

local answers = require "dnsprobe.answers"
local servers = require "./servers.lua"

local SAMPLES = 3

local function measure(ctx)
    local questions = {}
    for _, name in ipairs(servers.names(ctx.params.names, ctx.target.name)) do
        for _, type in ipairs(ctx.target.types) do
            questions[#questions + 1] = { name = name, type = type, rd = false }
        end
    end
    local function sample(targets)
        return ctx:sample { targets = targets, questions = questions, n = SAMPLES }
    end
    return {
        present = sample(ctx.nameservers),
        new = sample(servers.targets(ctx.params.new_servers, ctx.port)),
        old = sample(servers.targets(ctx.params.old_servers or "", ctx.port)),
    }
end

-- Samples by server and question: what they say together, and whether they say it with authority.
local function collect(samples, by_server)
    local list, seen = {}, {}
    for _, sample in ipairs(samples) do
        local answer, q = answers.of(sample.exchange), sample.question
        local key = (by_server and sample.target.address or "") .. " " .. q.name .. " " .. q.type
        local cell = seen[key]
        if not cell then
            cell = {
                server = sample.target.address,
                name = q.name,
                type = q.type,
                values = {},
                kinds = {},
                evidence = {},
            }
            seen[key] = cell
            list[#list + 1] = cell
        end
        if answer.kind == "data" or answer.kind == "nodata" or answer.kind == "nxdomain" then
            cell.good, cell.aa = true, cell.aa or answer.aa
            cell.kinds[answer.kind] = true
            for _, value in ipairs(answer.values) do
                cell.values[value] = true
            end
        end
        cell.last = answers.text(answer)
        cell.evidence[#cell.evidence + 1] = sample.exchange
    end
    return list, seen
end

local function text_of(cell)
    local values = {}
    for value in pairs(cell.values) do
        values[#values + 1] = value
    end
    table.sort(values)
    return #values > 0 and table.concat(values, " ")
        or cell.kinds.nxdomain and "nothing (NXDOMAIN)"
        or "nothing"
end

local function compare(samples, present, what, report)
    local unready = {}
    for _, cell in ipairs((collect(samples, true))) do
        local today = present[" " .. cell.name .. " " .. cell.type]
        local given = {
            layer = "migration",
            subject = { server = cell.server, name = cell.name, type = cell.type },
            evidence = cell.evidence,
            severity = "critical",
            reproduce = { ("dig @%s %s %s +norec"):format(cell.server, cell.name, cell.type) },
        }
        if not (cell.good and cell.aa) and not unready[cell.server] then
            unready[cell.server] = true
            given.id = "migration.not-ready"
            given.summary = ("%s server %s is not authoritative for the zone (%s)"):format(
                what,
                cell.server,
                cell.last
            )
            given.fix = "Load the zone there, and see that nothing drops port 53 on the way."
            report:finding(given)
        elseif cell.good and cell.aa and today and today.good and text_of(cell) ~= text_of(today) then
            given.id = "migration.differs"
            given.summary = ("%s server %s answers otherwise for %s %s: %s, today it is %s"):format(
                what,
                cell.server,
                cell.name:gsub("%.$", ""),
                cell.type,
                text_of(cell),
                text_of(today)
            )
            given.fix = "Copy the zone again, and look at this record first."
            report:finding(given)
        end
    end
end

local function judge(data, report)
    local _, present = collect(data.present, false)
    if #data.new == 0 then
        report:status("unknown", "no new servers were named: --set new_servers=ADDRESS,ADDRESS")
        return
    end
    compare(data.new, present, "new", report)
    compare(data.old, present, "old", report)
end

return { id = "same-answers", title = "Do all servers say the same?", measure = measure, judge = judge,
    sends = "3 x names x types to each new, old and delegated server" }
