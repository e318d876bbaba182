-- SPDX-License-Identifier: MIT
--- client.libc-differs: what programs get is not what this host's resolvers give.
--
-- The C library was asked as programs ask it: the name as typed (search list and ndots in play), both address
-- families at once, several times. Beside it stand its look-ups of the absolute name for one family each, and
-- the exact answers of the resolvers, which have to be right: else the fault is theirs. `facts.reason`:
--
--   nsswitch      no address, and the hosts line of nsswitch.conf ends the look-up before DNS, or has none
--   search-list   other addresses, those of the name with a search domain behind it
--   one-socket    both families at once take seconds or fail, each alone is quick: of two questions from one
--                 socket one is lost (a NAT or firewall that forgets the port after one answer)
--   use-vc        "options use-vc" makes every look-up one over TCP
--   unknown       none of these

local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Programs and their users wait so long (µs).
local PATIENCE_US = 2000000

local FINE = { right = true, moving = true, elsewhere = true }

--- Does a resolver of this host give the truth for every type, and none of them anything else?
local function resolvers_right(groups, truth, types)
    local right = false
    for _, group in ipairs(groups.domain) do
        for _, type in ipairs(group.target.host and types or {}) do
            local view = resolvers.view(group, type, truth.types[type])
            if not FINE[view.state] and view.state ~= "unknown" or view.failed > 0 then
                return false
            end
            right = right or view.state == "right"
        end
    end
    return right
end

-- The addresses that the zone gives, and those that this host's resolvers make of them (DNS64, RFC 6147).
local function true_addresses(truth, groups)
    local set, any = {}, false
    for _, group in ipairs(groups.domain) do
        for _, row in ipairs(group.target.host and group.rows or {}) do
            for _, value in ipairs(row.answer.values) do
                set[value:lower()] = true
            end
        end
    end
    for _, type in ipairs { "A", "AAAA" } do
        for value in pairs(truth.types[type] and truths.values(truth.types[type]) or {}) do
            set[value:lower()], any = true, true
        end
    end
    return set, any
end

--- "right", "none" or "other", and whether it took longer than people wait.
local function fate(result, known)
    local kind = #(result.addresses or {}) == 0 and "none" or "right"
    for _, address in ipairs(result.addresses or {}) do
        kind = known[address:lower()] and kind or "other"
    end
    return kind, (result.elapsed_us or 0) > PATIENCE_US
end

local function tally(list, known)
    local counts = { right = 0, none = 0, other = 0, slow = 0, bad = 0, n = #list }
    for _, result in ipairs(list) do
        local kind, slow = fate(result, known)
        counts[kind] = counts[kind] + 1
        counts.slow = counts.slow + (slow and 1 or 0)
        counts.bad = counts.bad + ((kind ~= "right" or slow) and 1 or 0)
        counts.first = counts.first or (kind ~= "right" or slow) and result or nil
    end
    return counts
end

--- The look-ups of the absolute name, one family each.
local function alone(data, known)
    local list = {}
    for _, lookup in ipairs(data.view.lookups) do
        local libc = lookup.libc
        list[#list + 1] = libc and #(libc.addresses or {}) > 0 and libc or nil
    end
    return tally(list, known)
end

local function stops_before_dns(host)
    local has_dns = false
    for i, source in ipairs(host.nsswitch or {}) do
        local action = (host.nsswitch_actions or {})[i]
        if source == "dns" then
            return false
        elseif type(action) == "string" and action ~= "" and action:lower():find("return", 1, true) then
            return true
        end
        has_dns = has_dns or source == "resolve"
    end
    return not has_dns
end

local function dots(name)
    return select(2, name:gsub("%.", ""))
end

local function is_searched(report, host)
    local typed = report.target.name:gsub("%.$", "")
    return #(host.search or {}) > 0 and dots(typed) < (host.options and host.options.ndots or 1)
end

-- The reasons in the order in which they are tried.
local REASONS = {
    { "nsswitch", function(_, host, counts, single)
        return counts.none > 0 and single.n == 0 and host.nsswitch_line and stops_before_dns(host)
    end },
    { "search-list", function(report, host)
        return is_searched(report, host)
    end },
    { "use-vc", function(_, host, counts)
        return host.options and host.options.use_vc and counts.other == 0
    end },
    { "one-socket", function(_, _, counts, single)
        return single.n > 0 and single.bad == 0 and counts.other == 0
    end },
}

local function reason_of(report, counts, single)
    for _, row in ipairs(REASONS) do
        if row[2](report, report.host or {}, counts, single) then
            return row[1]
        end
    end
    return "unknown"
end

local function got(result)
    local list = table.move(result.addresses or {}, 1, #(result.addresses or {}), 1, {})
    table.sort(list)
    return #list > 0 and words.some(list, 3) or "no address"
end

local TEXT = {
    nsswitch = function(report)
        local host = report.host
        return ("the line `%s` of %s (line %d) ends the look-up before DNS is asked"):format(
            tostring(host.nsswitch_text), host.sources and host.sources.nsswitch or "nsswitch.conf",
            host.nsswitch_line)
    end,
    ["search-list"] = function(report)
        local host = report.host
        return ("with ndots:%d every name of fewer dots is tried with the search list first (%s)"):format(
            host.options.ndots, words.list(host.search))
    end,
    ["one-socket"] = function()
        return "each address family alone is quick: of two questions from one socket one is lost on the way"
    end,
    ["use-vc"] = function()
        return "`options use-vc` makes it ask over TCP only"
    end,
    unknown = function()
        return "the resolvers themselves are quick and right"
    end,
}

local FIX = {
    nsswitch = "Let `dns` come before that action in the hosts line of nsswitch.conf, or take the action "
        .. "out.",
    ["search-list"] = "Write the name with a dot at its end in the program's settings, lower ndots, or take "
        .. "the domain with the wildcard off the search list of resolv.conf (in a pod: dnsConfig).",
    ["one-socket"] = "Set `options single-request-reopen` in resolv.conf, run a cache on this host or node, "
        .. "and mend the box between that loses the second packet (conntrack: insert_failed counts).",
    ["use-vc"] = "Take `use-vc` out of the options of resolv.conf, or let TCP port 53 through to the "
        .. "resolver.",
    unknown = "Compare `getent ahosts NAME` with `dig NAME`, and look with strace at whom the program asks.",
}

local function summary(report, counts, reason)
    local what = counts.other > 0 and "gives " .. got(counts.first) .. ", which the zone does not give"
        or counts.none > 0 and "finds no address" or "takes " .. words.time(counts.first.elapsed_us)
    return ("the C library, asked for %s as programs ask, %s (%s look-ups); this host's resolvers give the "
        .. "right answer: %s"):format(report.target.name:gsub("%.$", ""), what,
        words.of(counts.bad, counts.n), TEXT[reason](report))
end

---@param report dnsprobe.StepReport
---@param data table what step `not-dns` measured
---@param truth dnsprobe.Truth
---@param groups dnsprobe.ResolverGroups
function M.judge(report, data, truth, groups)
    local programs = data.view.programs or {}
    local known, any = true_addresses(truth, groups)
    if #programs == 0 or #data.view.hosts > 0 or not any
        or not resolvers_right(groups, truth, report.target.types) then
        return
    end
    local counts = tally(programs, known)
    if counts.bad == 0 then
        return
    end
    local reason = reason_of(report, counts, alone(data, known))
    if reason == "unknown" and (counts.other > 0 or counts.bad < counts.n) then
        return -- a pool that gave what nobody else got, or one slow moment
    end
    local name = report.target.name:gsub("%.$", "")
    report:finding {
        id = "client.libc-differs",
        severity = "critical",
        summary = summary(report, counts, reason),
        subject = { name = report.target.name },
        stats = { failures = counts.bad, samples = counts.n },
        weight = counts.bad / counts.n,
        facts = { reason = reason, host = true },
        fix = FIX[reason],
        reproduce = { "getent ahosts " .. name, "dig " .. name .. " A +short" },
    }
end

return M
