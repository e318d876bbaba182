-- SPDX-License-Identifier: MIT
-- Joins the outputs of bulk runs, such as those of shards, into one: every line once, and one summary at the
-- end.
--
-- Lines are copied as they are, file after file, so that memory does not grow with them but for 60 bits per
-- line, by which a domain that two files hold (a shard that ran twice) is told. A torn last line is left out.
-- Where a shard is missing, or a run did not end, nobody knows how its domains are: the status is then
-- unknown at best.

local exit = require "dnsprobe.base.exit"
local json = require "dnsprobe.json"
local journal = require "dnsprobe.run.bulk.journal"
local stream = require "dnsprobe.stream"
local summary = require "dnsprobe.run.bulk.summary"

local M = {}

local HEAD_BYTES = 1024

--- Is this file the output of a bulk run?
---@param path string
---@return boolean
function M.is(path)
    local f <close> = io.open(path, "rb")
    local head = f and f:read(HEAD_BYTES) or ""
    return head:match('^{"%a') ~= nil
        and (head:match('^[^\n]*\n{"') or head:find("dnsprobe.bulk", 1, true)) ~= nil
end

local function copy(path, seen, totals, write)
    local source, err = stream.reader(path)
    if not source then
        exit.usage("cannot be read: %s", err or path)
    end
    local complete, twice = nil, 0
    local _, wrong = journal.lines(source, function(record, text)
        complete = record.schema == journal.SUMMARY and record or nil
        local key = not complete and journal.key(("%s %s"):format(record.line, record.domain))
        if key and seen[key] then
            twice = twice + 1
        elseif key then
            seen[key] = true
            totals:add(record)
            write(text .. "\n")
        end
    end)
    source:close()
    if wrong then
        exit.input("%s: %s", path, wrong)
    end
    totals.shards:add(complete and complete.shards)
    totals.unfinished = totals.unfinished + (complete and (math.tointeger(complete.unfinished) or 0) or 1)
    return complete, twice
end

-- Where lines go: stdout, or a file that takes its name when it is whole. To write, to finish, to give up.
local function target(path)
    if not path then
        return function(text)
            if not io.stdout:write(text) then
                exit.usage("stdout: cannot be written")
            end
        end, function() io.stdout:flush() end, function() end
    end
    local part = path .. ".part"
    os.remove(part)
    local file, err = stream.appender(part)
    if not file then
        exit.usage("--output %s: %s", path, err)
    end
    return function(text)
        local ok, why = file:write(text)
        if not ok then
            exit.usage("--output %s: %s", path, why)
        end
    end, function()
        file:sync()
        file:close()
        local ok, why = os.rename(part, path)
        if not ok then
            exit.usage("--output %s: %s", path, why)
        end
    end, function() os.remove(part) end
end

--- Joins files. Raises a Failure that names the file and line that is none of a bulk run.
---@param paths string[]
---@param out string? --output; nil: stdout, and the summary for people on stderr
---@return integer code the worst of all domains
function M.run(paths, out)
    local totals, seen = summary.new(), {}
    local write, finish, give_up = target(out)
    local _ <close> = setmetatable({}, { __close = give_up }) -- what was finished has another name by then
        local notes = {}
        totals.joined = true
        for _, path in ipairs(paths) do
        local complete, twice = copy(path, seen, totals, write)
        notes[#notes + 1] = not complete and ("%s: its run did not end (see --resume)\n"):format(path) or nil
        notes[#notes + 1] = twice > 0
                and ("%s: %d domains left out that an earlier file has\n"):format(path, twice)
            or nil
    end
    local document = totals:document()
    write(json.encode(document, { sort = true }) .. "\n")
    finish()
    local say = out and io.stdout or io.stderr
    say:write(summary.text(document), table.concat(notes))
    return exit.of_status[document.status]
end

return M
