-- SPDX-License-Identifier: MIT
-- What of a runbook its scenarios reached: steps that never ran, and lines of its files that were never
-- executed. Files are the runbook and what it uses from below its own folder; a team that extends a shipped
-- runbook is told about its own.

local fs = require "dnsprobe.fs"
local lines = require "dnsprobe.test.lines"
local sandbox = require "dnsprobe.guest.sandbox"

local M = {}

local TEXT_MAX = 60

-- "./x" and "x" are one file.
local function plain(path)
    return (path:gsub("^%./", ""))
end

-- Is the file below the folder? "" is the current one.
local function is_below(file, folder)
    return folder == "" and not file:match("^/") and not file:match("^%.%./")
        or folder ~= "" and file:sub(1, #folder) == folder
end

--- Counts from now on (in a worker).
function M.start()
    require("dnsprobe.coverage").start()
end

--- What a worker's run has executed, for its row.
---@param book dnsprobe.Runbook
---@param session dnsprobe.Session
---@param scenarios dnsprobe.lab.Scenario[] their files do not count
---@return { files: table<string, integer[]>, steps: string[] }
function M.taken(book, session, scenarios)
    local folder, without, files, steps = plain(sandbox.folder(book.path)), {}, {}, {}
    for _, scenario in ipairs(scenarios) do
        without[plain(scenario.path)] = scenario.path ~= book.path
    end
    for path, seen in pairs(require("dnsprobe.coverage").lines()) do
        local name = plain(path)
        -- The library's own files are in the binary, under relative names.
        if is_below(name, folder) and not without[name] and fs.exists(path) then
            files[name] = {}
            for line in pairs(seen) do
                table.insert(files[name], line)
            end
            table.sort(files[name])
        end
    end
    for _, outcome in ipairs(session.outcomes) do
        steps[#steps + 1] = (outcome.measured ~= nil or outcome.own) and outcome.step.id or nil
    end
    return { files = files, steps = steps }
end

-- Ranges of lines that can be executed and were not; only lines without code lie between the first and the
-- last of one.
local function ranges_of(active, reached, last)
    local out, open = {}, nil
    for number = 1, last do
        if active[number] and reached[number] then
            open = nil
        elseif active[number] then
            if not open then
                open = { number, number }
                out[#out + 1] = open
            end
            open[2] = number
        end
    end
    return out
end

local function file_of(path, reached)
    local text = fs.read(path)
    local active, texts = lines.of(text or "")
    if not active or not texts then
        return nil
    end
    local n, hit = 0, 0
    for number in pairs(active) do
        n, hit = n + 1, hit + (reached[number] and 1 or 0)
    end
    local ranges = ranges_of(active, reached, #texts)
    for _, range in ipairs(ranges) do
        range.text = texts[range[1]]:gsub("^%s+", "")
    end
    return { file = path, lines = n, reached = hit, unreached = ranges }
end

local function sorted_keys(t)
    local keys = {}
    for key in pairs(t) do
        keys[#keys + 1] = key
    end
    table.sort(keys)
    return keys
end

--- The coverage of all rows together.
---@param book dnsprobe.Runbook
---@param rows dnsprobe.test.Row[]
---@return { files: table[], steps_not_run: string[] }
function M.sum(book, rows)
    local files, ran = {}, {}
    for _, row in ipairs(rows) do
        local taken = row.coverage or { files = {}, steps = {} }
        for path, list in pairs(taken.files) do
            files[path] = files[path] or {}
            for _, line in ipairs(list) do
                files[path][line] = true
            end
        end
        for _, id in ipairs(taken.steps) do
            ran[id] = true
        end
    end
    local out = { files = {}, steps_not_run = {} }
    for _, path in ipairs(sorted_keys(files)) do
        out.files[#out.files + 1] = file_of(path, files[path])
    end
    for _, step in ipairs(book.steps) do
        out.steps_not_run[#out.steps_not_run + 1] = not ran[step.id] and step.id or nil
    end
    return out
end

--- As lines for people.
---@param sum { files: table[], steps_not_run: string[] }
---@return string[]
function M.lines(sum)
    local out = { "Reached by the scenarios:" }
    for _, file in ipairs(sum.files) do
        out[#out + 1] = ("  %3.0f %%  %d of %d lines  %s"):format(
            100 * file.reached / math.max(1, file.lines),
            file.reached,
            file.lines,
            file.file
        )
        for _, range in ipairs(file.unreached) do
            local where = range[1] == range[2] and tostring(range[1]) or range[1] .. "-" .. range[2]
            out[#out + 1] = ("         not: %-9s %s"):format(where, range.text:sub(1, TEXT_MAX))
        end
    end
    if #sum.steps_not_run > 0 then
        out[#out + 1] = "  steps that never ran: " .. table.concat(sum.steps_not_run, ", ")
    end
    return out
end

return M
