-- SPDX-License-Identifier: MIT
-- junit: one test case per step, for continuous integration. Findings above info fail the step they belong
-- to; a step that could not be measured is an error, one that was left out is skipped.

local tables = require "dnsprobe.base.table"
local words = require "dnsprobe.base.figures"

local M = { summary = "one test case per step, for continuous integration", stream = false }

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }

-- Text that is safe for a terminal holds characters of XML 1.0 only.
local function safe(value)
    return (tables.plain(value):gsub("[&<>\"']", entities))
end

local function of_step(document, step)
    local out = {}
    for _, finding in ipairs(document.findings) do
        if finding.step == step.id and finding.severity ~= "info" then
            out[#out + 1] = finding
        end
    end
    return out
end

local function body_of(finding)
    local lines = { finding.summary }
    if finding.stats then
        lines[#lines + 1] = "seen in " .. words.rate(finding.stats)
    end
    if finding.fix ~= "" then
        lines[#lines + 1] = "fix: " .. finding.fix
    end
    table.move(finding.reproduce, 1, #finding.reproduce, #lines + 1, lines)
    for i, line in ipairs(lines) do
        lines[i] = safe(line)
    end
    return table.concat(lines, "\n")
end

local function case_of(document, step, counts)
    local inner = {}
    for _, finding in ipairs(of_step(document, step)) do
        inner[#inner + 1] = ('<failure type="%s" message="%s">%s</failure>'):format(safe(finding.id),
            safe(finding.summary), body_of(finding))
    end
    if #inner > 0 then
        counts.failures = counts.failures + 1
        inner = { table.concat(inner, "\n") }
    elseif step.status == "unknown" then
        counts.errors = counts.errors + 1
        inner = { ('<error type="unknown" message="%s"/>'):format(safe(step.why or "could not be measured")) }
    elseif step.status == "skipped" then
        counts.skipped = counts.skipped + 1
        inner = { "<skipped/>" }
    end
    return ('    <testcase classname="%s" name="%s" time="%.3f">%s</testcase>'):format(
        safe(document.runbook.name),
        safe(step.id),
        step.elapsed_ms / 1000,
        table.concat(inner)
    )
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local counts = { failures = 0, errors = 0, skipped = 0 }
    local cases = {}
    for i, step in ipairs(document.steps) do
        cases[i] = case_of(document, step, counts)
    end
    local attributes = ('tests="%d" failures="%d" errors="%d" skipped="%d" time="%.3f"'):format(
        #cases,
        counts.failures,
        counts.errors,
        counts.skipped,
        document.elapsed_ms / 1000
    )
    return table.concat({
        '<?xml version="1.0" encoding="UTF-8"?>',
        ('<testsuites name="dnsprobe" %s>'):format(attributes:gsub(" skipped=\"%d+\"", "")),
        ('  <testsuite name="%s %s" timestamp="%s" hostname="%s" %s>'):format(safe(document.runbook.name),
            safe(document.target.name), document.started:sub(1, 19), safe(document.vantage.host), attributes),
        table.concat(cases, "\n"),
        ("    <system-out>%s</system-out>"):format(safe(document.verdict.summary)),
        "  </testsuite>",
        "</testsuites>",
    }, "\n") .. "\n"
end

return M
