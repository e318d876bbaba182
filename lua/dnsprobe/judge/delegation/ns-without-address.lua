-- SPDX-License-Identifier: MIT
--- auth.ns-unreachable, for servers whose names lead nowhere: as good as dead, and a name that anybody may
--- register.

local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Servers whose names lead nowhere: as good as dead, and a name that anybody may register.
function M.judge(report, trace)
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
            .. "the zone's NS records. If the domain of the name has expired, do it at once: whoever "
            .. "registers it answers for "
            .. trace.zone
            .. ".",
        reproduce = { dig.line({ address = list[1].address }, list[1].name, "A", { norecurse = true }) },
    }
end

return M
