-- SPDX-License-Identifier: MIT
-- text: for a tired person at 3 a.m. The verdict comes first, then what to do, then how to see it again; the
-- evidence stands below, and a line per step at the end. Every value passes the terminal escape (base/table).

local answers = require "dnsprobe.format.text.answers"
local dns = require "dnsprobe"
local facts = require "dnsprobe.document.pictures"
local fit = require "dnsprobe.format.tool.fit"
local latency = require "dnsprobe.format.text.latency"
local terminal = require "dnsprobe.base.terminal"
local words = require "dnsprobe.base.figures"

local M = { summary = "for people: verdict, fix, evidence", stream = false }

local COLUMNS = 100 -- where the style names none
local PROSE_MAX = 110 -- longer lines are hard to read
local LABEL = 13 -- where the text beside a label begins
local TITLE_MIN = 20 -- a title that is cut shorter says nothing
local EVIDENCE_MOST = 12
local REPRODUCE_MOST = 6

---@class dnsprobe.TextPage what is being written
---@field out string[]
---@field style dnsprobe.Style
---@field paint fun(kind: string?, text: string): string
---@field plain fun(value: any): string

-- Words broken into lines, each behind `indent`.
local function wrapped(page, indent, text)
    local width = math.min(page.style.columns, PROSE_MAX) - #indent
    for _, line in ipairs(terminal.wrap(page.plain(text), width)) do
        page.out[#page.out + 1] = indent .. line
    end
end

-- A label, and the text wrapped beside it.
local function labelled(page, label, text)
    local first = #page.out + 1
    wrapped(page, (" "):rep(LABEL), text)
    page.out[first] = "  " .. page.paint("dim", label) .. (" "):rep(LABEL - 2 - #label)
        .. page.out[first]:sub(LABEL + 1)
end

local function subject_text(subject, plain)
    local parts = {}
    if subject.label then
        parts[1] = plain(subject.label)
    end
    if subject.server then
        local port = subject.port and subject.port ~= 53 and "#" .. plain(subject.port) or ""
        parts[#parts + 1] = parts[1] and ("(%s%s)"):format(plain(subject.server), port)
            or plain(subject.server) .. port
    end
    return table.concat(parts, " ")
end

-- Commands stand on one line each, however long: they are there to be copied.
local function reproduce(page, finding)
    for i = 1, math.min(#finding.reproduce, REPRODUCE_MOST) do
        local label = i == 1 and "See it" or ""
        local line = dns.escape(finding.reproduce[i])
        page.out[#page.out + 1] = "  " .. page.paint("dim", label) .. (" "):rep(LABEL - 2 - #label)
            .. (page.style.utf8 == false and terminal.ascii(line) or line)
    end
end

local function finding_body(page, finding)
    local subject = subject_text(finding.subject, page.plain)
    if subject ~= "" then
        labelled(page, "At", subject)
    end
    if finding.stats then
        labelled(page, "Seen", words.rate(finding.stats))
    end
    if finding.fix ~= "" then
        labelled(page, "Fix", finding.fix)
    end
    reproduce(page, finding)
    if #finding.evidence > 0 then
        labelled(page, "Evidence", "exchanges " .. words.numbers(finding.evidence, EVIDENCE_MOST))
    end
end

local function verdict_part(page, verdict)
    local layer = type(verdict.layer) == "string" and (" (%s)"):format(page.plain(verdict.layer)) or ""
    local cause = type(verdict.cause) == "string" and "  " .. page.plain(verdict.cause) .. layer or ""
    page.out[#page.out + 1] = page.paint(verdict.status, verdict.status:upper()) .. page.paint("bold", cause)
    wrapped(page, "  ", verdict.summary)
    wrapped(page, "  ", words.confidence(verdict))
    local share, attribution = words.share(verdict.share), words.attribution(verdict.attribution)
    for _, text in ipairs { share or "", attribution or "" } do
        if text ~= "" then
            wrapped(page, "  ", text)
        end
    end
end

local function consequences(page, document, cause_id)
    local first = true
    for _, finding in ipairs(document.findings) do
        if finding.explained_by == cause_id then
            if first then
                page.out[#page.out + 1] = "  What follows from it"
                first = false
            end
            wrapped(page, "    ", ("%s: %s (%s)"):format(finding.id, finding.summary, finding.because))
        end
    end
end

local function findings_part(page, document)
    local shown = {}
    for i, finding in ipairs(document.findings) do
        if finding.severity ~= "info" then
            page.out[#page.out + 1] = ""
            if i > 1 then
                page.out[#page.out + 1] = page.paint(finding.severity, finding.severity:upper()) .. "  "
                    .. page.plain(finding.id)
                wrapped(page, "  ", finding.summary)
            end
            finding_body(page, finding)
            if not shown[finding.id] then
                shown[finding.id] = true
                consequences(page, document, finding.id)
            end
        end
    end
end

local function notes_part(page, document)
    local first = true
    for _, finding in ipairs(document.findings) do
        if finding.severity == "info" and not finding.explained_by then
            if first then
                page.out[#page.out + 1] = ""
                page.out[#page.out + 1] = page.paint("bold", "Also seen")
                first = false
            end
            wrapped(page, "  ", finding.id .. ": " .. finding.summary)
        end
    end
end

-- "4/6": a part of the samples only.
local function incomplete(text)
    local good, all = text:match("^(%d+)/(%d+)")
    return good and tonumber(good) < tonumber(all)
end

-- Tables of a step: those of steps with a finding, those that are what the step is for, all of them with -v.
local function tables_part(page, step)
    local all = page.style.verbose or step.status == "critical" or step.status == "warning"
    for _, one in ipairs(step.tables or {}) do
        local rows = step.data[one.key]
        if type(rows) == "table" and #rows > 0 and (all or one.always) then
            page.out[#page.out + 1] = "    " .. page.plain(one.title or one.key)
            local lines = fit.lines(one.columns, rows, { width = page.style.columns - 6, plain = page.plain,
                paint = function(_, r, text)
                    return page.paint(not r and "dim" or incomplete(text) and "bad" or nil, text)
                end })
            terminal.indented(page.out, "      ", lines)
        end
    end
end

local function effort_of(step)
    return step.status == "skipped" and ""
        or ("%d queries, %s"):format(step.sent, words.duration(step.elapsed_ms))
end

-- The columns of the list of steps: what is shown of ids and titles.
local function step_widths(document, columns)
    local id, title, effort = 0, 0, 0
    for _, step in ipairs(document.steps) do
        id, title = math.max(id, #step.id), math.max(title, terminal.width(step.title))
        effort = math.max(effort, #effort_of(step))
    end
    id = math.min(id, 24)
    return id, math.min(title, 48, columns - 5 - id - 2 - 8 - 2 - 2 - effort)
end

local function steps_part(page, document)
    page.out[#page.out + 1] = ""
    page.out[#page.out + 1] = page.paint("bold", "Steps")
    local id, title = step_widths(document, page.style.columns)
    for _, step in ipairs(document.steps) do
        local about = title >= TITLE_MIN
                and terminal.pad(terminal.cut(page.plain(step.title), title), title) .. "  "
            or ""
        local line = ("  %d  %s  %s  %s%s"):format(
            step.number,
            terminal.pad(terminal.cut(page.plain(step.id), id), id),
            page.paint(step.status, terminal.pad(step.status, 8)),
            about,
            effort_of(step)
        )
        page.out[#page.out + 1] = (line:gsub("%s+$", ""))
        if step.why and step.status ~= "skipped" then
            wrapped(page, "     ", step.why)
        end
        for _, note in ipairs(step.notes or {}) do
            wrapped(page, "     ", note)
        end
        tables_part(page, step)
    end
end

--- Renders the report.
---@param document table
---@param style dnsprobe.Style
---@return string
function M.render(document, style)
    style = {
        color = style.color,
        verbose = style.verbose,
        columns = style.columns or COLUMNS,
        utf8 = style.utf8 ~= false,
    }
    local page = { out = {}, style = style, paint = terminal.painter(style), plain = terminal.plain(style) }
    local out = page.out
    out[1] = ("%s  %s %s  %s"):format(page.paint("bold", page.plain(document.target.name)),
        page.plain(table.concat(document.target.types, ",")), page.plain(words.runbook(document.runbook)),
        page.paint("dim", page.plain(document.started:sub(1, 19)) .. "Z"))
    out[2] = ""
    verdict_part(page, document.verdict)
    findings_part(page, document)
    notes_part(page, document)
    local shown = facts.of(document)
    if shown then
        answers.add(out, shown, style, page.paint)
        latency.add(out, shown, style, page.paint)
    end
    steps_part(page, document)
    out[#out + 1] = ""
    wrapped(
        page,
        "",
        ("%d queries, %d bytes sent in %s; seed %d"):format(
            document.sent.queries,
            document.sent.bytes,
            words.duration(document.elapsed_ms),
            document.seed
        )
    )
    return table.concat(out, "\n") .. "\n"
end

return M
