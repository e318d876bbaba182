-- SPDX-License-Identifier: MIT
--- path.tcp-blocked: UDP answers come, TCP to the same server does not get through.

local cells = require "dnsprobe.judge.tool.cells"
local dig = require "dnsprobe.judge.tool.dig"
local matrix = require "dnsprobe.judge.tool.matrix"

local M = {}

-- The servers whose TCP fails; whether an answer of theirs needs it; and how many are servers of a zone.
local function look(rows, comparisons)
    local hits, needed, servers = {}, false, 0
    for _, row in ipairs(rows) do
        if matrix.alive(row) and cells.fails(row.cells, "tcp", "udp", comparisons) then
            hits[#hits + 1] = { row = row, failing = { row.cells.tcp } }
            servers = servers + (row.resolver and 0 or 1)
            for _, cell in pairs(row.cells) do
                needed = needed or cell.truncated > 0
            end
        end
    end
    return hits, needed, servers
end

function M.judge(report, rows, comparisons)
    local hits, needed, servers = look(rows, comparisons)
    if servers == 0 and not needed then
        return -- resolvers without TCP whose answers are small: many home routers are
    end
    local how = hits[1] and table.concat(cells.kinds(hits[1].failing), ", ") or ""
    matrix.report_hits(report, hits, rows, {
        id = "path.tcp-blocked",
        severity = needed and "critical" or "warning",
        summary = "UDP answers come from %s, TCP does not get through ("
            .. how
            .. ")"
            .. (needed and "; answers that are truncated over UDP are lost" or ""),
        fix = "Allow TCP port 53 to that server, in its own firewall and on the way (RFC 7766 makes it "
            .. "mandatory); every truncated answer needs it.",
        reproduce = hits[1] and {
            dig.line(
                hits[1].row.target,
                hits[1].row.name,
                hits[1].row.type,
                { tcp = true, norecurse = not hits[1].row.resolver or nil }
            ),
        },
    })
end

return M
