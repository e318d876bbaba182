-- SPDX-License-Identifier: MIT
-- dnsprobe check RUNBOOK: load, look at the text, and say all that is wrong; nothing is sent.
--
-- Looked for are syntax, variables and members of the API that are not there, arguments of a wrong type,
-- parameters that are declared nowhere, texts that are missing, steps and findings with ids that do not hold.
-- Where lua-language-server is installed, it is asked too, with the annotations of the API.

local book = require "dnsprobe.check.runbook"
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local json = require "dnsprobe.json"
local server = require "dnsprobe.check.languageserver"
local tables = require "dnsprobe.base.table"

local M = { name = "check", summary = "load and validate a runbook; sends nothing" }

function M.options(parser, add)
    parser:description(
        "Loads a runbook, sends nothing, and says all that is wrong with it, a line each with file and line: "
            .. "syntax, variables and members of the API that are not there, arguments of a wrong type, "
            .. "parameters that are declared nowhere, steps and finding ids that do not hold, missing texts; "
            .. "then what it will send. Where lua-language-server is installed, it is asked too."
    )
    parser:argument("runbook", "A name, a file name or a path."):argname("RUNBOOK")
    parser:flag("--json", "As JSON.")
    add("trust")
end

local function count(problems, severity)
    local n = 0
    for _, problem in ipairs(problems) do
        n = n + (problem.severity == severity and 1 or 0)
    end
    return n
end

local function counted(n, word)
    return ("%d %s%s"):format(n, word, n == 1 and "" or "s")
end

local function line_of(problem)
    local place = problem.line and ("%s:%d"):format(problem.file, problem.line) or problem.file
    return dns.escape(
        ("%s: %s%s"):format(place, problem.severity == "warning" and "warning: " or "", problem.text)
    )
end

local function budget_lines(budget)
    local out, known, sum = {}, 0, 0
    for _, step in ipairs(budget.steps) do
        out[#out + 1] = ("  %-14s %s"):format(step.id, tables.plain(step.sends or "not said"))
        known, sum = known + (step.queries and 1 or 0), sum + (step.queries or 0)
    end
    local total = known == #budget.steps and counted(sum, "query"):gsub("querys", "queries") .. " in all; "
        or ""
    table.insert(out, 1, ("What it sends: %sat most %d (max_queries)"):format(total, budget.max_queries))
    return out
end

local function text_of(result, errors, warnings)
    local out = {}
    for i, problem in ipairs(result.problems) do
        out[i] = line_of(problem)
    end
    if errors == 0 then
        local n = 0
        for _ in pairs(result.book.params) do
            n = n + 1
        end
        out[#out + 1] = ("%s: %s, %s, %s"):format(
            dns.escape(result.path),
            counted(#result.book.steps, "step"),
            counted(n, "parameter"),
            warnings == 0 and "no fault found" or counted(warnings, "warning")
        )
        table.move(budget_lines(result.budget), 1, #result.budget.steps + 1, #out + 1, out)
    else
        out[#out + 1] = ("%s: %s, %s"):format(
            dns.escape(result.path),
            counted(errors, "error"),
            counted(warnings, "warning")
        )
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    local result = book.check(options.runbook)
    server.add(result)
    local errors, warnings = count(result.problems, "error"), count(result.problems, "warning")
    if options.json then
        io.stdout:write(
            json.encode(
                {
                    schema = "dnsprobe.check/1",
                    path = result.path,
                    ok = errors == 0,
                    errors = errors,
                    warnings = warnings,
                    problems = json.array(result.problems),
                    files = json.array(result.files),
                    budget = result.budget and {
                        max_queries = result.budget.max_queries,
                        steps = json.array(result.budget.steps),
                    },
                },
                { pretty = true, sort = true }
            ),
            "\n"
        )
    else
        io.stdout:write(text_of(result, errors, warnings))
    end
    return errors == 0 and exit.OK or exit.INPUT
end

return M
