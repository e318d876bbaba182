-- SPDX-License-Identifier: MIT
-- Which lines of a Lua file can be executed: those for which the compiler made code, as its own dump says
-- (string.dump; the layout is that of ldump.c in Lua 5.4). Functions that are never called are in it too,
-- which is why the debug library does not do.

local M = {}

local HEADER = "\27Lua\x54\0\x19\x93\r\n\x1a\n" -- signature, version 5.4, format 0, conversion check
local ABSOLUTE = -128 -- "the line is in the other list"

local Reader = {}
Reader.__index = Reader

function Reader:byte()
    self.at = self.at + 1
    return self.text:byte(self.at - 1)
end

-- Seven bits a byte, the highest first; the last byte has its top bit set.
function Reader:size()
    local n = 0
    repeat
        local byte = self:byte()
        n = n << 7 | byte & 0x7f
    until byte & 0x80 ~= 0
    return n
end

function Reader:skip(n)
    self.at = self.at + n
end

function Reader:string()
    local size = self:size()
    self:skip(size > 0 and size - 1 or 0)
end

local constant = {
    [0x03] = function(r)     r:skip(8)
end, [0x13] = function(r)     r:skip(8)
end,
    [0x04] = Reader.string, [0x14] = Reader.string, [0x00] = function() end, [0x01] = function() end,
    [0x11] = function() end,
}

local function deltas_of(r)
    local out = {}
    for i = 1, r:size() do
        local byte = r:byte()
        out[i] = byte < 128 and byte or byte - 256
    end
    return out
end

local function absolute_of(r)
    local out = {}
    for _ = 1, r:size() do
        local pc = r:size()
        out[pc] = r:size()
    end
    return out
end

local function note(out, deltas, absolute, line, is_vararg)
    for pc, delta in ipairs(deltas) do
        line = delta == ABSOLUTE and absolute[pc - 1] or line + delta
        if not (is_vararg and pc == 1) then -- the preparation of varargs is no line of anybody's
            out[line] = true
        end
    end
end

local function read_function(r, out)
    r:string()
    local first = r:size()
    r:size()
    r:skip(1)
    local is_vararg = r:byte() ~= 0
    r:skip(1)
    r:skip(4 * r:size())
    for _ = 1, r:size() do
        constant[r:byte()](r)
    end
    r:skip(3 * r:size())
    for _ = 1, r:size() do
        read_function(r, out)
    end
    local deltas = deltas_of(r)
    note(out, deltas, absolute_of(r), first, is_vararg)
    for _ = 1, r:size() do -- local variables
        r:string()
        r:size()
        r:size()
    end
    for _ = 1, r:size() do -- names of upvalues
        r:string()
    end
end

-- Lines that only close something: whether they are "executed" says nothing.
local function closes(line)
    local text = line:gsub("%-%-.*$", ""):gsub("%s", "")
    return text:match("^[%)%]},;]*$") or text:match("^end[%)%]},;]*$") or text == "else" or text == "return"
end

--- The lines of a Lua text that can be executed; nil where it does not compile.
---@param text string
---@return table<integer, boolean>? lines
---@return string[]? texts of all lines
function M.of(text)
    local chunk = load(text, "=text", "t", {})
    if not chunk then
        return nil
    end
    local dump = string.dump(chunk)
    assert(dump:sub(1, #HEADER) == HEADER, "the dump is not that of Lua 5.4")
    local out, texts = {}, {}
    read_function(setmetatable({ text = dump, at = #HEADER + 1 + 3 + 8 + 8 + 1 }, Reader), out)
    for line in (text .. "\n"):gmatch("(.-)\r?\n") do
        texts[#texts + 1] = line
    end
    for number in pairs(out) do
        if closes(texts[number] or "") then
            out[number] = nil
        end
    end
    return out, texts
end

return M
