-- SPDX-License-Identifier: MIT
-- Tables that fit a width. A table that is too wide is made narrower in this order: cells with words wrap;
-- then the columns are shown in several bands, each with the first column before it. Nothing is left out.

local tables = require "dnsprobe.base.table"
local terminal = require "dnsprobe.base.terminal"

local M = {}

local GAP = 2
local CELL_MAX = 400 -- characters of one cell: a page of TXT is no evidence table
local WORD_MAX = 24 -- a column of words is made no narrower than its longest word, up to this
local NARROW = 10 -- columns no wider than this are never wrapped

---@class dnsprobe.FitColumn
---@field name string
---@field texts string[]
---@field wide integer
---@field least integer
---@field right boolean

local function longest_word(text)
    local most = 0
    for word in text:gmatch("%S+") do
        most = math.max(most, terminal.width(word))
    end
    return most
end

local function column_of(name, rows, plain)
    local column = {
        name = name,
        texts = {},
        wide = terminal.width(name),
        right = #rows > 0,
        least = longest_word(name),
    }
    local empty = true
    for r, row in ipairs(rows) do
        local text = terminal.cut(plain(row[name]), CELL_MAX)
        column.texts[r], column.wide = text, math.max(column.wide, terminal.width(text))
        column.least = math.max(column.least, longest_word(text))
        column.right, empty = column.right and tables.is_number(text), empty and (text == "-" or text == "")
    end
    local wraps = not column.right and column.wide > NARROW
    column.least = wraps and math.min(column.least, WORD_MAX) or column.wide
    return not empty and column or nil
end

local function total(columns, member)
    local sum = GAP * math.max(0, #columns - 1)
    for _, column in ipairs(columns) do
        sum = sum + column[member]
    end
    return sum
end

-- Takes width away from the widest column until the table fits.
local function squeeze(columns, width)
    for _, column in ipairs(columns) do
        column.shown = column.wide
    end
    local over = total(columns, "shown") - width
    while over > 0 do
        local widest
        for _, column in ipairs(columns) do
            if column.shown > column.least and (not widest or column.shown > widest.shown) then
                widest = column
            end
        end
        if not widest then
            return
        end
        widest.shown, over = widest.shown - 1, over - 1
    end
end

-- The columns in bands that fit, the first column before each.
local function bands_of(columns, width)
    if total(columns, "least") <= width or #columns < 3 then
        return { columns }
    end
    local first, bands, band = columns[1], {}, nil
    for i = 2, #columns do
        if band and total(band, "least") + GAP + columns[i].least <= width then
            band[#band + 1] = columns[i]
        else
            band = { first, columns[i] }
            bands[#bands + 1] = band
        end
    end
    return bands
end

-- One row, as many lines high as its highest cell. Padding stands before the next text, so no line ends in
-- spaces.
local function add_row(out, columns, text_of, paint)
    local cells, height = {}, 1
    for c, column in ipairs(columns) do
        cells[c] = terminal.wrap(text_of(column), column.shown)
        height = math.max(height, #cells[c])
    end
    for l = 1, height do
        local line, gap = "", 0
        for c, column in ipairs(columns) do
            local text = cells[c][l] or ""
            local space = column.shown - terminal.width(text)
            if text ~= "" then
                line = line .. (" "):rep(gap + (column.right and space or 0)) .. paint(column.name, text)
                gap = column.right and 0 or space
            else
                gap = gap + space
            end
            gap = gap + GAP
        end
        out[#out + 1] = line
    end
end

---@class dnsprobe.FitOptions
---@field width integer
---@field plain? fun(value: any): string makes a value one safe line; default tables.plain
---@field paint? fun(column: string, row: integer?, text: string): string colours a cell; row nil: the column's name

--- Lines of a table, none wider than the width where that is possible.
---@param names string[] of the columns
---@param rows table[] objects by column
---@param options dnsprobe.FitOptions
---@return string[] lines
function M.lines(names, rows, options)
    local columns, out = {}, {}
    local plain = options.plain or tables.plain
    local paint = options.paint or function(_, _, text) return text end
    for _, name in ipairs(names) do
        columns[#columns + 1] = column_of(name, rows, plain)
    end
    if #columns == 0 then
        return out
    end
    for b, band in ipairs(bands_of(columns, options.width)) do
        if b > 1 then
            out[#out + 1] = ""
        end
        squeeze(band, options.width)
        add_row(out, band, function(column) return plain(column.name) end,
            function(name, text) return paint(name, nil, text) end)
        for r = 1, #rows do
            add_row(out, band, function(column) return column.texts[r] end,
                function(name, text) return paint(name, r, text) end)
        end
    end
    return out
end

return M
