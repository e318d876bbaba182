-- SPDX-License-Identifier: MIT
-- html: one file without scripts, fonts or links to elsewhere, to attach to a ticket. Every value is escaped; a
-- Content-Security-Policy forbids whatever would slip through.

local tables = require "dnsprobe.render.table"
local words = require "dnsprobe.render.words"

local M = { summary = "one self-contained page", stream = false }

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;" }

local function safe(value)
    return (tables.plain(value):gsub("[&<>\"']", entities))
end

local HEAD = [[<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title>
<style>
body{font:15px/1.5 system-ui,sans-serif;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#1c1c1c;background:#fff}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}
table{border-collapse:collapse;margin:.5rem 0;display:block;overflow-x:auto}
th,td{text-align:left;padding:.2rem .7rem;border-bottom:1px solid #ddd;white-space:nowrap}
pre{background:#f4f4f4;padding:.6rem;overflow-x:auto}
.verdict,.finding{border-left:.4rem solid #888;padding:.2rem 1rem;margin:1rem 0}
.critical{border-color:#c62828}.warning{border-color:#ef8f00}.ok{border-color:#2e7d32}.unknown{border-color:#7b1fa2}
.info{border-color:#0277bd}footer{color:#666;margin-top:2rem}
@media(prefers-color-scheme:dark){body{background:#161616;color:#e8e8e8}pre{background:#242424}th,td{border-color:#444}}
</style></head><body>
]]

local function add(out, text, ...)
    out[#out + 1] = select("#", ...) > 0 and text:format(...) or text
end

local function add_table(out, columns, rows)
    add(out, "<table><tr>")
    for _, column in ipairs(columns) do
        add(out, "<th>%s</th>", safe(column))
    end
    add(out, "</tr>")
    for _, row in ipairs(rows) do
        add(out, "<tr>")
        for _, column in ipairs(columns) do
            add(out, "<td>%s</td>", safe(row[column]))
        end
        add(out, "</tr>")
    end
    add(out, "</table>\n")
end

local function add_finding(out, finding)
    add(out, '<div class="finding %s"><h3>%s</h3><p>%s</p><ul>', finding.severity, safe(finding.id), safe(finding.summary))
    local subject = finding.subject
    if subject.label or subject.server then
        add(out, "<li>at %s %s</li>", safe(subject.label or ""), safe(subject.server or ""))
    end
    if finding.stats then
        add(out, "<li>seen in %s</li>", safe(words.rate(finding.stats)))
    end
    if finding.explained_by then
        add(out, "<li>follows from %s: %s</li>", safe(finding.explained_by), safe(finding.because))
    elseif finding.fix ~= "" then
        add(out, "<li>fix: %s</li>", safe(finding.fix))
    end
    if #finding.evidence > 0 then
        add(out, "<li>evidence: exchanges %s</li>", words.numbers(finding.evidence, 12))
    end
    add(out, "</ul>")
    if #finding.reproduce > 0 then
        add(out, "<pre>")
        for _, line in ipairs(finding.reproduce) do
            add(out, "%s\n", safe(line))
        end
        add(out, "</pre>")
    end
    add(out, "</div>\n")
end

local function add_steps(out, document)
    add(out, "<h2>Steps</h2>")
    local rows = {}
    for i, step in ipairs(document.steps) do
        rows[i] = { ["#"] = step.number, step = step.id, status = step.status, title = step.title, queries = step.sent,
            time = words.duration(step.elapsed_ms) }
    end
    add_table(out, { "#", "step", "status", "title", "queries", "time" }, rows)
    for _, step in ipairs(document.steps) do
        for _, one in ipairs(step.tables or {}) do
            local data = step.data[one.key]
            if type(data) == "table" and #data > 0 then
                add(out, "<h3>%s: %s</h3>", safe(step.id), safe(one.title or one.key))
                add_table(out, one.columns, data)
            end
        end
    end
end

--- Renders the report.
---@param document table
---@return string
function M.render(document)
    local verdict, out = document.verdict, {}
    local cause = type(verdict.cause) == "string" and verdict.cause or ""
    add(out, HEAD:gsub("%%s", (safe(document.target.name .. " " .. verdict.status):gsub("%%", "%%%%"))))
    add(out, "<h1>%s</h1>", safe(document.target.name))
    add(out, '<div class="verdict %s"><h2>%s %s</h2><p>%s</p><p>%s %s %s</p></div>\n', verdict.status, verdict.status:upper(),
        safe(cause), safe(verdict.summary), safe(words.confidence(verdict)), safe(words.share(verdict.share) or ""),
        safe(words.attribution(verdict.attribution) or ""))
    if #document.findings > 0 then
        add(out, "<h2>Findings</h2>\n")
        for _, finding in ipairs(document.findings) do
            add_finding(out, finding)
        end
    end
    add_steps(out, document)
    add(out, "<footer>%s</footer></body></html>\n", safe(("%s %s, runbook %s, %s, %d queries in %s"):format(
        document.tool.name, document.tool.version, document.runbook.name, document.started, document.sent.queries,
        words.duration(document.elapsed_ms))))
    return table.concat(out)
end

return M
