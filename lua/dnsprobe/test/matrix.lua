-- SPDX-License-Identifier: MIT
-- The matrix of `dnsprobe test`: a line per finding, a column per scenario.
--
--   +    expected and reported (with several seeds: each time)
--   -2   expected, not reported in 2 runs
--   !2   reported above info in 2 runs although it is not expected: a false alarm
--   #2   there, but in 2 runs another finding was named first
--   i    expected at info, and reported

local M = {}

local WIDTH = 100 -- characters of a line; more scenarios than fit go into a further block

local function cell_of(counts, id)
    local one = counts[id]
    if not one then
        return "."
    elseif one.alarms > 0 then
        return "!" .. one.alarms
    elseif one.misses > 0 then
        return "-" .. one.misses
    elseif one.misplaced > 0 then
        return "#" .. one.misplaced
    end
    return one.info and "i" or "+"
end

local function count(counts, list, key, info)
    for _, id in ipairs(list) do
        counts[id] = counts[id] or { alarms = 0, misses = 0, misplaced = 0, info = info }
        if key then
            counts[id][key] = counts[id][key] + 1
        end
    end
end

-- The rows of all seeds, by scenario, in the order of their first row.
local function columns_of(rows)
    local out, by_name = {}, {}
    for _, row in ipairs(rows) do
        local column = by_name[row.scenario]
        if not column then
            column = { name = row.scenario, counts = {}, ok = true, error = false }
            by_name[row.scenario] = column
            out[#out + 1] = column
        end
        column.ok = column.ok and row.ok
        column.error = column.error or row.error ~= nil
        count(column.counts, row.expect)
        count(column.counts, row.info, nil, true)
        count(column.counts, row.misses, "misses")
        count(column.counts, row.alarms, "alarms")
        count(column.counts, row.misplaced and { row.expect[1] } or {}, "misplaced")
    end
    return out
end

local function ids_of(columns)
    local out, seen = {}, {}
    for _, column in ipairs(columns) do
        for id in pairs(column.counts) do
            if not seen[id] then
                seen[id] = true
                out[#out + 1] = id
            end
        end
    end
    table.sort(out)
    return out
end

local function block(columns, first, last, out)
    local shown = table.move(columns, first, last, 1, {})
    local ids = ids_of(shown)
    local label = #"finding"
    for _, id in ipairs(ids) do
        label = math.max(label, #id)
    end
    local head = { ("%-" .. label .. "s"):format("finding") }
    for i = first, last do
        head[#head + 1] = ("%3d"):format(i)
    end
    out[#out + 1] = table.concat(head, " ")
    for _, id in ipairs(ids) do
        local line = { ("%-" .. label .. "s"):format(id) }
        for _, column in ipairs(shown) do
            line[#line + 1] = ("%3s"):format(column.error and "?" or cell_of(column.counts, id))
        end
        out[#out + 1] = table.concat(line, " ")
    end
end

local function widest(columns)
    local label = #"finding"
    for _, id in ipairs(ids_of(columns)) do
        label = math.max(label, #id)
    end
    return label
end

--- The matrix as lines: a key of the scenarios, then blocks of columns.
---@param rows dnsprobe.test.Row[]
---@return string[]
function M.lines(rows)
    local columns, out = columns_of(rows), {}
    for i, column in ipairs(columns) do
        out[i] = ("%3d  %-6s %s"):format(
            i,
            column.error and "ERROR" or column.ok and "ok" or "FAILED",
            column.name
        )
    end
    local fit = math.max(1, (WIDTH - widest(columns)) // 4)
    for first = 1, #columns, fit do
        out[#out + 1] = ""
        block(columns, first, math.min(#columns, first + fit - 1), out)
    end
    out[#out + 1] = ""
    out[#out + 1] =
        "+ reported as expected   - missed   ! false alarm   # not named first   i at info   ? no report"
    return out
end

--- Totals over all rows.
---@param rows dnsprobe.test.Row[]
---@return { runs: integer, ok: integer, misses: integer, alarms: integer, errors: integer }
function M.totals(rows)
    local out = { runs = #rows, ok = 0, misses = 0, alarms = 0, errors = 0 }
    for _, row in ipairs(rows) do
        out.ok = out.ok + (row.ok and 1 or 0)
        out.misses, out.alarms = out.misses + #row.misses, out.alarms + #row.alarms
        out.errors = out.errors + (row.error and 1 or 0)
    end
    return out
end

return M
