-- SPDX-License-Identifier: MIT
--- Times of answers per server: quantiles with the losses beside them, and the share that comes too late.

local path = require "dnsprobe.judge.tool.path"
local stats = require "dnsprobe.stats"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local function row_of(group, side)
    local times, lost, late, very_late = {}, 0, 0, 0
    for _, row in ipairs(group.rows) do
        local exchange = row.exchange
        if exchange.rtt_us and (exchange.outcome == "answer" or exchange.outcome == "late") then
            times[#times + 1] = exchange.rtt_us
            late = late + (exchange.rtt_us >= path.PATIENCE_US and 1 or 0)
            very_late = very_late + (exchange.rtt_us >= path.PATIENCE_LONG_US and 1 or 0)
        elseif row.answer.kind == "timeout" then
            lost = lost + 1
        end
    end
    if #times == 0 then
        return nil
    end
    local q = stats.quantiles(times)
    return {
        words.server(group.target), side, words.of(#times, #group.rows), lost, words.time(q.p50),
        words.time(q.p95), words.time(q.p99), words.time(q.max), late, very_late,
    }
end

--- Parts of a resolver's samples: the first answer of each type (which may pay for the recursion) and the
--- rest.
local function parted(group)
    local cold, warm = { target = group.target, rows = {} }, { target = group.target, rows = {} }
    local seen = {}
    for _, row in ipairs(group.rows) do
        local part = seen[row.question.type] and warm or cold
        seen[row.question.type] = true
        part.rows[#part.rows + 1] = row
    end
    return cold, warm
end

--- One row per server and kind of sample, for a table.
---@param truth dnsprobe.Truth?
---@param groups dnsprobe.ResolverGroups?
---@return table[]
function M.rows(truth, groups)
    local rows = {}
    for _, group in ipairs(truth and truth.groups or {}) do
        rows[#rows + 1] = row_of(group, "authoritative")
    end
    for _, group in ipairs(groups and groups.domain or {}) do
        local cold, warm = parted(group)
        rows[#rows + 1] = row_of(cold, "first look-up")
        rows[#rows + 1] = row_of(warm, "cached")
    end
    return rows
end

return M
