-- SPDX-License-Identifier: MIT
-- The matrices of the HTML report: who answers what, and which transport gets through.

local answers = require "dnsprobe.format.text.answers"
local cells = require "dnsprobe.judge.tool.cells"
local facts = require "dnsprobe.document.pictures"
local markup = require "dnsprobe.format.html.markup"

local M = {}

local RANK = { "first", "second", "third" }
local ROLE = { authority = "zone", host = "this host", resolver = "public" }
local SHORT = 8

local element, safe, text = markup.element, markup.safe, markup.text

local function mark(class, label, more)
    return element("span", { class = "cell" }, element("span", { class = "mark " .. class }, safe(label)),
        more and text("span", "soft", more) or "")
end

local function answer_cell(cell)
    if not cell or cell.n == 0 then
        return text("span", "soft", "-")
    end
    local counts = ("%d/%d"):format(cell.good, cell.n)
    if not cell.variant then
        return mark("none", "✗", answers.failure(cell) .. " " .. counts)
    end
    local variant = cell.variant
    local name = #variant.text <= SHORT and variant.text or variant.letter
    local class = RANK[variant.rank] or "fourth"
    if cell.good < cell.n then
        return mark(class, name) .. " " .. mark("part", "◐", counts .. " " .. answers.failure(cell))
    end
    return mark(class, name, counts)
end

--- The head of a row: the server's name, with its address below.
---@param server dnsprobe.FactServer
---@return string
function M.server_head(server)
    local name = facts.name(server)
    return text("span", server.blamed and "blamed" or nil, (server.blamed and "▶ " or "") .. name)
        .. (name ~= server.address and " " .. text("span", "soft mono", server.address) or "")
end

local function matrix(heads, rows, caption)
    local out = {}
    for _, head in ipairs(heads) do
        out[#out + 1] = element("th", { scope = "col" }, safe(head))
    end
    return element(
        "div",
        { class = "scroll" },
        element(
            "table",
            { ["aria-label"] = caption },
            element("thead", nil, element("tr", nil, table.concat(out))),
            element("tbody", nil, table.concat(rows))
        )
    )
end

local function legend(shown)
    local out = {}
    for _, variant in ipairs(shown.variants) do
        if #variant.text > SHORT then
            out[#out + 1] = element(
                "dt",
                nil,
                safe(variant.type),
                " ",
                element("span", { class = "mark " .. (RANK[variant.rank] or "fourth") }, safe(variant.letter))
            ) .. element(
                "dd",
                { class = "value" },
                safe(variant.text),
                " ",
                text(
                    "span",
                    "soft",
                    ("at %d server%s"):format(variant.servers, variant.servers == 1 and "" or "s")
                )
            )
        end
    end
    return #out > 0 and element("dl", { class = "facts" }, table.concat(out)) or ""
end

--- Servers by types.
---@param out string[]
---@param shown dnsprobe.Facts
function M.add_answers(out, shown)
    local servers, rows = answers.servers(shown.servers), {}
    if #servers == 0 then
        return
    end
    local heads = { "server", "side", table.unpack(shown.types) }
    for i, server in ipairs(servers) do
        local row =
            { element("th", { scope = "row" }, M.server_head(server)), text("td", "soft", ROLE[server.role]) }
        for _, type in ipairs(shown.types) do
            row[#row + 1] = element("td", nil, answer_cell(server.types[type]))
        end
        rows[i] = element("tr", nil, table.concat(row))
    end
    out[#out + 1] = '<section><h2>Who answers what</h2><p class="lead">'
        .. "A letter is one answer: every value that a server gave over all samples. The most common is a. "
        .. 'The figures are usable answers of all samples.</p><div class="card">'
    out[#out + 1] = matrix(heads, rows, "servers by types") .. legend(shown) .. "</div></section>"
end

local function transport_cell(cell)
    if not cell or cell.n == 0 then
        return text("span", "soft", "-")
    end
    local counts = ("%d/%d"):format(cell.good, cell.n)
    if cell.good == cell.n then
        return mark("first", "✓", counts)
    elseif cell.good == 0 then
        return mark("none", "✗", counts .. " " .. answers.failure(cell))
    end
    return mark("part", "◐", counts .. " " .. answers.failure(cell))
end

--- Servers by the dress of the question.
---@param out string[]
---@param shown dnsprobe.Facts
function M.add_transports(out, shown)
    local used, columns, heads = {}, {}, { "server" }
    for _, server in ipairs(shown.servers) do
        for id in pairs(server.cells) do
            used[id] = true
        end
    end
    for _, cell in ipairs(cells.list) do
        if used[cell.id] then
            columns[#columns + 1], heads[#heads + 1] = cell.id, cell.title
        end
    end
    local rows = {}
    for _, server in ipairs(shown.servers) do
        if next(server.cells) then
            local row = { element("th", { scope = "row" }, M.server_head(server)) }
            for _, id in ipairs(columns) do
                row[#row + 1] = element("td", nil, transport_cell(server.cells[id]))
            end
            rows[#rows + 1] = element("tr", nil, table.concat(row))
        end
    end
    if #columns == 0 then
        return
    end
    out[#out + 1] = '<section><h2>Which transport gets through</h2><p class="lead">'
        .. "One question in many dresses. Neighbours differ in one thing, so a dress that fails beside one "
        .. 'that does not names the cause.</p><div class="card">'
    out[#out + 1] = matrix(heads, rows, "servers by transport") .. "</div></section>"
end

return M
