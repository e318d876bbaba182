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
        return math.type(value) == "integer" and tostring(value) or (("%.3f"):format(value):gsub("%.?0+$", ""))
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

-- Columns that text takes on a terminal: code points, which is right for what passes dns.escape in practice.
local function width(text)
    return utf8.len(text) or #text
end

local function cut(text)
    if width(text) <= CELL_MAX then
        return text
    end
    return text:sub(1, (utf8.offset(text, CELL_MAX - 1) or CELL_MAX - 1) - 1) .. ".."
end

local function is_number(text)
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
            figures, empty = figures and is_number(text), empty and (text == "-" or text == "")
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
