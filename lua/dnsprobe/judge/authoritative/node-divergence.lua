-- SPDX-License-Identifier: MIT
--- auth.node-divergence: one address gives different answers between samples: several machines behind it.

local contents = require "dnsprobe.judge.tool.contents"
local dig = require "dnsprobe.judge.tool.dig"
local servers = require "dnsprobe.judge.tool.servers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, truth, type, fault)
    local series = fault.series
    local wrong, total = #fault.wrong, #series.points
    local evidence = contents.exchanges_of(fault.wrong, 2)
    for _, point in ipairs(series.points) do
        if point.key == fault.right then
            evidence[#evidence + 1] = point.exchange
            break
        end
    end
    report:finding {
        id = "auth.node-divergence",
        severity = "critical",
        summary = string.format(
            "%s gives %s in %s samples and %s in the others: %s",
            words.server(series.target),
            contents.text_of(fault.wrong[1].key),
            words.of(wrong, total),
            contents.text_of(fault.right),
            fault.reason
        ),
        subject = words.subject(series.target, { name = truth.name, type = type }),
        stats = { failures = wrong, samples = total },
        evidence = evidence,
        weight = wrong / total * servers.share(truth.groups, { [series.target.address] = true }),
        facts = {
            servers = { series.target.address },
            values = contents.values_of { series },
            nodes = fault.nodes and table.concat(fault.nodes, " ") or nil,
        },
        fix = "Several machines stand behind this one address and do not hold the same zone. Compare them "
            .. "one by one (by NSID or behind the load balancer) and repair the transfer to the one that is "
            .. "behind.",
        reproduce = {
            dig.repeated(
                dig.line(series.target, truth.name, type, { norecurse = true, nsid = true }),
                wrong,
                total
            ),
        },
    }
end

return M
