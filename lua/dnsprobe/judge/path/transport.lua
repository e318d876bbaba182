-- SPDX-License-Identifier: MIT
--- The transport matrix judged: TCP, EDNS, fragments, validation. Which cell fails says what is broken.

local bogus = require "dnsprobe.judge.dnssec.bogus"
local cells = require "dnsprobe.judge.tool.cells"
local edns_broken = require "dnsprobe.judge.path.edns-broken"
local fragments_dropped = require "dnsprobe.judge.path.fragments-dropped"
local matrix = require "dnsprobe.judge.tool.matrix"
local tcp_blocked = require "dnsprobe.judge.path.tcp-blocked"

local M = {}

--- The step's judge.
function M.judge(data, report)
    local rows = matrix.rows_of(data)
    local living = 0
    for _, row in ipairs(rows) do
        living = living + (matrix.alive(row) and 1 or 0)
    end
    if living == 0 then
        report:status("unknown", "no server answered in any form")
        return
    end
    local comparisons = living * #cells.list
    tcp_blocked.judge(report, rows, comparisons)
    edns_broken.judge(report, data, rows, comparisons)
    fragments_dropped.judge(report, data, rows, comparisons)
    bogus.judge(report, data, rows, comparisons)
    report:table(cells.table(rows))
end

return M
