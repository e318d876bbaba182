-- SPDX-License-Identifier: MIT
-- The steps of a run in the HTML report, each unfolding to its tables; and what was run, when and from where.

local markup = require "dnsprobe.format.html.markup"
local tables = require "dnsprobe.base.table"
local words = require "dnsprobe.base.figures"

local M = {}

local WIDE_CELL = 28 -- characters above which a cell may wrap
local ROWS_MAX = 400

local element, safe, text = markup.element, markup.safe, markup.text

local function row_of(columns, row)
    local out = {}
    for c, column in ipairs(columns) do
        local value = tables.plain(row[column])
        local class = tables.is_number(value) and value ~= "-" and "figure"
            or #value > WIDE_CELL and "wide"
            or nil
        out[c] = element(
            c == 1 and "th" or "td",
            { class = class, scope = c == 1 and "row" or nil },
            safe(row[column])
        )
    end
    return element("tr", nil, table.concat(out))
end

local function data_table(one, data)
    local heads, rows = {}, {}
    for i, column in ipairs(one.columns) do
        heads[i] = element("th", { scope = "col" }, safe(column))
    end
    for i = 1, math.min(#data, ROWS_MAX) do
        rows[i] = row_of(one.columns, data[i])
    end
    return text("h4", nil, one.title or one.key)
        .. element(
            "div",
            { class = "scroll" },
            element(
                "table",
                nil,
                element("thead", nil, element("tr", nil, table.concat(heads))),
                element("tbody", nil, table.concat(rows))
            )
        )
        .. (#data > ROWS_MAX and text("p", "soft", ("%d more rows"):format(#data - ROWS_MAX)) or "")
end

-- What a step shows: why it was not measured, its notes, its tables.
local function contents_of(step)
    local inside = {}
    if step.why then
        inside[1] = text("p", "soft", step.why)
    end
    for _, note in ipairs(step.notes or {}) do
        inside[#inside + 1] = text("p", "soft", note)
    end
    for _, one in ipairs(step.tables or {}) do
        local data = step.data[one.key]
        if type(data) == "table" and #data > 0 then
            inside[#inside + 1] = data_table(one, data)
        end
    end
    if #inside == 0 then
        inside[1] = text("p", "soft", step.status == "skipped" and "left out" or "nothing to show")
    end
    return table.concat(inside)
end

local function step_part(step)
    local effort = step.status == "skipped" and ""
        or ("%d queries, %s"):format(step.sent, words.duration(step.elapsed_ms))
    return element(
        "details",
        { class = step.status, open = step.status == "critical" and "open" or nil },
        element(
            "summary",
            nil,
            text("b", nil, step.number),
            " ",
            safe(step.title),
            text("span", "badge", step.status),
            text("span", "soft", effort)
        ),
        element("div", nil, contents_of(step))
    )
end

--- The steps.
---@param out string[]
---@param document table
function M.add(out, document)
    out[#out + 1] = '<section><h2>Steps</h2><div class="card">'
    for _, step in ipairs(document.steps) do
        out[#out + 1] = step_part(step)
    end
    out[#out + 1] = "</div></section>"
end

--- What was run.
---@param out string[]
---@param document table
function M.add_footer(out, document)
    local vantage = document.vantage
    local text_of_run = ("%s %s, runbook %s, types %s. Started %s at %s (%s); %d queries, %d bytes in %s%s. "
        .. "Seed %s."):format(
        document.tool.name,
        document.tool.version,
        words.runbook(document.runbook),
        table.concat(document.target.types, ","),
        document.started:sub(1, 19) .. "Z",
        vantage.host or "?",
        vantage.os or "?",
        document.sent.queries,
        document.sent.bytes,
        words.duration(document.elapsed_ms),
        document.cut and ", cut short: " .. tostring(document.cut) or "",
        tostring(document.seed)
    )
    out[#out + 1] = text("footer", nil, text_of_run)
end

return M
