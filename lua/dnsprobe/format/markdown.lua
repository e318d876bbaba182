-- SPDX-License-Identifier: MIT
-- markdown: for tickets and chat. What comes from the network is made safe for terminals first and then
-- escaped, so that it can make neither markup nor links nor HTML.

local answers = require "dnsprobe.format.text.answers"
local facts = require "dnsprobe.document.pictures"
local tables = require "dnsprobe.base.table"
local words = require "dnsprobe.base.figures"

local M = { summary = "for tickets: headings, tables, commands", stream = false }

local entities = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;" }

-- Entities for HTML, backslashes for markup; and nothing that would be made a link by itself.
local function safe(value)
    return (tables.plain(value):gsub("[\\`*_%[%]#|~@$]", "\\%0"):gsub("[&<>]", entities)
        :gsub("://", ":&#47;/"):gsub("www%.", "www&#46;"))
end

-- Inside a fence only the fence itself is special: it is made longer than any run of backquotes in the lines.
local function fenced(out, lines)
    local longest = 2
    for _, line in ipairs(lines) do
        for run in line:gmatch("`+") do
            longest = math.max(longest, #run)
        end
    end
    local fence = ("`"):rep(longest + 1)
    out[#out + 1] = fence .. "sh"
    table.move(lines, 1, #lines, #out + 1, out)
    out[#out + 1] = fence
end

local function add_table(out, columns, rows)
    local function row_of(text_of)
        local cells = {}
        for i, column in ipairs(columns) do
            cells[i] = text_of(column)
        end
        return "| " .. table.concat(cells, " | ") .. " |"
    end
    out[#out + 1] = row_of(safe)
    out[#out + 1] = row_of(function() return "---" end)
    for _, row in ipairs(rows) do
        out[#out + 1] = row_of(function(column) return safe(row[column]) end)
    end
    out[#out + 1] = ""
end

local function add_finding(out, finding)
    out[#out + 1] = ("### %s `%s`"):format(finding.severity:upper(), finding.id:gsub("`", ""))
    out[#out + 1] = ""
    out[#out + 1] = safe(finding.summary)
    out[#out + 1] = ""
    local subject = finding.subject.label or finding.subject.server
    if subject then
        out[#out + 1] = "- at "
            .. safe(subject)
            .. (
                finding.subject.label
                    and finding.subject.server
                    and " (" .. safe(finding.subject.server) .. ")"
                or ""
            )
    end
    if finding.stats then
        out[#out + 1] = "- seen in " .. safe(words.rate(finding.stats))
    end
    if finding.explained_by then
        out[#out + 1] = ("- follows from `%s`: %s"):format(
            finding.explained_by:gsub("`", ""),
            safe(finding.because)
        )
    end
    if finding.fix ~= "" and not finding.explained_by then
        out[#out + 1] = "- fix: " .. safe(finding.fix)
    end
    if #finding.evidence > 0 then
        out[#out + 1] = "- evidence: exchanges " .. words.numbers(finding.evidence, 12)
    end
    out[#out + 1] = ""
    if #finding.reproduce > 0 then
        local lines = {}
        for i, line in ipairs(finding.reproduce) do
            lines[i] = tables.plain(line)
        end
        fenced(out, lines)
        out[#out + 1] = ""
    end
end

-- The tables of steps with a finding, and those that are what a step is for; all of them with -v.
local function add_steps(out, document, verbose)
    local rows = {}
    for i, step in ipairs(document.steps) do
        rows[i] = { ["#"] = step.number, step = step.id, status = step.status, title = step.title,
            queries = step.sent, time = words.duration(step.elapsed_ms) }
    end
    out[#out + 1] = "## Steps"
    out[#out + 1] = ""
    add_table(out, { "#", "step", "status", "title", "queries", "time" }, rows)
    for _, step in ipairs(document.steps) do
        local all = verbose or step.status == "critical" or step.status == "warning"
        for _, one in ipairs(step.tables or {}) do
            local data = step.data[one.key]
            if type(data) == "table" and #data > 0 and (all or one.always) then
                out[#out + 1] = ("### %s: %s"):format(safe(step.id), safe(one.title or one.key))
                out[#out + 1] = ""
                add_table(out, one.columns, data)
            end
        end
    end
end

local function more_of(verdict)
    local parts = { safe(words.confidence(verdict)) }
    local share, attribution = words.share(verdict.share), words.attribution(verdict.attribution)
    for _, text in ipairs { share or "", attribution or "" } do
        parts[#parts + 1] = text ~= "" and safe(text) or nil
    end
    return table.concat(parts, " ")
end

-- Who gives which answer, for those who cannot see the picture of it.
local function add_answers(out, document)
    local shown = facts.of(document)
    local servers = shown and answers.servers(shown.servers) or {}
    if #servers == 0 then
        return
    end
    local columns, rows = { "server", "address" }, {}
    table.move(shown.types, 1, #shown.types, 3, columns)
    for i, server in ipairs(servers) do
        rows[i] = { server = facts.name(server), address = server.address }
        for _, type in ipairs(shown.types) do
            local cell = server.types[type]
            rows[i][type] = cell
                    and ("%s, %d of %d"):format(
                        cell.variant and cell.variant.text or answers.failure(cell),
                        cell.good,
                        cell.n
                    )
                or "-"
        end
    end
    out[#out + 1] = "## Who answers what"
    out[#out + 1] = ""
    add_table(out, columns, rows)
end

--- Renders the report.
---@param document table
---@param style dnsprobe.Style?
---@return string
function M.render(document, style)
    local verdict = document.verdict
    local cause = type(verdict.cause) == "string" and (" `%s`"):format((verdict.cause:gsub("`", ""))) or ""
    local out = { ("# %s: %s%s"):format(safe(document.target.name), verdict.status:upper(), cause), "",
        safe(verdict.summary), "", more_of(verdict), "" }
    if #document.findings > 0 then
        out[#out + 1] = "## Findings"
        out[#out + 1] = ""
        for _, finding in ipairs(document.findings) do
            add_finding(out, finding)
        end
    end
    add_answers(out, document)
    add_steps(out, document, style and style.verbose)
    out[#out + 1] = safe(
        ("%s %s, runbook %s, %s, %d queries in %s"):format(
            document.tool.name,
            document.tool.version,
            words.runbook(document.runbook),
            document.started,
            document.sent.queries,
            words.duration(document.elapsed_ms)
        )
    )
    return table.concat(out, "\n") .. "\n"
end

return M
