-- SPDX-License-Identifier: MIT
--- The line that is shown while a run goes on: on a terminal one line that is written over in place,
--- elsewhere (-v) a plain line per step.
--
-- It is written in one piece and never wraps, nothing above it is touched, and the cursor stays visible: so
-- nothing flickers, the scrollback holds what it held, and there is nothing to put back when the run is
-- interrupted. A window that is being made narrower is so before it says so: what is written then is cut at
-- its edge and not broken (autowrap is off for as long as the piece lasts), or every line of that time would
-- be left behind.

local dns = require "dnsprobe"
local fs = require "dnsprobe.fs"
local output = require "dnsprobe.base.output"
local tables = require "dnsprobe.base.table"
local task = require "dnsprobe.base.task"
local terminal = require "dnsprobe.base.terminal"

local M = {}

local REDRAW_S = 0.15
local COLUMNS_ELSEWHERE = 80
local BAR_MIN, BAR_MAX = 6, 24
local SEPARATOR = 2
local ERROR_FD = 2
local NO_WRAP, WRAP = "\27[?7l", "\27[?7h" -- DECAWM

local function left_text(seconds)
    seconds = math.max(0, math.ceil(seconds))
    if seconds < 60 then
        return ("%d s"):format(seconds)
    end
    return ("%d:%02d min"):format(seconds // 60, seconds % 60)
end

-- The parts of the line in the order in which they stand, each with its importance: 1 goes last.
local function parts_of(meter, now)
    local parts = {}
    local function add(importance, format, ...)
        parts[#parts + 1] = { importance = importance, text = format:format(...) }
    end
    add(1, "[%d/%d] %s", meter.number, meter.steps, tables.plain(meter.step or ""))
    parts[#parts + 1] = { importance = 6, bar = true, text = (" "):rep(BAR_MIN) }
    if meter.planned > 0 then
        add(2, "%d/%d samples", meter.done, meter.planned)
    else
        add(2, "%d queries", meter.queries)
    end
    add(4, "%d/%d servers", meter.answered, meter.asked)
    add(3, "%d failed", meter.failures)
    if meter.ends and meter.ends > now then
        add(5, "%s left", left_text(meter.ends - now))
    end
    if meter.deadline then
        add(7, "at most %s", left_text(meter.deadline - now))
    end
    if meter.what then
        add(8, "%s", tables.plain(meter.what))
    end
    return parts
end

local function bar(meter, columns, glyphs)
    if meter.planned == 0 then
        return glyphs.rest:rep(columns)
    end
    local full = math.floor(columns * math.min(1, meter.done / meter.planned) + 0.5)
    return glyphs.full:rep(full) .. glyphs.rest:rep(columns - full)
end

--- The line for a width: what matters least is left out first.
---@param meter dnsprobe.Meter
---@param columns integer
---@param style { utf8: boolean }
---@param now number monotonic seconds
---@return string text at most `columns` wide
function M.line(meter, columns, style, now)
    local parts = parts_of(meter, now)
    local by_importance = { table.unpack(parts) }
    table.sort(by_importance, function(a, b) return a.importance < b.importance end)
    local left = columns + SEPARATOR
    for _, part in ipairs(by_importance) do
        local wide = terminal.width(part.text) + SEPARATOR
        part.shown = wide <= left
        left = left - (part.shown and wide or 0)
    end
    local texts = {}
    for _, part in ipairs(parts) do
        if part.shown and part.bar then
            part.text =
                bar(meter, BAR_MIN + math.min(math.max(left, 0), BAR_MAX - BAR_MIN), terminal.glyphs(style))
        end
        texts[#texts + 1] = part.shown and part.text or nil
    end
    local text = #texts > 0 and table.concat(texts, (" "):rep(SEPARATOR))
        or terminal.cut(parts[1].text, columns)
    return style.utf8 and text or terminal.ascii(text)
end

--- What has to be written to show a line in the place of the one before. Where the terminal has become
--- narrower, it has broken the old line into several, which are all written over.
---@param text string
---@param before integer columns of the line that is there
---@param columns integer of the terminal
---@return string
function M.over(text, before, columns)
    local rows_above = before > 0 and (before - 1) // columns or 0
    if rows_above == 0 then
        -- Erasing all below the top left corner, tmux would keep the line in its scrollback.
        return "\r" .. NO_WRAP .. text .. WRAP .. "\27[K"
    end
    return ("\r\27[%dA"):format(rows_above) .. NO_WRAP .. text .. WRAP .. "\27[J"
end

---@class dnsprobe.Live
local Live = {}
Live.__index = Live

function Live:draw()
    local columns = fs.columns(ERROR_FD) or COLUMNS_ELSEWHERE
    -- What the terminal echoes is not to wrap
    local text = M.line(self.meter, columns - 1 - #"^C", self.style, dns.now())
    io.stderr:write(M.over(text, self.shown, columns))
    io.stderr:flush()
    self.shown = terminal.width(text)
end

local function redraw(live)
    while not live.closed do
        live:draw()
        task.sleep(REDRAW_S)
    end
end

--- A step begins. To be called from within the run, which the redrawing ends with.
---@param outcome dnsprobe.Outcome
function Live:step(outcome)
    self.meter:begin(outcome.step.id, outcome.number)
    if self.verbose then
        self:clear()
        self:say(outcome.step.title)
    end
    if self.moving and not self.task then
        self.task = task.spawn(redraw, self)
    end
end

--- A plain line about the step that is measured.
---@param text string
function Live:say(text)
    io.stderr:write(
        ("[%d/%d] %-12s %s\n"):format(
            self.meter.number,
            self.meter.steps,
            tables.plain(self.meter.step),
            tables.plain(text)
        )
    )
    io.stderr:flush()
end

--- What the step does now, in its own words.
---@param text string
function Live:progress(text)
    self.meter.what = text
    if self.verbose then
        self:clear()
        self:say(text)
    end
end

--- Takes the line away.
function Live:clear()
    if self.shown > 0 then
        io.stderr:write(M.over("", self.shown, fs.columns(ERROR_FD) or COLUMNS_ELSEWHERE))
        io.stderr:flush()
        self.shown = 0
    end
end

--- The run has ended.
function Live:close()
    self.closed = true
    self:clear()
end

Live.__close = Live.close

--- The view of one run. With --quiet it shows nothing; where stderr is no terminal, only --verbose shows
--- anything.
---@param meter dnsprobe.Meter
---@param options { quiet: boolean?, verbose: boolean? }
---@return dnsprobe.Live
function M.new(meter, options)
    local loud = not options.quiet
    local term = fs.getenv("TERM")
    local moving = loud and fs.isatty(ERROR_FD) and term ~= nil and term ~= "dumb" and term ~= ""
    return setmetatable({ meter = meter, shown = 0, style = { utf8 = output.utf8() }, moving = moving,
        verbose = loud and (options.verbose or (fs.isatty(ERROR_FD) and not moving)) or false }, Live)
end

return M
