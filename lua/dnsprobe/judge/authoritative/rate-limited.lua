-- SPDX-License-Identifier: MIT
--- Rate limiting: failures that follow the query rate, against a slow control at the same server.
--
-- A limiter shows itself in one of four ways, which are kept apart: REFUSED, SERVFAIL, silence, and "slips",
-- small truncated answers that ask real clients to come back over TCP (BIND's RRL, Google). None of them is
-- proof by itself. What is proof is the dose: failures at the top of the climb exceed those at lower rates
-- beyond chance, and the slow control, which comes last, is well: a fault that merely began during the climb
-- would still be there.

local batch = require "dnsprobe.judge.tool.batch"
local borrowed = require "dnsprobe.dns.answers.borrowed"
local dig = require "dnsprobe.judge.tool.dig"
local spread = require "dnsprobe.judge.tool.spread"
local stats = require "dnsprobe.stats"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Level over all servers.
local ALPHA = 0.01
--- Level of the slow control by itself, where the slower stages of the climb make up the rest of the
--- evidence.
local ALPHA_SLOW = 0.05
--- A server whose slow control fails more often than this is ill at any rate (lower end of the 95 %
--- interval).
local SLOW_MAX = 0.01

--- A closed port is one of them: kernels send few ICMP errors a second, so above that rate it turns into
--- silence, and an address that is dead at any rate would look like one that is limited.
local FAILURES = { refused = "REFUSED", servfail = "SERVFAIL", timeout = "no answer", truncated = "truncated",
    unreachable = "unreachable" }

---@param answer dnsprobe.Answer
---@return string? what it was
function M.is_failure(answer)
    return FAILURES[answer.kind]
end

--- The same of an exchange.
---@param exchange dnsprobe.Exchange
---@return string? what it was
function M.failure_of(exchange)
    return FAILURES[borrowed.of(exchange).kind]
end

---@class dnsprobe.Dose
---@field target table
---@field fast dnsprobe.Tally the top of the climb
---@field middle dnsprobe.Tally the way up
---@field slow dnsprobe.Tally
---@field rates { rate: number, failures: integer, samples: integer }[] by rising rate
---@field kinds string[]
---@field words string[]
---@field evidence dnsprobe.Exchange[]

local function dose_of(group)
    local dose = {
        target = group.target, fast = { failures = 0, samples = 0 }, middle = { failures = 0, samples = 0 },
        slow = { failures = 0, samples = 0 }, question = group.rows[1].question, rates = {}, kinds = {},
        words = {}, evidence = {},
    }
    local by_rate, seen, top = {}, {}, 0
    for _, row in ipairs(group.rows) do
        top = math.max(top, row.question.rate)
    end
    for _, row in ipairs(group.rows) do
        local what = M.is_failure(row.answer)
        local tally = row.question.phase == "slow" and dose.slow
            or row.question.rate == top and dose.fast
            or dose.middle
        local rate = by_rate[row.question.rate]
        if not rate then
            rate = { rate = row.question.rate, failures = 0, samples = 0 }
            by_rate[row.question.rate], dose.rates[#dose.rates + 1] = rate, rate
        end
        tally.samples, rate.samples = tally.samples + 1, rate.samples + 1
        if what then
            tally.failures, rate.failures = tally.failures + 1, rate.failures + 1
            dose.evidence[#dose.evidence + 1] = #dose.evidence < 5 and row.exchange or nil
            if not seen[what] then
                seen[what] = true
                dose.kinds[#dose.kinds + 1], dose.words[#dose.words + 1] = row.answer.kind, what
            end
        end
    end
    table.sort(dose.rates, function(a, b)
        return a.rate < b.rate
    end)
    return dose
end

--- The highest rate at which nothing failed, and the lowest at which something did.
local function threshold(dose)
    local clean, broken
    for _, rate in ipairs(dose.rates) do
        if rate.failures == 0 and not broken then
            clean = rate.rate
        elseif rate.failures > 0 then
            broken = broken or rate.rate
        end
    end
    return clean, broken
end

-- Do the failures follow the rate?
local function follows_rate(dose, comparisons)
    local against_slow = spread.exceeds(dose.fast, dose.slow)
    if against_slow * comparisons < ALPHA then
        return true
    end
    local below = { failures = dose.slow.failures + dose.middle.failures,
        samples = dose.slow.samples + dose.middle.samples }
    return against_slow < ALPHA_SLOW and spread.exceeds(dose.fast, below) * comparisons < ALPHA
end

--- "limited" when failures follow the rate, "ill" when they are there at any rate, else "well".
local function fate(dose, comparisons)
    if dose.fast.failures == 0 and dose.slow.failures == 0 then
        return "well"
    end
    local slow_low = dose.slow.samples > 0 and stats.wilson(dose.slow.failures, dose.slow.samples) or 0
    if slow_low <= SLOW_MAX and follows_rate(dose, comparisons) then
        return "limited"
    end
    return slow_low > SLOW_MAX and "ill" or "well"
end

--- Did everybody fail alike at the top, the zone's servers and the resolvers? They have no limit in common;
--- this host's line has, and a second without network hits them all.
local function all_alike(doses)
    local tallies, sides = {}, { authoritative = {}, recursive = {} }
    for i, dose in ipairs(doses) do
        tallies[i] = { id = i, failures = dose.fast.failures, samples = dose.fast.samples }
        table.insert(sides[dose.target.side], tallies[i])
        if dose.fast.failures == 0 then
            return false
        end
    end
    return #sides.authoritative > 0 and #sides.recursive > 0 and #(spread.part(tallies, ALPHA)) == 0
end

local function crowd(clean)
    if not clean then
        return "even a few clients behind one address will meet it"
    end
    return string.format("a NAT with more than about %d clients that send a query each second would meet it",
        math.max(1, math.floor(clean)))
end

-- The doses of one side put together.
local function joined(doses)
    local all = { targets = {}, addresses = {}, kinds = {}, fast = { failures = 0, samples = 0 }, slow = 0,
        exchanges = {}, host = false }
    local fast, exchanges, seen = all.fast, all.exchanges, {}
    for i, dose in ipairs(doses) do
        all.targets[i], all.addresses[i] = dose.target, dose.target.address
        fast.failures, fast.samples = fast.failures + dose.fast.failures, fast.samples + dose.fast.samples
        all.slow = all.slow + dose.slow.failures
        all.host = all.host or dose.target.host or false
        table.move(dose.evidence, 1, math.min(3, #dose.evidence), #exchanges + 1, exchanges)
        for _, kind in ipairs(dose.kinds) do
            all.kinds[#all.kinds + 1] = not seen[kind] and kind or nil
            seen[kind] = true
        end
    end
    return all
end

local FIX = {
    authoritative = "Raise the responses-per-second of that server's rate limiting, exempt large resolvers, "
        .. "and keep `slip 2` so that real clients can come back over TCP.",
    recursive = "Ask less of it: cache on the hosts (unbound, dnsmasq, systemd-resolved), spread over "
        .. "several resolvers, or run a recursive resolver of your own behind the NAT.",
}

--- The doses of one side as one finding: two addresses of one server are limited by one setting.
local function report_limited(report, doses, side)
    local first, all, own = doses[1], joined(doses), side == "authoritative"
    local fast = all.fast
    local clean, broken = threshold(first)
    report:finding {
        id = own and "auth.rate-limited" or "recursive.rate-limited",
        severity = "warning",
        summary = string.format(
            "%s %s %s queries once they come at %d a second (%s), and %s of them slowly: %s",
            words.servers(all.targets),
            #all.targets == 1 and "fails" or "fail",
            words.of(fast.failures, fast.samples),
            math.floor(broken + 0.5),
            words.list(first.words),
            all.slow == 0 and "none" or all.slow,
            crowd(clean)
        ),
        subject = words.subject(first.target, { name = report.target.name }),
        stats = fast,
        evidence = all.exchanges,
        weight = fast.failures / fast.samples * #doses / math.max(1, doses.of_side),
        facts = { servers = all.addresses, kinds = all.kinds, host = all.host },
        fix = FIX[side],
        reproduce = {
            string.format(
                "for i in $(seq %d); do %s & done; wait",
                math.floor(broken * 2),
                dig.line(
                    first.target,
                    first.question.name,
                    first.question.type,
                    { norecurse = own or nil, notcp = true, time = 2 }
                ) .. " | grep -e status -e flags -e 'no servers'"
            ),
        },
    }
end

local function put_climb(report, doses)
    local rows = {}
    for i, dose in ipairs(doses) do
        local parts = {}
        for j, rate in ipairs(dose.rates) do
            parts[j] = string.format("%g/s %s", rate.rate, words.of(rate.failures, rate.samples))
        end
        rows[i] = { words.server(dose.target), dose.fate, table.concat(parts, ", "), words.list(dose.words) }
    end
    report:table { key = "climb", columns = { "server", "verdict", "failed at", "how" }, rows = rows }
end

-- The doses of the servers that were asked fast and answered anything.
local function answered_doses(climbs)
    local doses = {}
    for _, group in ipairs(batch.groups(climbs)) do
        local dose = group.rows[1] and dose_of(group)
        if dose and dose.fast.samples > 0
            and dose.fast.failures + dose.slow.failures < dose.fast.samples + dose.slow.samples then
            doses[#doses + 1] = dose
        end
    end
    return doses
end

--- The step's judge.
function M.judge(data, report)
    local doses = answered_doses(data.climbs)
    local answered = #doses
    if answered == 0 then
        report:status("unknown", "no server answered while the rate was low")
        return
    end
    local limited = { authoritative = { of_side = 0 }, recursive = { of_side = 0 } }
    local alike = all_alike(doses)
    if alike then
        report:note(
            "at the top of the climb every server failed as often as the others, so that no limit of one of "
                .. "them can be told: see the loss on the path, and whether this host was busy"
        )
    end
    for _, dose in ipairs(doses) do
        local side = limited[dose.target.side]
        dose.fate = alike and "as all" or fate(dose, answered)
        side.of_side = side.of_side + 1
        side[#side + 1] = dose.fate == "limited" and dose or nil
    end
    for _, side in ipairs { "authoritative", "recursive" } do
        if #limited[side] > 0 then
            report_limited(report, limited[side], side)
        end
    end
    put_climb(report, doses)
end

return M
