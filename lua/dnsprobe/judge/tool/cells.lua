-- SPDX-License-Identifier: MIT
--- The transport matrix: one question in many dresses, and which dress does not get through.
--
-- Every cell differs from a neighbour in one thing, so a cell that fails while its neighbour does not names
-- the cause. A cell is held to fail when its failures exceed those of its reference cell at the same server
-- beyond chance (Fisher, times the number of comparisons).

local answers = require "dnsprobe.dns.answers"
local spread = require "dnsprobe.judge.tool.spread"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Level over the whole matrix.
M.ALPHA = 0.01
--- An option code out of the range for local use (RFC 6891 section 9), which no server knows.
local UNKNOWN_OPTION = 65001

--- The cells: what is asked, and the cell that it is compared with. `big` cells ask for the largest answer
--- found.
M.list = {
    { id = "plain", title = "no EDNS", options = { edns = false } },
    {
        id = "edns512",
        title = "EDNS 512",
        options = { edns = { size = 512 } },
        against = "plain",
        edns = true,
    },
    {
        id = "edns1232",
        title = "EDNS 1232",
        options = { edns = { size = 1232 } },
        against = "plain",
        edns = true,
    },
    {
        id = "edns4096",
        title = "EDNS 4096",
        options = { edns = { size = 4096 } },
        against = "plain",
        edns = true,
    },
    {
        id = "do",
        title = "DO",
        options = { edns = { size = 1232 }, dnssec = true },
        against = "plain",
        edns = true,
    },
    {
        id = "cookie",
        title = "cookie",
        options = { edns = { size = 1232 }, cookie = true },
        against = "plain",
        edns = true,
    },
    {
        id = "option",
        title = "option",
        against = "plain",
        edns = true,
        options = { edns = { size = 1232, options = { { code = UNKNOWN_OPTION, data = "" } } } },
    },
    { id = "tcp", title = "TCP", options = { edns = false, transport = "tcp" }, against = "udp" },
    { id = "cd", title = "CD", options = { edns = { size = 1232 }, cd = true }, resolver = true },
    { id = "big1232", title = "large 1232", options = { edns = { size = 1232 }, dnssec = true }, big = true },
    { id = "big4096", title = "large 4096", options = { edns = { size = 4096 }, dnssec = true }, big = true },
    {
        id = "bigtcp",
        title = "large TCP",
        big = true,
        options = { edns = { size = 4096 }, dnssec = true, transport = "tcp" },
    },
}

---@type table<string, table> the cells by id
M.by_id = {}
for _, cell in ipairs(M.list) do
    M.by_id[cell.id] = cell
end

--- dig's words for the dress of a cell with EDNS.
---@return dnsprobe.DigOptions
function M.dig(cell, norecurse)
    local options, extra = cell.options, {}
    for _, option in ipairs(options.edns.options or {}) do
        extra[#extra + 1] = "+ednsopt=" .. option.code
    end
    return {
        norecurse = norecurse,
        edns = options.edns.size,
        dnssec = options.dnssec,
        cookie = options.cookie,
        extra = extra,
    }
end

--- Asked beside the cells where the zone is signed: what dnsprobe.judge.signatures looks at.
M.keys = { id = "keys", title = "DNSKEY", options = { edns = { size = 1232 }, dnssec = true } }

--- Did the dress get through? A truncated answer did: it is the server's word. So is BADCOOKIE, which hands
--- out the server's cookie for the next question (RFC 7873, section 5.2.3).
---@param answer dnsprobe.Answer
function M.passed(answer)
    return answers.usable(answer) or answer.kind == "truncated" or answer.kind == "referral"
        or answer.rcode == "BADCOOKIE"
end

---@class dnsprobe.CellTally
---@field failures integer
---@field samples integer
---@field kinds table<string, integer>
---@field evidence dnsprobe.Exchange[]
---@field size integer largest answer, bytes
---@field truncated integer

local function add_failure(cell, row)
    local kind = row.answer.kind == "rcode" and row.answer.rcode:lower() or row.answer.kind
    cell.failures = cell.failures + 1
    cell.kinds[kind] = (cell.kinds[kind] or 0) + 1
    cell.evidence[#cell.evidence + 1] = #cell.evidence < 3 and row.exchange or nil
end

--- Tallies of one server's rows by cell.
---@param group dnsprobe.Group
---@return table<string, dnsprobe.CellTally>
function M.tally(group)
    local cells = {}
    for _, row in ipairs(group.rows) do
        local id = row.question.cell
        local cell = cells[id]
            or { failures = 0, samples = 0, kinds = {}, evidence = {}, size = 0, truncated = 0 }
        cells[id] = cell
        cell.samples = cell.samples + 1
        cell.size = math.max(cell.size, row.exchange.size or 0)
        cell.truncated = cell.truncated + (row.answer.kind == "truncated" and 1 or 0)
        if not M.passed(row.answer) then
            add_failure(cell, row)
        end
    end
    if cells.plain and cells.edns1232 then
        local better = cells.plain.failures <= cells.edns1232.failures and cells.plain or cells.edns1232
        cells.udp = better
    end
    return cells
end

--- Does one cell fail where another does not?
---@param cells table<string, dnsprobe.CellTally>
---@param id string
---@param against string
---@param comparisons integer
---@return boolean
function M.fails(cells, id, against, comparisons)
    local cell, reference = cells[id], cells[against]
    if not cell or not reference or cell.failures < 3 then
        return false
    end
    return spread.exceeds(cell, reference) * comparisons < M.ALPHA
end

--- The matrix as a table of a report: passed of asked.
---@param rows { target: table, cells: table<string, dnsprobe.CellTally> }[]
function M.table(rows)
    local columns, lines = { "server" }, {}
    for _, cell in ipairs(M.list) do
        columns[#columns + 1] = cell.title
    end
    for i, row in ipairs(rows) do
        local line = { words.server(row.target) }
        for j, cell in ipairs(M.list) do
            local tally = row.cells[cell.id]
            local tc = tally and tally.truncated > 0 and " TC" or ""
            line[j + 1] = tally and (tally.samples - tally.failures) .. "/" .. tally.samples .. tc or "-"
        end
        lines[i] = line
    end
    return { key = "matrix", columns = columns, rows = lines }
end

--- Kinds of failure of several cells, sorted.
---@param list dnsprobe.CellTally[]
---@return string[]
function M.kinds(list)
    local kinds, seen = {}, {}
    for _, cell in ipairs(list) do
        for kind in pairs(cell.kinds) do
            if not seen[kind] then
                seen[kind] = true
                kinds[#kinds + 1] = kind
            end
        end
    end
    table.sort(kinds)
    return kinds
end

return M
