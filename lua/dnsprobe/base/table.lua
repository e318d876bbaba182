-- SPDX-License-Identifier: MIT
-- Aligned tables for terminals and Markdown: cells are made safe, cut, and padded by what they look like.

local dns = require "dnsprobe"

local M = {}

local CELL_MAX = 60

--- A value as one line that is safe for a terminal.
---@param value any
---@return string
function M.plain(value)
    if value == nil then
        return "-"
    end
    if type(value) == "number" then
        return math.type(value) == "integer" and tostring(value)
            or (("%.3f"):format(value):gsub("%.?0+$", ""))
    end
    if type(value) == "table" then
        local parts = {}
        for i, item in ipairs(value) do
            parts[i] = M.plain(item)
        end
        return table.concat(parts, " ")
    end
    if type(value) == "userdata" then
        return "-" -- json.null
    end
    return dns.escape((tostring(value):gsub("%s+", " ")))
end

-- Characters that take two columns, and that take none (UAX 11 and UAX 44, by blocks), sorted.
local WIDE = {
    { 0x1100, 0x115f },
    { 0x2e80, 0x303e },
    { 0x3041, 0xa4cf },
    { 0xac00, 0xd7a3 },
    { 0xf900, 0xfaff },
    { 0xfe30, 0xfe6f },
    { 0xff00, 0xff60 },
    { 0xffe0, 0xffe6 },
    { 0x1f300, 0x1f64f },
    { 0x1f900, 0x1f9ff },
    { 0x20000, 0x3fffd },
}
local NONE = {
    { 0x300, 0x36f },
    { 0x483, 0x489 },
    { 0x591, 0x5bd },
    { 0x610, 0x61a },
    { 0x64b, 0x65f },
    { 0x1ab0, 0x1aff },
    { 0x1dc0, 0x1dff },
    { 0x20d0, 0x20ff },
    { 0xfe00, 0xfe0f },
    { 0xfe20, 0xfe2f },
}

local function in_ranges(ranges, point)
    for _, range in ipairs(ranges) do
        if point <= range[2] then
            return point >= range[1]
        end
    end
    return false
end

--- Columns that text takes on a terminal.
---@param text string
---@return integer
function M.width(text)
    if not text:find("[\128-\255]") or not utf8.len(text) then
        return #text
    end
    local columns = 0
    for _, point in utf8.codes(text) do
        columns = columns + (in_ranges(NONE, point) and 0 or in_ranges(WIDE, point) and 2 or 1)
    end
    return columns
end

local width = M.width

local function cut(text)
    if width(text) <= CELL_MAX then
        return text
    end
    return text:sub(1, (utf8.offset(text, CELL_MAX - 1) or CELL_MAX - 1) - 1) .. ".."
end

--- Is it a figure, with or without a unit? Columns of them are right-aligned.
---@param text string
---@return boolean
function M.is_number(text)
    return text:match("^%-?%d+%.?%d*%s?[%a%%]*$") ~= nil or text == "-"
end

--- Lines of a table: the heads, then a line per row. Columns of figures are right-aligned; empty columns go.
---@param columns string[]
---@param rows table[] objects by column
---@param keep_whole boolean? true: cells are not cut
---@return string[] lines
function M.lines(columns, rows, keep_whole)
    local shown, cells, widths, right = {}, {}, {}, {}
    for _, column in ipairs(columns) do
        local wide, figures, empty = width(column), #rows > 0, true
        local list = {}
        for r, row in ipairs(rows) do
            local text = M.plain(row[column])
            text = keep_whole and text or cut(text)
            list[r], wide = text, math.max(wide, width(text))
            figures, empty = figures and M.is_number(text), empty and (text == "-" or text == "")
        end
        if not empty then
            shown[#shown + 1], cells[#cells + 1] = column, list
            widths[#widths + 1], right[#right + 1] = wide, figures
        end
    end
    local function line(text_of)
        local parts = {}
        for c = 1, #shown do
            local text = text_of(c)
            local pad = (" "):rep(widths[c] - width(text))
            parts[c] = right[c] and pad .. text or text .. pad
        end
        return (table.concat(parts, "  "):gsub("%s+$", ""))
    end
    if #shown == 0 then
        return {}
    end
    local out = { line(function(c) return shown[c] end) }
    for r = 1, #rows do
        out[#out + 1] = line(function(c) return cells[c][r] end)
    end
    return out
end

return M
