-- SPDX-License-Identifier: MIT
-- dnsprobe diff A B: what changed between two runs.

local exit = require "dnsprobe.base.exit"
local intake = require "dnsprobe.document.intake"
local json = require "dnsprobe.json"
local output = require "dnsprobe.base.output"
local tables = require "dnsprobe.base.table"
local words = require "dnsprobe.base.figures"

local M = { name = "diff", summary = "what changed between two runs" }

function M.options(parser, add)
    parser:description(
        "What changed between two runs against the same name: verdict, findings, answers, rates with their "
            .. "intervals, latency. A rate has changed where Fisher's exact test says so, corrected for the "
            .. "number of rates. Servers are compared where both reports were written with --exchanges. Exit "
            .. "status: 0 when nothing above info has changed for the worse, 1 otherwise."
    )
    parser:argument("before", "The earlier report (JSON or bundle)."):argname("A")
    parser:argument("after", "The later report."):argname("B")
    parser:flag("--json", "As JSON, schema dnsprobe.diff/1.")
    add("output")
end

local plain = tables.plain

local function rate(stats)
    if type(stats) ~= "table" then
        return "none"
    end
    return ("%d of %d (%s to %s)"):format(
        stats.failures,
        stats.samples,
        words.percent(stats.low),
        words.percent(stats.high)
    )
end

local function significance(row)
    if not row.p then
        return ""
    end
    return (row.significant and ", changed: p %.2g" or ", within chance: p %.2g"):format(row.p)
end

local function subject_text(subject)
    return plain(subject.label or subject.server or subject.name or "")
end

local marks = { new = "+", gone = "-", worse = "^", better = "v", same = "=" }

local function add_lines(out, title, lines)
    out[#out + 1] = ""
    out[#out + 1] = title
    for _, line in ipairs(lines) do
        out[#out + 1] = "  " .. line
    end
end

local function severity_text(before, after)
    if before and after and before.severity ~= after.severity then
        return before.severity .. " -> " .. after.severity
    end
    return (after or before).severity
end

local function add_finding(out, row)
    local before = row.before ~= json.null and row.before or nil
    local after = row.after ~= json.null and row.after or nil
    local now = after or before
    out[#out + 1] = ("%s %-6s %s (%s) %s"):format(marks[row.change], row.change, plain(row.id),
        severity_text(before, after), subject_text(row.subject))
    if row.change ~= "same" or row.significant then
        out[#out + 1] = "    " .. plain(now.summary)
    end
    if now.stats then
        local was, is = rate(before and before.stats), rate(after and after.stats)
        out[#out + 1] = ("    rate: %s -> %s%s"):format(was, is, significance(row))
    end
end

local function finding_lines(list)
    local out = {}
    for _, row in ipairs(list) do
        add_finding(out, row)
    end
    return out
end

local function server_rows(servers)
    local rows, answers = {}, {}
    for _, row in ipairs(servers) do
        local name = plain(row.label or row.server)
        for _, one in ipairs(row.answers) do
            answers[#answers + 1] = { server = name, type = one.type, before = one.before, after = one.after }
        end
        local quick, now = row.latency.before, row.latency.after
        if row.failures.significant or row.latency.change then
            rows[#rows + 1] = { server = name, address = row.server,
                ["failed before"] = rate(row.failures.before), after = rate(row.failures.after),
                change = significance(row.failures):gsub("^, ", ""),
                ["p50"] = words.micros(quick ~= json.null and quick.p50_us or nil) .. " -> "
                    .. words.micros(now ~= json.null and now.p50_us or nil), pace = row.latency.change or "" }
        end
    end
    return rows, answers
end

local function text_of(d)
    local before, after = d.verdict.before, d.verdict.after
    local function verdict(v)
        return v.status:upper() .. (v.cause ~= json.null and " " .. plain(v.cause) or "")
    end
    local out = {
        d.worse and "WORSE  something above info has changed for the worse"
            or "NOT WORSE  nothing above info has changed for the worse",
        ("  before  %s  %s  (%s)"):format(plain(d.before.started), verdict(before), plain(d.before.file)),
        ("  after   %s  %s  (%s)"):format(plain(d.after.started), verdict(after), plain(d.after.file)),
    }
    add_lines(out, "Findings", #d.findings > 0 and finding_lines(d.findings) or { "none in either run" })
    local rows, answers = server_rows(d.servers)
    if #answers > 0 then
        add_lines(
            out,
            "Answers that differ",
            tables.lines({ "server", "type", "before", "after" }, answers, true)
        )
    end
    if #rows > 0 then
        add_lines(
            out,
            "Servers that changed",
            tables.lines(
                { "server", "address", "failed before", "after", "change", "p50", "pace" },
                rows,
                true
            )
        )
    end
    if #d.servers > 0 then
        add_lines(
            out,
            ("%d servers compared: %d in rate or latency, %d answers differ; %d rates compared"):format(
                #d.servers,
                #rows,
                #answers,
                d.comparisons
            ),
            {}
        )
    end
    for _, note in ipairs(d.notes) do
        add_lines(out, "Note: " .. plain(note), {})
    end
    return table.concat(out, "\n") .. "\n"
end

function M.run(options)
    output.check(options.output)
    local dns = require "dnsprobe"
    local a, b = intake.report(options.before), intake.report(options.after)
    if not dns.name.equal(a.target.name, b.target.name) then
        exit.usage("%s is about %s, %s about %s: only runs against one name can be compared", options.before,
            plain(a.target.name), options.after, plain(b.target.name))
    end
    local ok, document =
        pcall(require("dnsprobe.document.compare").of, a, b, { options.before, options.after })
    if not ok then
        exit.input("%s, %s: what was recorded cannot be compared: %s", options.before, options.after,
            plain(tostring(document):match("^[^\n]*")))
    end
    output.write(
        options.output,
        options.json and json.encode(document, { pretty = true, sort = true }) .. "\n" or text_of(document)
    )
    return document.worse and exit.WARNING or exit.OK
end

return M
