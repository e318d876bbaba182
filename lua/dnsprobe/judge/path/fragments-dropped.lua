-- SPDX-License-Identifier: MIT
--- path.fragments-dropped: large answers over UDP vanish, small ones and TCP arrive.

local cells = require "dnsprobe.judge.tool.cells"
local dig = require "dnsprobe.judge.tool.dig"
local matrix = require "dnsprobe.judge.tool.matrix"

local M = {}

function M.judge(report, data, rows, comparisons)
    if not data.large then
        report:note(
            "no large answer to test: the zone gives none above 1232 bytes, so fragments were not judged"
        )
        return
    end
    local hits = {}
    for _, row in ipairs(rows) do
        local tcp = row.cells.bigtcp
        local arrives = tcp and tcp.failures < tcp.samples or false
        local small = matrix.is_large(row, data.large, cells.by_id.edns4096) and "edns1232" or "edns4096"
        if arrives and cells.fails(row.cells, "big4096", small, comparisons) then
            hits[#hits + 1] = { row = row, failing = { row.cells.big4096 } }
        end
    end
    local target = hits[1] and hits[1].row.target
    matrix.report_hits(report, hits, rows, {
        id = "path.fragments-dropped",
        severity = "critical",
        summary = string.format(
            "the %d-byte answer to %s %s from %%s is lost over UDP; small answers and TCP arrive",
            data.large.size,
            data.large.name,
            data.large.type
        ),
        fix = "Set the server's maximal UDP size to 1232 bytes (max-udp-size, DNS flag day 2020), or let IP "
            .. "fragments through; until then set `edns-udp-size 1232` at the resolver.",
        reproduce = target and {
            dig.line(
                target,
                data.large.name,
                data.large.type,
                { norecurse = true, edns = 4096, dnssec = true, notcp = true }
            ),
            dig.line(
                target,
                data.large.name,
                data.large.type,
                { norecurse = true, edns = 4096, dnssec = true, tcp = true }
            ),
        },
    })
end

return M
