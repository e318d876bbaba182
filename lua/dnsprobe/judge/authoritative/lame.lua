-- SPDX-License-Identifier: MIT
--- auth.lame: a delegated server is not authoritative for the zone.

local servers = require "dnsprobe.judge.tool.servers"
local several = require "dnsprobe.judge.tool.serverstates"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.judge(report, truth, judged)
    local lame = judged.lame
    if #lame == 0 then
        return
    end
    local parts = {}
    for i, state in ipairs(lame) do
        parts[i] = words.server(state.target) .. ": " .. servers.complaints(state)
    end
    several.report_as(report, several.about(truth, lame, judged), {
        id = "auth.lame",
        severity = "critical",
        summary = string.format("delegated, but not authoritative for %s: %s", truth.zone, words.some(parts)),
        stats = { failures = several.sum(lame, "errors"), samples = several.sum(lame, "n") },
        evidence = several.gather(lame),
        fix = "Load the zone "
            .. truth.zone
            .. " on that server, or take the server out of the delegation and of the zone's NS records.",
    })
end

return M
