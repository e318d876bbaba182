-- SPDX-License-Identifier: MIT
-- jsonl: one JSON object a line, each with a `record` member: run, step, finding, exchange, verdict (the last line).
-- For log pipelines: each line stands alone, and every line carries the target.

local json = require "dnsprobe.json"

local M = { summary = "one JSON object a line: run, step, finding, exchange, verdict", stream = true }

local run_members = { "schema", "tool", "runbook", "command", "started", "elapsed_ms", "seed", "vantage", "sent", "cut" }

local function line(out, kind, document, members)
    members.record, members.target = kind, document.target.name
    out[#out + 1] = json.encode(members, { sort = true })
end

local function copied(object)
    local out = {}
    for key, value in pairs(object) do
        out[key] = value
    end
    return out
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local out, run = {}, { types = document.target.types }
    for _, member in ipairs(run_members) do
        run[member] = document[member]
    end
    line(out, "run", document, run)
    for _, step in ipairs(document.steps) do
        line(out, "step", document, copied(step))
    end
    for _, finding in ipairs(document.findings) do
        line(out, "finding", document, copied(finding))
    end
    for _, exchange in ipairs(document.exchanges or {}) do
        line(out, "exchange", document, copied(exchange))
    end
    line(out, "verdict", document, copied(document.verdict))
    return table.concat(out, "\n") .. "\n"
end

return M
