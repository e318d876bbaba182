-- SPDX-License-Identifier: MIT
--- delegation.ns-unusable: a delegated server that nobody can ask, because of its name or its address.
--- `facts.reason`:
--
--   unresolved   its name has no address that anybody can learn: the servers of the name's own zone are
--   silent, or fail
--   alias        its name is an alias, which the name of a server must not be (RFC 2181, section 10.3)
--   private      an address of it is private: nobody outside can reach it
--   circle       its name lies in a zone whose own servers have their names in this one, and neither has glue
-- A name that its zone denies is auth.ns-unreachable (delegation/ns-without-address.lua).

local dig = require "dnsprobe.judge.tool.dig"
local referrals = require "dnsprobe.judge.tool.referrals"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@class dnsprobe.UnusableServer as step `delegation` records it (judge/tool/delegated.lua)
---@field name string
---@field reason "unresolved"|"alias"|"private"|"circle"
---@field zone string? whose servers were asked for the address
---@field servers string[]? addresses of these that are silent or fail
---@field said string? what they say instead: "timeout", "servfail", ...
---@field target string? what the alias points at
---@field addresses string[]? the private ones
---@field rest boolean? it has others beside them
---@field exchange dnsprobe.Exchange?

local TEXT = {
    unresolved = function(one)
        return ("%s cannot be resolved: the servers of %s %s"):format(one.name, one.zone or "its zone",
            one.said == "timeout" and ("(%s) do not answer"):format(words.some(one.servers, 3))
                or ("(%s) fail: %s"):format(words.some(one.servers, 3), tostring(one.said)))
    end,
    alias = function(one)
        return ("%s is an alias of %s"):format(one.name, one.target or "another name")
    end,
    private = function(one)
        return ("%s has the private address %s, which nobody outside can reach"):format(one.name,
            words.list(one.addresses or {}))
    end,
    circle = function(one)
        return ("%s lies in a zone whose servers can only be found through this one"):format(one.name)
    end,
}

local FIX = {
    unresolved = "Bring the servers of that zone back (see it as a target of its own: dnsprobe run "
        .. "intermittent NAME), or take the name out of the delegation and of the zone's NS records.",
    alias = "Give the server's name addresses of its own (A, AAAA), or name the server by the name that has "
        .. "them.",
    circle = "Give one of the two zones a server whose name lies in itself, with glue at the registrar.",
    private = "Give the server a public address, or take it out of the delegation and of the zone's NS "
        .. "records.",
}

-- Where it shows: at who was asked for the name, at the private address, or at the parent's servers.
local function reproduce(report, trace, one)
    local address = one.servers and one.servers[1] or one.addresses and one.addresses[1]
    if address then
        return {
            dig.line(
                { address = address },
                one.servers and one.name or trace.zone,
                one.servers and "A" or "SOA",
                { norecurse = true }
            ),
        }
    end
    local targets = referrals.referring(trace)
    return dig.lines(
        targets,
        report.target.name,
        "NS",
        { norecurse = true, extra = { "+authority", "+additional" } },
        1
    )
end

-- Texts, names, exchanges and addresses of all of them, and how many of them are of no use at all.
local function gathered(list)
    local out = { texts = {}, hosts = {}, exchanges = {}, addresses = {}, gone = 0 }
    for i, one in ipairs(list) do
        out.texts[i], out.hosts[i] = TEXT[one.reason](one), one.name
        out.exchanges[#out.exchanges + 1] = one.exchange
        table.move(one.servers or {}, 1, #(one.servers or {}), #out.addresses + 1, out.addresses)
        out.gone = out.gone + ((one.rest or one.reason == "alias") and 0 or 1)
    end
    return out
end

---@param report dnsprobe.StepReport
---@param trace table the walk as step `delegation` records it
function M.judge(report, trace)
    local list = trace.unusable or {}
    if #list == 0 then
        return
    end
    local all, ns, first = gathered(list), #(trace.parent.ns or {}), list[1]
    local every = all.gone >= ns
    report:finding {
        id = "delegation.ns-unusable",
        severity = every and "critical" or "warning",
        summary = ("%s of the %d servers of %s cannot be asked as %s should: %s"):format(
            every and "all" or tostring(#list),
            ns,
            trace.zone,
            #list == 1 and "it" or "they",
            words.some(all.texts, 3)
        ),
        subject = { name = first.name, label = first.name, server = first.addresses and first.addresses[1] },
        evidence = all.exchanges,
        weight = every and 1 or 0,
        facts = { reason = first.reason, names = all.hosts, servers = all.addresses, all = every },
        fix = FIX[first.reason],
        reproduce = reproduce(report, trace, first),
    }
end

return M
