-- SPDX-License-Identifier: MIT
--- path.edns-broken, as the survey sees it: servers that answer without EDNS only. The transport matrix looks
--- closer (judge/path/edns-broken.lua); where that was not measured, this is what is said.

local dig = require "dnsprobe.judge.tool.dig"
local evidence = require "dnsprobe.judge.tool.evidence"
local several = require "dnsprobe.judge.tool.serverstates"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Servers that answer without EDNS only. Step `transport` looks closer; alone, this step says it.
function M.judge(report, truth, judged)
    local states, exchanges = {}, {}
    for _, state in ipairs(judged.states) do
        local rejected = state.group.with_edns
        states[#states + 1] = rejected and state or nil
        exchanges[#exchanges + 1] = rejected and rejected[1] and rejected[1].exchange or nil
    end
    if #states == 0 or evidence.has(report, "auth") then
        return
    end
    several.report_as(report, several.about(truth, states, judged), {
        id = "path.edns-broken", severity = "critical", evidence = exchanges,
        summary = words.servers(several.targets_of(states)) .. " answers without EDNS only",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891).",
        reproduce = {
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true }),
            dig.line(states[1].target, truth.zone, "SOA", { norecurse = true, edns = false }),
        },
    })
end

return M
