-- SPDX-License-Identifier: MIT
--- The transport matrix by server: what was asked of each, which cells failed, and one finding for all with
--- the same trouble.

local batch = require "dnsprobe.judge.tool.batch"
local cells = require "dnsprobe.judge.tool.cells"
local words = require "dnsprobe.judge.tool.words"

local M = {}

---@class dnsprobe.MatrixRow
---@field target table
---@field group dnsprobe.Group
---@field cells table<string, dnsprobe.CellTally>
---@field resolver boolean
---@field name string what it was asked for
---@field type string

--- The name and type that a server was asked for in most cells.
function M.asked(group)
    for _, row in ipairs(group.rows) do
        if row.question.cell == "plain" then
            return row.question.name, row.question.type
        end
    end
    return group.rows[1].question.name, group.rows[1].question.type
end

function M.rows_of(data)
    local rows = {}
    for _, part in ipairs { { data.auth, false }, { data.matrix_resolvers, true } } do
        for _, group in ipairs(batch.groups(part[1])) do
            if group.rows[1] then
                local name, type = M.asked(group)
                rows[#rows + 1] = { target = group.target, group = group, cells = cells.tally(group),
                    resolver = part[2], name = name, type = type }
            end
        end
    end
    return rows
end

function M.alive(row)
    return row.cells.udp ~= nil and row.cells.udp.failures < row.cells.udp.samples
end

function M.targets_of(hits)
    local targets, addresses = {}, {}
    for i, hit in ipairs(hits) do
        targets[i], addresses[i] = hit.row.target, hit.row.target.address
    end
    return targets, addresses
end

-- The cells that fail at these servers: their rates together, what shows it, and the cells.
local function failing_of(hits)
    local rates, evidence, failing = { failures = 0, samples = 0 }, {}, {}
    for _, hit in ipairs(hits) do
        for _, cell in ipairs(hit.failing) do
            rates.failures, rates.samples = rates.failures + cell.failures, rates.samples + cell.samples
            evidence[#evidence + 1] = #evidence < 5 and cell.evidence[1] or nil
            failing[#failing + 1] = cell
        end
    end
    return rates, evidence, failing
end

local function count_living(rows)
    local living = 0
    for _, row in ipairs(rows) do
        living = living + (M.alive(row) and 1 or 0)
    end
    return living
end

--- One finding for all servers with the same trouble.
function M.report_hits(report, hits, rows, fields)
    if #hits == 0 then
        return
    end
    local targets, addresses = M.targets_of(hits)
    local rates, evidence, failing = failing_of(hits)
    local living = count_living(rows)
    local everywhere = #hits > 1 and #hits == living
    fields.subject = everywhere and { name = report.target.name } or
        words.subject(targets[1], { name = hits[1].row.name })
    fields.stats = rates
    fields.evidence = evidence
    fields.weight = math.min(1, #hits / math.max(1, living))
    fields.facts = { servers = addresses, kinds = cells.kinds(failing), all = everywhere }
    fields.summary = string.format(
        fields.summary,
        everywhere and "all " .. #hits .. " servers asked" or words.servers(targets)
    )
    if everywhere then
        fields.fix = "All servers are hit alike, so look near this vantage first: firewall, router, "
            .. "provider. " .. fields.fix
    end
    report:finding(fields)
end

--- The name itself has the large answer, so that all cells ask for it: then a loss at 4096 bytes is that of
--- the large answer, and judged with the fragments.
function M.is_large(row, large, cell)
    return cell.id == "edns4096"
        and large
        and row.name:lower() == large.name:lower()
        and row.type == large.type
end

return M
