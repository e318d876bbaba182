-- SPDX-License-Identifier: MIT
-- What a terminal shows: how wide text is, where it breaks, in which colour, and with which characters.
--
-- Whatever is shown has passed tables.plain, so it holds no control characters; colours come last, because
-- they have no width.

local tables = require "dnsprobe.base.table"

local M = {}

local codes = {
    critical = "31;1",
    warning = "33;1",
    ok = "32;1",
    info = "36",
    unknown = "35;1",
    skipped = "2",
    dim = "2",
    bold = "1",
    good = "32",
    bad = "31",
    late = "33",
    lost = "31;1",
    error = "35",
    first = "32",
    second = "33",
    third = "35",
    fourth = "36",
    blamed = "31;1",
}

--- A function that colours text: paint(kind, text).
---@param style dnsprobe.Style
---@return fun(kind: string?, text: string): string
function M.painter(style)
    if not style.color then
        return function(_, text)
            return text
        end
    end
    return function(kind, text)
        local code = codes[kind or ""]
        return code and text ~= "" and ("\27[%sm%s\27[0m"):format(code, text) or text
    end
end

---@class dnsprobe.Glyphs
---@field steps string[] eight heights of a bar
local UNICODE = {
    steps = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" },
    none = "·",
    full = "█",
    rest = "░",
    good = "●",
    part = "◐",
    bad = "✗",
    late = "◷",
    differs = "▲",
    blank = "·",
    here = "◀",
    rule = "─",
    ok = "✓",
    to = "→",
    dots = "…",
}
local ASCII = {
    steps = { ":", "-", "=", "+", "*", "#", "%", "@" },
    none = ".",
    full = "#",
    rest = "-",
    good = "o",
    part = "%",
    bad = "X",
    late = "L",
    differs = "!",
    blank = ".",
    here = "<",
    rule = "-",
    ok = "ok",
    to = "->",
    dots = "..",
}

--- The characters to draw with.
---@param style dnsprobe.Style
---@return dnsprobe.Glyphs
function M.glyphs(style)
    return style.utf8 == false and ASCII or UNICODE
end

M.width = tables.width

--- The longest beginning of a text that is no wider than `columns`, and the rest.
---@param text string
---@param columns integer
---@return string head, string rest
function M.split(text, columns)
    if M.width(text) <= columns then
        return text, ""
    end
    local used, position = 0, 1
    while position <= #text do
        local after = utf8.offset(text, 2, position) or #text + 1
        local wide = M.width(text:sub(position, after - 1))
        if used + wide > columns and position > 1 then
            break
        end
        used, position = used + wide, after
    end
    return text:sub(1, position - 1), text:sub(position)
end

--- Text that is no wider than `columns`; what is cut off leaves a mark.
---@param text string
---@param columns integer
---@return string
function M.cut(text, columns)
    if M.width(text) <= columns then
        return text
    end
    return columns > 2 and (M.split(text, columns - 2)) .. ".." or (M.split(text, columns))
end

--- Appends lines behind an indent; empty ones stay empty.
---@param out string[]
---@param indent string
---@param lines string[]
function M.indented(out, indent, lines)
    for _, line in ipairs(lines) do
        out[#out + 1] = line == "" and "" or indent .. line
    end
end

--- What an ASCII terminal can show of a text: other characters as \DDD, byte by byte.
---@param text string
---@return string
function M.ascii(text)
    return (text:gsub("[\128-\255]", function(byte) return ("\\%03d"):format(byte:byte()) end))
end

--- How values are shown with a style: safe for terminals, and in ASCII where that is all there is.
---@param style dnsprobe.Style
---@return fun(value: any): string
function M.plain(style)
    if style.utf8 == false then
        return function(value) return M.ascii(tables.plain(value)) end
    end
    return tables.plain
end

--- Text, padded with spaces to `columns`.
---@param text string
---@param columns integer
---@param right boolean? figures stand at the right
---@return string
function M.pad(text, columns, right)
    local space = (" "):rep(columns - M.width(text))
    return right and space .. text or text .. space
end

-- A word that is wider than the line is broken behind a dot, a slash or a hyphen where there is one near the
-- end.
local function break_word(word, columns)
    local head, rest = M.split(word, columns)
    local nice = rest ~= "" and head:match("^(.*[%./%-,])[^%./%-,]*$")
    if nice and #nice > #head // 2 then
        return nice, word:sub(#nice + 1)
    end
    return head, rest
end

--- Lines of at most `columns`, broken between words.
---@param text string already plain
---@param columns integer
---@return string[]
function M.wrap(text, columns)
    local lines, line = {}, ""
    for word in text:gmatch("%S+") do
        if line ~= "" and M.width(line) + 1 + M.width(word) > columns then
            lines[#lines + 1], line = line, ""
        end
        line = line == "" and word or line .. " " .. word
        while M.width(line) > columns do
            local head, rest = break_word(line, columns)
            lines[#lines + 1], line = head, rest
        end
    end
    if line ~= "" or #lines == 0 then
        lines[#lines + 1] = line
    end
    return lines
end

return M
