-- SPDX-License-Identifier: MIT
--- delegation.ns-unusable: a delegated server that nobody can ask, because of its name or its address.
--- `facts.reason`:
--
--   unresolved   its name has no address that anybody can learn: the servers of the name's own zone are
--                silent, or fail
--   alias        its name is an alias, which the name of a server must not be (RFC 2181, section 10.3)
--   private      its only addresses are private: nobody outside can reach them
-- A name that its zone denies is auth.ns-unreachable (delegation/ns-without-address.lua).

local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@class dnsprobe.UnusableServer as step `delegation` records it (judge/tool/delegated.lua)
---@field name string
---@field reason "unresolved"|"alias"|"private"
---@field zone string? whose servers were asked for the address
---@field servers string[]? addresses of these that are silent or fail
---@field said string? what they say instead: "timeout", "servfail", ...
---@field target string? what the alias points at
---@field addresses string[]? the private ones
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
        return ("%s has only %s, which nobody outside can reach"):format(one.name,
            words.list(one.addresses or {}))
    end,
}

local FIX = {
    unresolved = "Bring the servers of that zone back (see it as a target of its own: dnsprobe run "
        .. "intermittent NAME), or take the name out of the delegation and of the zone's NS records.",
    alias = "Give the server's name addresses of its own (A, AAAA), or name the server by the name that has "
        .. "them.",
    private = "Give the server a public address, or take it out of the delegation and of the zone's NS "
        .. "records.",
}

-- Whom to ask for the server's name: who is to know it, or its own address.
local function reproduce(one)
    local asked = one.servers and one.servers[1]
    local address = asked or one.addresses and one.addresses[1] or "127.0.0.1"
    return { dig.line({ address = address }, one.name, "A", { norecurse = asked ~= nil or nil }) }
end

local function severity_of(one, all)
    return all and one.reason ~= "alias" and "critical" or "warning"
end

---@param report dnsprobe.StepReport
---@param trace table the walk as step `delegation` records it
function M.judge(report, trace)
    local list = trace.unusable or {}
    if #list == 0 then
        return
    end
    local texts, hosts, exchanges, addresses = {}, {}, {}, {}
    for i, one in ipairs(list) do
        texts[i], hosts[i] = TEXT[one.reason](one), one.name
        exchanges[#exchanges + 1] = one.exchange
        table.move(one.servers or {}, 1, #(one.servers or {}), #addresses + 1, addresses)
    end
    local first, all = list[1], #list >= #(trace.parent.ns or {})
    report:finding {
        id = "delegation.ns-unusable",
        severity = severity_of(first, all),
        summary = ("%s of the %d servers of %s %s of no use: %s"):format(all and "all" or tostring(#list),
            #trace.parent.ns, trace.zone, #list == 1 and "is" or "are", words.some(texts, 3)),
        subject = { name = first.name, label = first.name, server = first.addresses and first.addresses[1] },
        evidence = exchanges,
        weight = all and 1 or 0,
        facts = { reason = first.reason, names = hosts, servers = addresses, all = all },
        fix = FIX[first.reason],
        reproduce = reproduce(first),
    }
end

return M
