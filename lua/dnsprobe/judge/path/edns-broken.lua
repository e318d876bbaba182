-- SPDX-License-Identifier: MIT
--- path.edns-broken: a server answers without EDNS, and not, or with an error, with it.

local cells = require "dnsprobe.judge.tool.cells"
local dig = require "dnsprobe.judge.tool.dig"
local matrix = require "dnsprobe.judge.tool.matrix"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local function edns_hit(row, large, comparisons)
    local failing, titles, whole, first = {}, {}, true, nil
    for _, cell in ipairs(cells.list) do
        if
            cell.edns
            and not (
                matrix.is_large(row, large, cell)
                    and not cells.fails(row.cells, "edns1232", "plain", comparisons)
            )
        then
            if cells.fails(row.cells, cell.id, "plain", comparisons) then
                failing[#failing + 1] = row.cells[cell.id]
                titles[#titles + 1], first = cell.title, first or cell
            elseif cell.id == "edns1232" or cell.id == "edns512" then
                whole = false
            end
        end
    end
    return first
            and { row = row, failing = failing, what = whole and "EDNS" or words.list(titles), first = first }
        or nil
end

local function is_silent(hits)
    for _, hit in ipairs(hits) do
        for _, cell in ipairs(hit.failing) do
            if (cell.kinds.timeout or 0) > 0 then
                return true
            end
        end
    end
    return false
end

function M.judge(report, data, rows, comparisons)
    local hits = {}
    for _, row in ipairs(rows) do
        local plain = row.cells.plain
        hits[#hits + 1] = plain and plain.failures < plain.samples and edns_hit(row, data.large, comparisons)
            or nil
    end
    local first = hits[1]
    if not first then
        return
    end
    local how = table.concat(cells.kinds(first.failing), ", "):upper():gsub("TIMEOUT", "no answer")
    local row, options = first.row, cells.dig(first.first, not first.row.resolver or nil)
    matrix.report_hits(report, hits, rows, {
        id = "path.edns-broken",
        severity = is_silent(hits) and "critical" or "warning",
        summary = "%s answer" .. (#hits == 1 and "s" or "") .. " plain queries, but not those with "
            .. first.what .. " (" .. how .. ")",
        fix = "Update that server or the firewall before it so that EDNS passes (RFC 6891): a server that "
            .. "does not know it must ignore it or say FORMERR once, and a firewall must not drop it.",
        reproduce = {
            dig.line(row.target, row.name, row.type, options),
            dig.line(row.target, row.name, row.type, { norecurse = options.norecurse, edns = false }),
        },
    })
end

return M
