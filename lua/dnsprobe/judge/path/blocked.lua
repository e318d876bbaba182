-- SPDX-License-Identifier: MIT
--- path.blocked: this vantage may not speak DNS to the outside. Says so, and blames nobody.

local dig = require "dnsprobe.judge.tool.dig"
local path = require "dnsprobe.judge.tool.path"
local words = require "dnsprobe.judge.tool.words"

local M = {}

-- Who answered, who outside did not, and what shows it.
local function heard(truth, resolvers)
    local silent, served, evidence = {}, {}, {}
    for _, groups in ipairs { truth and truth.groups or {}, resolvers and resolvers.control or {} } do
        for _, group in ipairs(groups) do
            if path.alive(group) then
                served[#served + 1] = group.target
            elseif not group.target.host and group.rows[1] then
                silent[#silent + 1] = group.target
                evidence[#evidence + 1] = #evidence < 5 and group.rows[1].exchange or nil
            end
        end
    end
    return served, silent, evidence
end

--- The vantage is shut off: say so, and blame nobody.
---@param report dnsprobe.Report
---@param access "blocked"|"dead"
---@param truth dnsprobe.Truth?
---@param resolvers dnsprobe.ResolverGroups?
---@param said boolean? another step reports it
function M.judge(report, access, truth, resolvers, said)
    if access == "dead" then
        report:status("unknown", "nothing that was asked from this host answered: the network may be down")
        return
    end
    local served, silent, evidence = heard(truth, resolvers)
    report:status("unknown", "this vantage may speak DNS to " .. words.servers(served) .. " only")
    if said then
        return
    end
    report:finding {
        id = "path.blocked",
        severity = "info",
        summary = string.format(
            "neither root servers nor any of %s outside answered this host, while %s %s: port 53 "
                .. "to the outside is filtered here",
            words.count(#silent, "server"),
            words.servers(served),
            #served == 1 and "does" or "do"
        ),
        subject = { name = report.target.name },
        evidence = evidence,
        facts = {},
        fix = "Run dnsprobe from a host that may send DNS to the outside, or allow UDP and TCP port 53 from "
            .. "this one.",
        reproduce = dig.lines(silent, ".", "NS", nil, 2),
    }
end

return M
