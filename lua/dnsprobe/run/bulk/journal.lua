-- SPDX-License-Identifier: MIT
-- The output of a bulk run, which is its journal too: JSON Lines, one for each finished domain, and at the
-- end the summary (schema dnsprobe.bulk-summary/1). A file without it is of a run that did not end.
--
--   1. A line is written in one piece when its domain is finished. After a kill at any moment the file holds
--      whole lines and at most one that is torn; --resume cuts that off and goes on behind the last whole
--      line.
--   2. What is finished is known by a number of 60 bits made of the text in the list, counted: a name that
--      stands there twice is measured twice. So a list may have been sorted or added to before it is resumed.
--   3. An unfinished file is not overwritten, and a lock keeps two runs from writing the same one.
--   4. A file that does not begin like a journal is refused at its first bytes: it may be someone's, or have
--      no end (/dev/full).

local exit = require "dnsprobe.base.exit"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"
local stream = require "dnsprobe.stream"

local M = {}

M.SCHEMA = "dnsprobe.bulk/1"
M.SUMMARY = "dnsprobe.bulk-summary/1"

local LINE_MAX_BYTES = 64 * 1024 * 1024 -- a whole report with all exchanges
local BEGINNING = '{"'

---@class dnsprobe.Journal
local Journal = {}
Journal.__index = Journal

--- The number by which a domain of the list is known.
---@param domain string as it stands in the list
---@return integer
function M.key(domain)
    return math.tointeger(tonumber(fs.sha256(domain):sub(1, 15), 16))
end

-- Can these bytes be the beginning of a journal?
local function is_beginning(bytes)
    return bytes:sub(1, #BEGINNING) == BEGINNING:sub(1, #bytes)
end

--- Reads the lines of an output file, whole ones only.
---@param source userdata a stream
---@param each fun(record: table, text: string, number: integer)
---@return integer size bytes up to the end of the last whole line that `each` did not refuse
---@return string? err what is wrong with a line before the last
function M.lines(source, each)
    local buffer, held, size, number = {}, 0, 0, 0
    local function refused()
        return size, ("line %d is no line of a bulk run"):format(number + 1)
    end
    local function take(line)
        number = number + 1
        local record = json.decode(line, { max_bytes = LINE_MAX_BYTES })
        if type(record) ~= "table" or (record.schema ~= M.SCHEMA and record.schema ~= M.SUMMARY) then
            return ("line %d is no line of a bulk run"):format(number)
        end
        each(record, line, number)
        size = size + #line + 1
    end
    while true do
        local bytes, err = source:read()
        if not bytes then
            return size, err
        elseif number == 0 and held == 0 and not is_beginning(bytes) then
            return refused()
        end
        local from = 1
        while true do
            local stop = bytes:find("\n", from, true)
            if not stop then
                break
            end
            buffer[#buffer + 1] = bytes:sub(from, stop - 1)
            local wrong = take(table.concat(buffer))
            if wrong then
                return size, wrong
            end
            buffer, held, from = {}, 0, stop + 1
        end
        buffer[#buffer + 1] = bytes:sub(from)
        held = held + #bytes - from + 1
        if held > LINE_MAX_BYTES then
            return refused()
        end
    end
end

local function open(path)
    local file, err = stream.appender(path)
    if not file then
        exit.usage(
            "--output %s: %s",
            path,
            err == "locked" and "another run is writing it" or err or "cannot be written"
        )
    end
    return file
end

-- What an earlier run left: the lines go to `each`, the rest is cut off. A summary at the end says that it is
-- complete.
local function take_over(self, path, resume, each)
    local source = assert(stream.reader(path))
    local complete, domains, cut_at = false, 0, 0
    local size, wrong = M.lines(source, function(record, text)
        complete = record.schema == M.SUMMARY
        if not complete then
            domains = domains + 1
            cut_at = cut_at + #text + 1
            if resume then
                local key = M.key(record.domain)
                self.done[key] = (self.done[key] or 0) + 1
                each(record)
            end
        end
    end)
    source:close()
    if wrong then
        exit.input("--output %s: %s", path, wrong)
    end
    if not resume then
        if not complete and domains > 0 then
            exit.usage(
                "--output %s holds %d domains of a run that did not end: --resume goes on with it, or remove "
                    .. "it",
                path,
                domains
            )
        end
        cut_at = 0
    end
    self.resumed = resume and domains or 0
    return math.min(cut_at, size)
end

--- Opens the output. Raises Failures.
---@param path string? nil: stdout
---@param resume boolean go on with what is there
---@param each fun(record: table) is given every line that is there already
---@return dnsprobe.Journal
function M.open(path, resume, each)
    local self = setmetatable({ done = {}, resumed = 0, path = path }, Journal)
    if not path then
        return self
    end
    local file = open(path)
    local _ <close> = setmetatable({}, { __close = function()
        if not self.file then
            file:close()
        end
    end })
    local ok, err = file:cut(take_over(self, path, resume, each))
    if not ok then
        exit.usage(
            "--output %s: %s; a bulk run needs a file it can resume, and writes to stdout without --output",
            path,
            err
        )
    end
    self.file = file
    return self
end

--- Is this domain finished? A name that stands in the list several times is finished as often as it was
--- written.
---@param domain string
---@return boolean
function Journal:has(domain)
    if next(self.done) == nil then
        return false
    end
    local key = M.key(domain)
    local count = self.done[key]
    if not count then
        return false
    end
    self.done[key] = count > 1 and count - 1 or nil
    return true
end

--- How many finished domains nobody asked for: they are not in the list.
---@return integer
function Journal:left()
    local count = 0
    for _, each in pairs(self.done) do
        count = count + each
    end
    return count
end

--- Writes one line. Raises a Failure where the system refuses it.
---@param record table
function Journal:write(record)
    local text = json.encode(record, { sort = true }) .. "\n"
    if not self.file then
        if not (io.stdout:write(text) and io.stdout:flush()) then
            exit.usage("stdout: cannot be written")
        end
        return
    end
    local ok, err = self.file:write(text)
    if not ok then
        exit.usage("--output %s: %s", self.path, err)
    end
end

--- Ends the output.
function Journal:close()
    if self.file then
        self.file:sync()
        self.file:close()
    end
end

return M
