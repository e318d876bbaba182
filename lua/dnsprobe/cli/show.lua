-- SPDX-License-Identifier: MIT
-- dnsprobe show RUNBOOK: its steps, its parameters with defaults, and what it will send.

local params = require "dnsprobe.runbook.params"
local runbook = require "dnsprobe.runbook"
local tables = require "dnsprobe.render.table"

local M = { name = "show", summary = "a runbook's steps, parameters with defaults, and what it will send" }

function M.options(parser)
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
    parser:flag("--json", "As JSON.")
end

local function range_of(spec)
    if spec.values then
        return table.concat(spec.values, "|")
    end
    if spec.min or spec.max then
        return ("%s..%s"):format(spec.min or "", spec.max or "")
    end
    return ""
end

local function param_rows(book)
    local rows = {}
    for _, key in ipairs(params.sorted_keys(book.params)) do
        local spec = book.params[key]
        rows[#rows + 1] = { parameter = key, default = spec.default ~= nil and tostring(spec.default) or "-",
            type = spec.type or "string", range = range_of(spec), unit = spec.unit or "", meaning = spec.help or "" }
    end
    return rows
end

local function step_rows(book)
    local rows = {}
    for i, step in ipairs(book.steps) do
        rows[i] = { ["#"] = i, id = step.id, title = step.title, sends = step.sends or "-", path = step.path }
    end
    return rows
end

local function text_of(book)
    local out = { ("%s: %s"):format(book.name, book.summary), book.path, "", "Steps" }
    for _, row in ipairs(step_rows(book)) do
        out[#out + 1] = ("  %d  %-12s %s"):format(row["#"], row.id, tables.plain(row.title))
        out[#out + 1] = ("                  sends: %s"):format(tables.plain(row.sends))
    end
    local rows = param_rows(book)
    if #rows > 0 then
        out[#out + 1] = ""
        out[#out + 1] = "Parameters (--set KEY=VALUE)"
        for _, line in ipairs(tables.lines({ "parameter", "default", "range", "unit", "meaning" }, rows, true)) do
            out[#out + 1] = "  " .. line
        end
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    local book = runbook.load(options.runbook)
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode({ schema = "dnsprobe.show/1", name = book.name, summary = book.summary,
            path = book.path, steps = json.array(step_rows(book)), params = json.array(param_rows(book)) },
            { pretty = true, sort = true }), "\n")
    else
        io.stdout:write(text_of(book))
    end
    return 0
end

return M
