-- SPDX-License-Identifier: MIT
-- How long answers took: a small histogram per server over one logarithmic axis, and the percentiles beside
-- what was lost, which no percentile tells.

local answers = require "dnsprobe.format.text.answers"
local facts = require "dnsprobe.document.pictures"
local fit = require "dnsprobe.format.tool.fit"
local stats = require "dnsprobe.stats"
local terminal = require "dnsprobe.base.terminal"
local words = require "dnsprobe.base.figures"

local M = {}

local ROWS_MAX = 40
local BINS_MIN, BINS_MAX = 8, 40
local FIGURES = 38 -- columns that the indent and the figures beside a histogram take
local LABEL_MAX, LABEL_MIN = 30, 14

--- The least and the greatest time of all servers; equal times are spread a little, so that an axis has a
--- length.
---@param servers dnsprobe.FactServer[]
---@return number? low microseconds
---@return number? high
function M.range(servers)
    local low, high
    for _, server in ipairs(servers) do
        if #server.rtts > 0 then
            low = math.min(low or server.rtts[1], server.rtts[1])
            high = math.max(high or 0, server.rtts[#server.rtts])
        end
    end
    if not low then
        return nil
    end
    low = math.max(1, low)
    return low, math.max(high, low * 2)
end

--- How many times fall into each part of a logarithmic axis.
---@param rtts integer[]
---@param low number
---@param high number
---@param bins integer
---@return integer[] counts
function M.bins(rtts, low, high, bins)
    local counts, scale = {}, bins / math.log(high / low)
    for i = 1, bins do
        counts[i] = 0
    end
    for _, us in ipairs(rtts) do
        local i = math.floor(math.log(math.max(us, low) / low) * scale) + 1
        i = math.max(1, math.min(bins, i))
        counts[i] = counts[i] + 1
    end
    return counts
end

local function bar(counts, glyphs)
    local most, out = 0, {}
    for _, n in ipairs(counts) do
        most = math.max(most, n)
    end
    for i, n in ipairs(counts) do
        out[i] = n == 0 and glyphs.none or glyphs.steps[math.ceil(n / most * #glyphs.steps)]
    end
    return table.concat(out)
end

--- Adds the histograms to the lines of a report.
---@param out string[]
---@param shown dnsprobe.Facts
---@param style dnsprobe.Style
---@param paint fun(kind: string?, text: string): string
function M.add(out, shown, style, paint)
    local servers, glyphs = answers.servers(shown.servers), terminal.glyphs(style)
    local low, high = M.range(servers)
    if not low then
        return
    end
    local rows, label, widest = {}, 0, math.max(LABEL_MIN, math.min(LABEL_MAX, style.columns // 4 - 1))
    for i = 1, math.min(#servers, ROWS_MAX) do
        label = math.max(label, math.min(widest, terminal.width(facts.name(servers[i]))))
    end
    local bins = math.max(BINS_MIN, math.min(BINS_MAX, style.columns - label - FIGURES))
    for i = 1, math.min(#servers, ROWS_MAX) do
        local server = servers[i]
        local q = stats.quantiles(server.rtts)
        rows[i] = { server = terminal.cut(facts.name(server), widest),
            times = bar(M.bins(server.rtts, low, high, bins), glyphs), p50 = words.micros(q and q.p50),
            p95 = words.micros(q and q.p95), max = words.micros(q and q.max),
            lost = server.lost > 0 and ("%d/%d"):format(server.lost, #server.samples) or "0" }
    end
    out[#out + 1] = ""
    out[#out + 1] = paint("bold", "How long answers took") .. paint("dim", ("  %s %s %s, logarithmic"):format(
        words.micros(low), glyphs.to, words.micros(high)))
    local lines = fit.lines({ "server", "times", "p50", "p95", "max", "lost" }, rows,
        { width = style.columns - 2, plain = terminal.plain(style), paint = function(column, r, text)
            local lost = column == "lost" and r and rows[r].lost ~= "0"
            return paint(not r and "dim" or lost and "bad" or column == "times" and "info" or nil, text)
        end })
    terminal.indented(out, "  ", lines)
end

return M
