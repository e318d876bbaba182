-- SPDX-License-Identifier: MIT
-- text: for a tired person at 3 a.m. The verdict comes first, then what to do, then how to see it again; the
-- evidence stands below, and a line per step at the end. Every value passes the terminal escape (render/table).

local dns = require "dnsprobe"
local tables = require "dnsprobe.render.table"
local words = require "dnsprobe.render.words"

local M = { summary = "for people: verdict, fix, evidence", stream = false }

local WIDTH = 110
local EVIDENCE_MOST = 12
local REPRODUCE_MOST = 6

local codes = { critical = "31;1", warning = "33;1", ok = "32;1", info = "36", unknown = "35;1", skipped = "2", dim = "2",
    bold = "1" }

local plain = tables.plain

local function painter(style)
    if not style.color then
        return function(_, text) return text end
    end
    return function(kind, text)
        return ("\27[%sm%s\27[0m"):format(codes[kind] or "0", text)
    end
end

-- Words broken into lines, each behind `indent`.
local function wrapped(out, indent, text)
    local line = ""
    for word in plain(text):gmatch("%S+") do
        if line ~= "" and #indent + #line + 1 + #word > WIDTH then
            out[#out + 1] = indent .. line
            line = ""
        end
        line = line == "" and word or line .. " " .. word
    end
    if line ~= "" then
        out[#out + 1] = indent .. line
    end
end

-- A label, and the text wrapped beside it.
local function labelled(out, label, text)
    local lines = {}
    wrapped(lines, (" "):rep(13), text)
    if lines[1] then
        lines[1] = ("  %-11s"):format(label) .. lines[1]:sub(14)
    end
    table.move(lines, 1, #lines, #out + 1, out)
end

local function subject_text(subject)
    local parts = {}
    if subject.label then
        parts[1] = plain(subject.label)
    end
    if subject.server then
        local port = subject.port and subject.port ~= 53 and "#" .. plain(subject.port) or ""
        parts[#parts + 1] = parts[1] and ("(%s%s)"):format(plain(subject.server), port) or plain(subject.server) .. port
    end
    return table.concat(parts, " ")
end

local function reproduce(out, finding)
    for i = 1, math.min(#finding.reproduce, REPRODUCE_MOST) do
        out[#out + 1] = ("  %-11s%s"):format(i == 1 and "See it" or "", dns.escape(finding.reproduce[i]))
    end
end

local function finding_body(out, finding)
    local subject = subject_text(finding.subject)
    if subject ~= "" then
        labelled(out, "At", subject)
    end
    if finding.stats then
        labelled(out, "Seen", words.rate(finding.stats))
    end
    if finding.fix ~= "" then
        labelled(out, "Fix", finding.fix)
    end
    reproduce(out, finding)
    if #finding.evidence > 0 then
        labelled(out, "Evidence", "exchanges " .. words.numbers(finding.evidence, EVIDENCE_MOST))
    end
end

local function verdict_part(out, document, paint)
    local verdict = document.verdict
    local layer = type(verdict.layer) == "string" and (" (%s)"):format(plain(verdict.layer)) or ""
    local cause = type(verdict.cause) == "string" and "  " .. plain(verdict.cause) .. layer or ""
    out[#out + 1] = paint(verdict.status, verdict.status:upper()) .. paint("bold", cause)
    wrapped(out, "  ", verdict.summary)
    wrapped(out, "  ", words.confidence(verdict))
    local share = words.share(verdict.share)
    if share then
        wrapped(out, "  ", share)
    end
    local attribution = words.attribution(verdict.attribution)
    if attribution then
        wrapped(out, "  ", attribution)
    end
end

local function consequences(out, document, cause_id)
    local rows = {}
    for _, finding in ipairs(document.findings) do
        if finding.explained_by == cause_id then
            rows[#rows + 1] = finding
        end
    end
    if #rows == 0 then
        return
    end
    out[#out + 1] = "  What follows from it"
    for _, finding in ipairs(rows) do
        wrapped(out, "    ", ("%s: %s (%s)"):format(finding.id, finding.summary, finding.because))
    end
end

local function findings_part(out, document, paint)
    local shown = {}
    for i, finding in ipairs(document.findings) do
        if finding.severity ~= "info" then
            if i > 1 then
                out[#out + 1] = ""
                out[#out + 1] = paint(finding.severity, finding.severity:upper()) .. "  " .. plain(finding.id)
                wrapped(out, "  ", finding.summary)
            else
                out[#out + 1] = ""
            end
            finding_body(out, finding)
            if not shown[finding.id] then
                shown[finding.id] = true
                consequences(out, document, finding.id)
            end
        end
    end
end

local function notes_part(out, document)
    local first = true
    for _, finding in ipairs(document.findings) do
        if finding.severity == "info" and not finding.explained_by then
            if first then
                out[#out + 1] = ""
                out[#out + 1] = "Also seen"
                first = false
            end
            wrapped(out, "  ", finding.id .. ": " .. finding.summary)
        end
    end
end

-- Tables of a step: those of steps with a finding, those that are what the step is for, all of them with -v.
local function tables_part(out, step, verbose)
    local all = verbose or step.status == "critical" or step.status == "warning"
    for _, one in ipairs(step.tables or {}) do
        local rows = step.data[one.key]
        if type(rows) == "table" and #rows > 0 and (all or one.always) then
            out[#out + 1] = "    " .. plain(one.title or one.key)
            for _, line in ipairs(tables.lines(one.columns, rows)) do
                out[#out + 1] = "      " .. line
            end
        end
    end
end

local function steps_part(out, document, style, paint)
    out[#out + 1] = ""
    out[#out + 1] = "Steps"
    for _, step in ipairs(document.steps) do
        local effort = step.status == "skipped" and "" or ("%d queries, %s"):format(step.sent,
            words.duration(step.elapsed_ms))
        local status = ("%-8s"):format(step.status)
        out[#out + 1] = ("  %d  %-12s %s  %-38s %s"):format(step.number, plain(step.id), paint(step.status, status),
            plain(step.title), effort)
        if step.why and step.status ~= "skipped" then
            wrapped(out, "     ", step.why)
        end
        for _, note in ipairs(step.notes or {}) do
            wrapped(out, "     ", note)
        end
        tables_part(out, step, style.verbose)
    end
end

--- Renders the report.
---@param document table
---@param style { color: boolean, verbose: boolean }
---@return string
function M.render(document, style)
    local out, paint = {}, painter(style)
    out[1] = ("%s  %s %s  %s"):format(paint("bold", plain(document.target.name)),
        table.concat(document.target.types, ","), plain(document.runbook.name), paint("dim",
        document.started:sub(1, 19) .. "Z"))
    out[2] = ""
    verdict_part(out, document, paint)
    findings_part(out, document, paint)
    notes_part(out, document)
    steps_part(out, document, style, paint)
    out[#out + 1] = ""
    out[#out + 1] = ("%d queries, %d bytes sent in %s; seed %d"):format(document.sent.queries, document.sent.bytes,
        words.duration(document.elapsed_ms), document.seed)
    return table.concat(out, "\n") .. "\n"
end

return M
