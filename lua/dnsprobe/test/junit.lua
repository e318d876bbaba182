-- SPDX-License-Identifier: MIT
-- The outcome of `dnsprobe test` as JUnit XML: a test case per scenario and seed.

local compare = require "dnsprobe.test.compare"
local tables = require "dnsprobe.base.table"

local M = {}

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&apos;" }

local function safe(value)
    return (tables.plain(value):gsub("[&<>\"']", entities))
end

local function kind_of(row)
    return row.error and "error"
        or #row.misses > 0 and "missed"
        or #row.alarms > 0 and "false-alarm"
        or "order"
end

local function case_of(book, row)
    local inner = ""
    if not row.ok then
        local tag = row.error and "error" or "failure"
        inner = ('<%s type="%s" message="%s">expected: %s&#10;reported: %s</%s>'):format(tag, kind_of(row),
            safe(compare.why(row)), safe(row.expect), safe(row.got), tag)
    end
    return ('    <testcase classname="%s" name="%s seed %d" time="%.3f">%s</testcase>'):format(
        safe(book),
        safe(row.scenario),
        row.seed,
        row.elapsed_ms / 1000,
        inner
    )
end

--- The XML document.
---@param book string name of the runbook
---@param rows dnsprobe.test.Row[]
---@param seconds number of the whole test
---@return string
function M.render(book, rows, seconds)
    local cases, failures, errors = {}, 0, 0
    for i, row in ipairs(rows) do
        cases[i] = case_of(book, row)
        failures = failures + (not row.ok and not row.error and 1 or 0)
        errors = errors + (row.error and 1 or 0)
    end
    local counts = ('tests="%d" failures="%d" errors="%d" time="%.3f"'):format(
        #rows,
        failures,
        errors,
        seconds
    )
    return table.concat({
        '<?xml version="1.0" encoding="UTF-8"?>',
        ('<testsuites name="dnsprobe test" %s>'):format(counts),
        ('  <testsuite name="%s" %s>'):format(safe(book), counts),
        table.concat(cases, "\n"),
        "  </testsuite>",
        "</testsuites>",
    }, "\n") .. "\n"
end

return M
