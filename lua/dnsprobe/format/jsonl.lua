-- SPDX-License-Identifier: MIT
-- jsonl: one JSON object a line, each with a `record` member: start, exchange, run, step, finding, verdict
-- (the last line). For log pipelines: each line stands alone, and every line carries the target.
--
-- On stdout the run is followed: `start` and each exchange are written as they happen, so that whoever reads
-- sees the run go on, and what has been written by the time of an interruption is whole lines. A packet that
-- strays in after that is told in the JSON report only.

local document = require "dnsprobe.document.document"
local json = require "dnsprobe.json"
local ledger = require "dnsprobe.measure.ledger"

local M = {
    summary = "one JSON object a line, as it happens: start, exchange, run, step, finding, verdict",
    stream = true,
}

local run_members =
    { "schema", "tool", "runbook", "command", "started", "elapsed_ms", "seed", "vantage", "sent", "cut" }

local start_members = { "schema", "tool", "runbook", "command", "started", "seed" }

local function line(kind, target, members)
    members.record, members.target = kind, target
    return json.encode(members, { sort = true }) .. "\n"
end

local function copied(object)
    local out = {}
    for key, value in pairs(object) do
        out[key] = value
    end
    return out
end

local function start_line(report)
    local start = { types = report.target.types }
    for _, member in ipairs(start_members) do
        start[member] = report[member]
    end
    return line("start", report.target.name, start)
end

--- Writes the first line, and returns what writes one for each exchange.
---@param session dnsprobe.Session
---@param write fun(text: string)
---@return fun(exchange: dnsprobe.Exchange)
function M.follow(session, write)
    local target = session.ctx.target
    write(start_line(document.head(session)))
    return function(exchange)
        write(line("exchange", target.name, ledger.to_json(exchange)))
    end
end

--- Renders the report; without what was written while the run went on, if it was followed.
---@param report table
---@param style dnsprobe.Style?
---@return string
function M.render(report, style)
    local out, run, target = {}, { types = report.target.types }, report.target.name
    if not (style and style.followed) then
        out[1] = start_line(report)
        for _, exchange in ipairs(report.exchanges or {}) do
            out[#out + 1] = line("exchange", target, copied(exchange))
        end
    end
    for _, member in ipairs(run_members) do
        run[member] = report[member]
    end
    out[#out + 1] = line("run", target, run)
    for _, step in ipairs(report.steps) do
        out[#out + 1] = line("step", target, copied(step))
    end
    for _, finding in ipairs(report.findings) do
        out[#out + 1] = line("finding", target, copied(finding))
    end
    out[#out + 1] = line("verdict", target, copied(report.verdict))
    return table.concat(out)
end

return M
