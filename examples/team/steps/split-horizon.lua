-- SPDX-License-Identifier: MIT
--- Split horizon: this host's resolvers know the inside names, public ones do not.
--
-- Sends: two A queries for each inside name to each of this host's resolvers and to three public ones.
--
-- Must not fall for: a resolver that does not answer at all; that is for other steps to tell.

local answers = require "dnsprobe.answers"

local SAMPLES, PUBLIC = 2, 3

local function measure(ctx)
    local questions = {}
    for word in ctx.params.inside_names:gmatch("[^,%s]+") do
        questions[#questions + 1] = { name = word .. "." .. ctx.target.name, type = "A", rd = true }
    end
    local public = {}
    for _, resolver in ipairs(ctx.resolvers) do
        if #public < PUBLIC and resolver.operator then -- those of the built-in list have one
            public[#public + 1] = resolver
        end
    end
    return { inside = ctx:sample { targets = ctx.host.resolvers, questions = questions, n = SAMPLES },
        outside = ctx:sample { targets = public, questions = questions, n = SAMPLES } }
end

-- The first sample of each server and name whose answer is of a kind in `kinds`.
local function first_of(samples, kinds)
    local out, seen = {}, {}
    for _, sample in ipairs(samples) do
        local answer, key = answers.of(sample.exchange), sample.target.address .. " " .. sample.question.name
        if kinds[answer.kind] and not seen[key] then
            seen[key] = true
            out[#out + 1] = {
                target = sample.target,
                name = sample.question.name,
                answer = answer,
                exchange = sample.exchange,
            }
        end
    end
    return out
end

local function report_each(list, report, given)
    for _, one in ipairs(list) do
        local who = one.target.name and ("%s (%s)"):format(one.target.name, one.target.address)
            or one.target.address
        report:finding {
            id = given.id,
            layer = "client",
            severity = "critical",
            fix = given.fix,
            evidence = { one.exchange },
            summary = given.text:format(who, one.name:gsub("%.$", ""), table.concat(one.answer.values, " ")),
            subject = { server = one.target.address, name = one.name, type = "A" },
            reproduce = { ("dig @%s %s A"):format(one.target.address, one.name) },
        }
    end
end

local function judge(data, report)
    report_each(
        first_of(data.outside, { data = true }),
        report,
        {
            id = "team.inside-leaks",
            text = "%s knows the inside name %s: %s",
            fix = "Take the inside names out of the public edition of the zone.",
        }
    )
    report_each(first_of(data.inside, { nxdomain = true, nodata = true }), report, {
        id = "team.inside-missing",
        text = "this host's resolver %s does not know the inside name %s%s",
        fix = "Point this host at an inside resolver, or give that resolver the inside edition of the zone.",
    })
end

return {
    id = "split-horizon",
    title = "Inside names are known inside only",
    measure = measure,
    judge = judge,
    sends = "2 x names to this host's resolvers and to three public ones",
}
