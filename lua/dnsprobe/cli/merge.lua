-- SPDX-License-Identifier: MIT
-- dnsprobe merge REPORT...: several vantage points into one verdict.

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local intake = require "dnsprobe.document.intake"
local json = require "dnsprobe.json"
local output = require "dnsprobe.base.output"
local tables = require "dnsprobe.base.table"
local words = require "dnsprobe.base.figures"

local M = { name = "merge", summary = "several vantage points into one verdict: everywhere or only here" }

local MOST = 100 -- reports: each takes the memory of its exchanges

function M.options(parser, add)
    parser:description(
        "Several runs against one name, each from another place, into one verdict: what is seen everywhere, "
            .. "and what only here while others measured the same servers healthy. Rates are pooled, with "
            .. "Wilson intervals. Reports with --exchanges say most. Exit status as of run. Outputs of run "
            .. "--domains (shards of a list) are joined into one, with one summary."
    )
    parser
        :argument("reports", "Reports of run (JSON or bundles), or outputs of run --domains.")
        :argname("REPORT")
        :args("+")
    parser:flag("--json", "As JSON, schema dnsprobe.merge/1.")
    add("output")
end

local plain = tables.plain

local function states(finding, vantages)
    local rows = {}
    for i, row in ipairs(finding.vantages) do
        rows[i] = {
            ["vantage point"] = vantages[row.vantage].name,
            sees = row.state == "seen" and row.severity
                or row.state == "clean" and "healthy"
                or "not measured",
            rate = row.stats and words.rate(row.stats) or "-",
            why = row.why or "",
        }
    end
    return rows
end

local function text_of(d)
    local verdict = d.verdict
    local out = {
        ("%s  %s  %d vantage points"):format(
            plain(d.target.name),
            table.concat(d.target.types, ","),
            #d.vantages
        ),
        "",
        ("%s  %s"):format(
            verdict.status:upper(),
            verdict.cause ~= json.null and plain(verdict.cause) or "healthy"
        ),
        "  " .. plain(verdict.summary),
        "",
    }
    local rows = {}
    for i, one in ipairs(d.vantages) do
        rows[i] = {
            ["vantage point"] = one.name,
            file = one.file,
            started = one.started,
            status = one.status,
            cause = one.cause ~= json.null and one.cause or "-",
            queries = one.queries,
        }
    end
    for _, line in
        ipairs(tables.lines({ "vantage point", "status", "cause", "started", "queries", "file" }, rows, true))
    do
        out[#out + 1] = "  " .. line
    end
    for _, finding in ipairs(d.findings) do
        out[#out + 1] = ""
        out[#out + 1] = ("%s  %s (%s)"):format(
            finding.severity:upper(),
            plain(finding.id),
            plain(finding.layer)
        )
        out[#out + 1] = "  " .. plain(finding.summary)
        out[#out + 1] = "  Seen       "
            .. plain(require("dnsprobe.document.merge").where(finding, d.vantages))
        if finding.stats then
            out[#out + 1] = "  Pooled     " .. words.rate(finding.stats)
        end
        if finding.fix and finding.fix ~= "" then
            out[#out + 1] = "  Fix        " .. plain(finding.fix)
        end
        for _, line in
            ipairs(
                tables.lines({ "vantage point", "sees", "rate", "why" }, states(finding, d.vantages), true)
            )
        do
            out[#out + 1] = "    " .. line
        end
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    output.check(options.output)
    local join = require "dnsprobe.run.bulk.join"
    for _, path in ipairs(options.reports) do -- any of them: a shard that was killed at once is empty
        if join.is(path) then
            return join.run(options.reports, options.output)
        end
    end
    local reports = {}
    if #options.reports > MOST then
        exit.usage_of("merge", "%d reports; at most %d at once", #options.reports, MOST)
    end
    for i, path in ipairs(options.reports) do
        reports[i] = intake.report(path)
        if not dns.name.equal(reports[i].target.name, reports[1].target.name) then
            exit.usage(
                "%s is about %s, %s about %s: only runs against one name can be merged",
                options.reports[1],
                plain(reports[1].target.name),
                path,
                plain(reports[i].target.name)
            )
        end
    end
    local ok, document = pcall(require("dnsprobe.document.merge").of, reports, options.reports)
    if not ok then
        exit.input("what was recorded cannot be merged: %s", plain(tostring(document):match("^[^\n]*")))
    end
    output.write(
        options.output,
        options.json and json.encode(document, { pretty = true, sort = true }) .. "\n" or text_of(document)
    )
    return exit.of_status[document.verdict.status]
end

return M
