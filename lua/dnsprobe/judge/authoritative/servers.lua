-- SPDX-License-Identifier: MIT
--- What the servers of one zone are, in the order in which it is told: silent, lame, flapping, without EDNS.

local edns_rejected = require "dnsprobe.judge.path.edns-rejected"
local flapping = require "dnsprobe.judge.authoritative.ns-flapping"
local lame = require "dnsprobe.judge.authoritative.lame"
local several = require "dnsprobe.judge.tool.serverstates"
local unreachable = require "dnsprobe.judge.authoritative.ns-unreachable"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Report what the servers of a zone are.
---@param report dnsprobe.Report
---@param truth dnsprobe.Truth
---@param judged dnsprobe.ServerReport
---@param said table<string, boolean> what was reported about the servers of other zones; added to
function M.judge(report, truth, judged, said)
    if #judged.unjudged > 0 then
        report:note(
            string.format(
                "%s could not be judged: nobody answers this vantage over that address family",
                words.servers(several.targets_of(judged.unjudged))
            )
        )
    end
    unreachable.judge(report, truth, judged, several.new_ones(judged.dead, "dead", said))
    lame.judge(report, truth, judged)
    flapping.judge(report, truth, judged, several.new_ones(judged.flapping, "flapping", said))
    edns_rejected.judge(report, truth, judged)
end

return M
