-- SPDX-License-Identifier: MIT
--- Does every server of the zone treat EDNS as RFC 6891 says? ISC's compliance tests, as exact exchanges.
--
-- Sends: 14 questions about the zone's apex to every address of every delegated server; what comes out wrong
-- is asked 2 more times. 14 packets per healthy server, 3 to one that does not answer the first question,
-- which is plain DNS.
--
-- Must not fall for:
--   loss on the way              a test is wrong only when it came out wrong each time
--   dead and lame servers        a server that fails plain DNS is not blamed for EDNS
--   options that are optional    NSID, COOKIE, client subnet and EXPIRE need not be taken up

local batch = require "dnsprobe.judge.tool.batch"
local compliance = require "dnsprobe.judge.path.compliance"
local ednstests = require "dnsprobe.judge.tool.ednstests"
local task = require "dnsprobe.task"

--- Servers, and tests of each, that are under way at once: what times out must not hold up the rest.
local SERVERS_AT_ONCE = 8
local TESTS_AT_ONCE = #ednstests.list

local function options_of(test, zone, target)
    local options = {
        name = zone, type = test.type or "SOA", rd = false, server = target.address, port = target.port,
        label = target.label or target.name,
    }
    for key, value in pairs(test.ask) do
        options[key] = value
    end
    return options
end

--- One test until it comes out right, into `samples`; whether the server answered at all.
local function try(ctx, options, test, question, target, samples)
    local answered = false
    for _ = 0, ctx.params.test_confirm do
        local exchange = ctx:exchange(options)
        samples[#samples + 1] = { target = target, question = question, exchange = exchange }
        answered = answered or exchange.outcome == "answer"
        if exchange.outcome == "canceled" or #ednstests.deviations(test, exchange) == 0 then
            break
        end
    end
    return answered
end

--- All tests at one server; a server that is dead to plain DNS is left alone.
local function test_server(ctx, zone, target, questions, samples)
    local rest = {}
    for i, test in ipairs(ednstests.list) do
        rest[i] = function()
            return try(ctx, options_of(test, zone, target), test, questions[i], target, samples)
        end
    end
    local plain = table.remove(rest, 1)
    if plain() then
        task.map(rest, function(one) return one() end, { limit = TESTS_AT_ONCE })
    end
end

local function measure(ctx)
    ctx:progress("trying EDNS as ISC's compliance tests do")
    local zone = ctx:trace().zone or ctx.target.name
    local questions, by_target, samples = {}, {}, {}
    for i, test in ipairs(ednstests.list) do
        questions[i] = { test = test.id, name = zone, type = test.type or "SOA" }
    end
    task.map(ctx.nameservers, function(target)
        by_target[target] = {}
        test_server(ctx, zone, target, questions, by_target[target])
    end, { limit = SERVERS_AT_ONCE })
    for _, target in ipairs(ctx.nameservers) do -- not in the order in which they came to their end
        table.move(by_target[target], 1, #by_target[target], #samples + 1, samples)
    end
    return { zone = zone, tests = batch.pack(samples) }
end

return {
    id = "compliance",
    title = "EDNS compliance of the zone's servers",
    sends = "14 questions to every delegated server",
    params = {
        test_confirm = {
            type = "integer",
            default = 2,
            min = 0,
            max = 20,
            help = "how often a test that came out wrong is repeated: 2 make a loss of 4% look like a fault "
                .. "once in 16000",
        },
    },
    measure = measure,
    judge = compliance.judge,
}
