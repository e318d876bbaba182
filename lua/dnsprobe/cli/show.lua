-- SPDX-License-Identifier: MIT
-- dnsprobe show RUNBOOK: its steps, its parameters and settings as a run would have them and where each comes
-- from, and what it will send.

local config = require "dnsprobe.book.config"
local params = require "dnsprobe.book.runbook.params"
local runbook = require "dnsprobe.book.runbook"
local tables = require "dnsprobe.base.table"

local M = { name = "show", summary = "a runbook's steps, parameters with defaults, and what it will send" }

function M.options(parser, add)
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
    parser:flag("--json", "As JSON.")
    add("trust")
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

local function text_of_value(value)
    if type(value) ~= "table" then
        return value == nil and "-" or tostring(value)
    end
    local words = {}
    for i, item in ipairs(value) do
        words[i] = type(item) == "table" and tostring(item.address) or tostring(item)
    end
    return table.concat(words, ",")
end

-- Each parameter as a run without --set would have it.
local function param_rows(book, settings)
    local rows, given, from = {}, config.params(settings, book)
    for _, key in ipairs(params.sorted_keys(book.params)) do
        local spec, value = book.params[key], given[key]
        if value == nil then
            value = spec.default
        end
        rows[#rows + 1] = {
            parameter = key,
            default = text_of_value(value),
            from = from[key] or "runbook",
            type = spec.type or "string",
            range = range_of(spec),
            unit = spec.unit or "",
            meaning = spec.help or "",
        }
    end
    return rows
end

-- Each setting as a run without options would have it.
local function setting_rows(book, settings)
    local rows = {}
    for i, row in ipairs(config.keys) do
        local value, from = settings.values[row.key], settings.from[row.key]
        if row.key == "resolvers" and book.resolvers then
            value, from = book.resolvers, "runbook"
        elseif row.key == "max_queries" and book.max_queries and book.max_queries < (value or math.huge) then
            value, from = book.max_queries, "runbook"
        elseif row.key == "detect" and value then
            value = ("%g%%"):format(100 * value)
        end
        rows[i] = { setting = row.key, value = value == nil and row.built_in or text_of_value(value),
            from = from or "built in", meaning = row.help }
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

local function add_table(out, title, columns, rows)
    out[#out + 1] = ""
    out[#out + 1] = title
    for _, line in ipairs(tables.lines(columns, rows, true)) do
        out[#out + 1] = "  " .. line
    end
end

local function text_of(book, settings)
    local out = { ("%s: %s"):format(book.name, tables.plain(book.summary)), book.path, "", "Steps" }
    for _, row in ipairs(step_rows(book)) do
        out[#out + 1] = ("  %d  %-12s %s"):format(row["#"], row.id, tables.plain(row.title))
        out[#out + 1] = ("                  sends: %s"):format(tables.plain(row.sends))
    end
    local rows = param_rows(book, settings)
    if #rows > 0 then
        add_table(
            out,
            "Parameters (--set KEY=VALUE, DNSPROBE_SET_KEY=VALUE, or a config file: dnsprobe help config)",
            { "parameter", "default", "from", "type", "range", "unit", "meaning" },
            rows
        )
    end
    add_table(out, "Settings (options of run, or a config file)", { "setting", "value", "from", "meaning" },
        setting_rows(book, settings))
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    local book, settings = runbook.load(options.runbook), config.load()
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(
            json.encode(
                {
                    schema = "dnsprobe.show/1",
                    name = book.name,
                    summary = book.summary,
                    path = book.path,
                    steps = json.array(step_rows(book)),
                    params = json.array(param_rows(book, settings)),
                    settings = json.array(setting_rows(book, settings)),
                },
                { pretty = true, sort = true }
            ),
            "\n"
        )
    else
        io.stdout:write(text_of(book, settings))
    end
    return 0
end

return M
