-- SPDX-License-Identifier: MIT
-- Who answers what: servers by types. A cell tells without colour, too: its mark says whether all samples
-- were answered, and a letter says which of the answers was given.

local facts = require "dnsprobe.document.pictures"
local fit = require "dnsprobe.format.tool.fit"
local terminal = require "dnsprobe.base.terminal"

local M = {}

local ROWS_MAX = 40
local LEGEND_MAX = 6
local SHOWN = { authority = true, host = true, resolver = true }
local ROLE = { authority = "zone", host = "host", resolver = "public" }
local BY_RANK = { "first", "second", "third" }

--- The servers that were asked for the target's types.
---@param list dnsprobe.FactServer[]
---@return dnsprobe.FactServer[]
function M.servers(list)
    local out = {}
    for _, server in ipairs(list) do
        if SHOWN[server.role] and #server.samples > 0 then
            out[#out + 1] = server
        end
    end
    return out
end

--- What most of the failures of a cell were.
---@param cell dnsprobe.FactCell
---@return string
function M.failure(cell)
    local most, name = 0, "failed"
    for kind, n in pairs(cell.kinds) do
        if n > most or (n == most and kind < name) then
            most, name = n, kind
        end
    end
    return name
end

-- The text of a cell, and how it is coloured.
local function cell_text(cell, glyphs)
    if not cell or cell.n == 0 then
        return glyphs.blank, "dim"
    elseif not cell.variant then
        return ("%s %s %d/%d"):format(glyphs.bad, M.failure(cell), cell.good, cell.n), "bad"
    end
    local name = #cell.variant.text <= 8 and cell.variant.text or cell.variant.letter
    local mark = cell.variant.rank > 1 and glyphs.differs or glyphs.good
    if cell.good < cell.n then
        return ("%s %s %d/%d %s"):format(glyphs.part, name, cell.good, cell.n, M.failure(cell)), "late"
    end
    return mark .. " " .. name, BY_RANK[cell.variant.rank] or "fourth"
end

-- Variants of a type that the cells have no room to write out.
local function long_variants(variants, type)
    local out = {}
    for _, variant in ipairs(variants) do
        if variant.type == type and #variant.text > 8 then
            out[#out + 1] = variant
        end
    end
    return out
end

local function legend(out, shown, indent, width, plain, types)
    for _, type in ipairs(types) do
        local variants = long_variants(shown.variants, type)
        for i = 1, math.min(#variants, LEGEND_MAX) do
            local variant = variants[i]
            local text = ("%s %s = %s (%d server%s)"):format(type, variant.letter, variant.text,
                variant.servers, variant.servers == 1 and "" or "s")
            for l, line in ipairs(terminal.wrap(plain(text), width - #indent - 2)) do
                out[#out + 1] = indent .. (l > 1 and "  " or "") .. line
            end
        end
        if #variants > LEGEND_MAX then
            out[#out + 1] = indent .. ("%s: %d more"):format(type, #variants - LEGEND_MAX)
        end
    end
end

--- Adds the matrix to the lines of a report.
---@param out string[]
---@param shown dnsprobe.Facts
---@param style dnsprobe.Style
---@param paint fun(kind: string?, text: string): string
function M.add(out, shown, style, paint)
    local servers, glyphs, plain = M.servers(shown.servers), terminal.glyphs(style), terminal.plain(style)
    if #servers == 0 then
        return
    end
    local rows, kinds, names = {}, {}, { "server", "address", "side" }
    table.move(shown.types, 1, #shown.types, #names + 1, names)
    for i = 1, math.min(#servers, ROWS_MAX) do
        local server = servers[i]
        local name = facts.name(server)
        rows[i] = { server = (server.blamed and glyphs.here .. " " or "") .. name, side = ROLE[server.role],
            address = name ~= server.address and server.address or "" }
        kinds[i] = { server = server.blamed and "blamed" or nil, address = "dim", side = "dim" }
        for _, type in ipairs(shown.types) do
            rows[i][type], kinds[i][type] = cell_text(server.types[type], glyphs)
        end
    end
    out[#out + 1] = ""
    out[#out + 1] = paint("bold", "Who answers what")
    local lines = fit.lines(names, rows, {
        width = style.columns - 2,
        plain = plain,
        paint = function(column, r, text)
            return paint(r and kinds[r][column] or not r and "dim" or nil, text)
        end,
    })
    terminal.indented(out, "  ", lines)
    if #servers > ROWS_MAX then
        out[#out + 1] = ("  and %d more servers"):format(#servers - ROWS_MAX)
    end
    legend(out, shown, "  ", style.columns, plain, shown.types)
    local marks = ("%s all_samples, %s another_answer, %s part_of_them, %s none, %s blamed"):format(
        glyphs.good,
        glyphs.differs,
        glyphs.part,
        glyphs.bad,
        glyphs.here
    )
    for _, line in ipairs(terminal.wrap((marks:gsub(" (%a)", "_%1")), style.columns - 2)) do
        out[#out + 1] = "  " .. paint("dim", (line:gsub("_", " ")))
    end
end

return M
