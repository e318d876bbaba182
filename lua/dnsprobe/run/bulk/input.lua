-- SPDX-License-Identifier: MIT
-- The list of a bulk run: one domain a line, read as it is needed.
--
-- `#` begins a comment, blank lines are left out, lines may end in CRLF. A line that is no domain name is
-- handed on as an item with an error: it costs a line of the output, not the run. So does a name with letters
-- beyond ASCII (book/typed.lua).

local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"
local stream = require "dnsprobe.stream"
local task = require "dnsprobe.base.task"
local typed = require "dnsprobe.book.typed"

local M = {}

local LINE_MAX_BYTES = 1024 -- the longest name is 1,004 in presentation form
local SHOWN_BYTES = 80      -- of a line that is no name
local POLL_S = 0.02

---@class dnsprobe.BulkItem
---@field line integer in the list, from 1
---@field domain string as it stands there, safe for a terminal
---@field name? string absolute, in lower case
---@field error? string one line: why it is no domain name

---@class dnsprobe.BulkInput
local Input = {}
Input.__index = Input

--- Opens a list. Raises a Failure where it cannot be read.
---@param path string "-" is standard input
---@param shard? { [1]: integer, [2]: integer } I of N: the lines whose number is I modulo N
---@return dnsprobe.BulkInput
function M.open(path, shard)
    local source, err = stream.reader(path)
    if not source then
        exit.usage("--domains: cannot be read: %s", err or path)
    end
    return setmetatable({
        path = path,
        source = source,
        shard = shard or { 1, 1 },
        line = 0,
        buffer = "",
        at = 1,
        reads = 0,
        ended = false,
        started = false,
        long = false,
    }, Input)
end

-- More bytes into the buffer; false at the end of the list. Waits where none have come yet; what another task
-- read meanwhile counts.
local function fill(self)
    local had = self.reads
    while self.reads == had and not self.ended do
        local bytes, err = self.source:read()
        if bytes then
            self.buffer, self.at, self.reads = self.buffer:sub(self.at) .. bytes, 1, self.reads + 1
        elseif err then
            exit.input("--domains %s: %s", self.path, err)
        elseif bytes == nil then
            self.ended = true
        else
            task.sleep(POLL_S)
        end
    end
    return self.reads ~= had
end

-- The next line without its end, its first bytes where it is too long; nil at the end. A line that has no end
-- is taken. Between two waits the buffer is whole, so several tasks may read in turns.
local function next_line(self)
    while true do
        local stop = self.buffer:find("\n", self.at, true)
        if stop then
            local text, cut = self.buffer:sub(self.at, stop - 1), self.long
            self.at, self.long, self.line = stop + 1, false, self.line + 1
            if cut then
                return cut, true
            end
            return text, #text > LINE_MAX_BYTES
        end
        if #self.buffer - self.at + 1 > LINE_MAX_BYTES then -- only its beginning is kept
            self.long = self.long or self.buffer:sub(self.at, self.at + SHOWN_BYTES - 1)
            self.buffer, self.at = "", 1
        end
        if not fill(self) then
            local text, cut = self.buffer:sub(self.at), self.long
            self.buffer, self.at, self.long = "", 1, false
            if text == "" and not cut then
                return nil
            end
            self.line = self.line + 1
            return cut or text, cut ~= false
        end
    end
end

-- Is this line of our share? Line I, I + N, I + 2N, ... of N shares.
local function ours(self, line)
    return (line - self.shard[1]) % self.shard[2] == 0
end

local function item_of(line, text, too_long)
    if too_long then
        return {
            line = line,
            domain = dns.escape(text:sub(1, SHOWN_BYTES)),
            error = ("line %d: longer than %d bytes"):format(line, LINE_MAX_BYTES),
        }
    end
    local name, err = typed.name(text)
    if not name then
        return {
            line = line,
            domain = dns.escape(text),
            error = ("line %d: %s is not a domain name: %s"):format(
                line,
                dns.escape(text:sub(1, SHOWN_BYTES)),
                err
            ),
        }
    end
    return { line = line, domain = dns.escape(text), name = name:lower() }
end

--- The next domain of our share; nil at the end. Raises a Failure where reading fails.
---@return dnsprobe.BulkItem?
function Input:next()
    while true do
        local text, too_long = next_line(self)
        if not text then
            return nil
        end
        local line = self.line
        if line == 1 then
            text = text:gsub("^\xEF\xBB\xBF", "")
        end
        text = text:gsub("#.*$", ""):match("^%s*(.-)%s*$")
        if text ~= "" and ours(self, line) then
            return item_of(line, text, too_long)
        end
    end
end

--- Stops reading.
function Input:close()
    self.source:close()
end

return M
