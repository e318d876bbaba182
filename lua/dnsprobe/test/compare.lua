-- SPDX-License-Identifier: MIT
-- A report against the truth of its scenario.

local M = {}

---@class dnsprobe.test.Row one scenario, run once
---@field scenario string
---@field seed integer
---@field expect string[] ids above info that are the truth, the main one first
---@field info string[] ids that have to be reported at info
---@field got string[] ids above info that were reported, the main one first
---@field misses string[] expected and not reported
---@field alarms string[] reported above info and not expected
---@field misplaced boolean all are there, another one is named first
---@field ok boolean
---@field status string? verdict
---@field cut string? "deadline", "interrupted"
---@field error string? why there is no report
---@field elapsed_ms number
---@field coverage? table<string, integer[]> executed lines by file

local function set_of(list)
    local set = {}
    for _, id in ipairs(list) do
        set[id] = true
    end
    return set
end

-- Ids of the findings that `wanted` accepts, each once, in their order.
local function ids(document, wanted)
    local out, seen = {}, {}
    for _, finding in ipairs(document.findings) do
        if wanted(finding.severity) and not seen[finding.id] then
            seen[finding.id] = true
            out[#out + 1] = finding.id
        end
    end
    return out
end

local function missing(from, in_set, out)
    for _, id in ipairs(from) do
        if not in_set[id] then
            out[#out + 1] = id
        end
    end
    return out
end

--- What agrees and what does not.
---@param scenario dnsprobe.lab.Scenario
---@param seed integer
---@param document table report
---@return dnsprobe.test.Row
function M.row(scenario, seed, document)
    local got = ids(document, function(severity) return severity ~= "info" end)
    local infos = ids(document, function(severity) return severity == "info" end)
    local misses = missing(scenario.expect, set_of(got), {})
    missing(scenario.info or {}, set_of(infos), misses)
    local alarms = missing(got, set_of(scenario.expect), {})
    local misplaced = #misses == 0 and #alarms == 0 and scenario.expect[1] ~= got[1]
    return {
        scenario = scenario.name,
        seed = seed,
        expect = scenario.expect,
        info = scenario.info or {},
        got = got,
        misses = misses,
        alarms = alarms,
        misplaced = misplaced,
        ok = #misses == 0 and #alarms == 0 and not misplaced and not document.cut,
        status = document.verdict.status,
        cut = document.cut,
        elapsed_ms = document.elapsed_ms,
    }
end

--- The row of a scenario that gave no report.
---@param scenario dnsprobe.lab.Scenario
---@param seed integer
---@param why string
---@return dnsprobe.test.Row
function M.broken(scenario, seed, why)
    return {
        scenario = scenario.name,
        seed = seed,
        expect = scenario.expect,
        info = scenario.info or {},
        got = {},
        misses = {},
        alarms = {},
        misplaced = false,
        ok = false,
        error = why,
        elapsed_ms = 0,
    }
end

--- One line on what is wrong with a row; "" where nothing is.
---@param row dnsprobe.test.Row
---@return string
function M.why(row)
    local out = {}
    local function add(what, list)
        if #list > 0 then
            out[#out + 1] = what .. " " .. table.concat(list, ", ")
        end
    end
    if row.error then
        return row.error
    end
    add("missed:", row.misses)
    add("false alarm:", row.alarms)
    if row.misplaced then
        out[#out + 1] = ("first is %s, not %s"):format(row.got[1] or "nothing", row.expect[1] or "nothing")
    end
    if row.cut then
        out[#out + 1] = "cut short: " .. row.cut
    end
    return table.concat(out, "; ")
end

return M
