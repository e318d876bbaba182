-- SPDX-License-Identifier: MIT
-- Where in a runbook's file a mistake stands.
--
-- `return runbook.define{...}` is a tail call, so the line of the call is gone when the table is checked; and
-- the line that helps is that of the misspelt member anyway. So the file's text is searched for what the
-- message is about.

local fs = require "dnsprobe.fs"

local M = {}

local function escaped(text)
    return (tostring(text):gsub("%p", "%%%0"))
end

-- Patterns for a word of the file, the surest first: as a member, as a text, as a step's entry in `before`
-- and the like.
local function patterns_of(word)
    local text = escaped(word)
    return { "%f[%w_]" .. text .. "%s*=%f[^=]", "[\"']" .. text .. "[\"']" }
end

local call =
    { "runbook[%w_]*%s*%.%s*define%f[^%w_]", "runbook[%w_]*%s*%.%s*extend%f[^%w_]", "%f[%w_]return%f[^%w_]" }

local function line_with(lines, patterns)
    for _, pattern in ipairs(patterns) do
        for number, line in ipairs(lines) do
            if line:find(pattern) then
                return number
            end
        end
    end
    return nil
end

--- "FILE:LINE" of the first of these words that the file has outside comments; else of the call that returns
--- the runbook.
---@param path string
---@param words any[] what the mistake is about, the surest first
---@return string
function M.place(path, words)
    local lines = {}
    for line in ((fs.read(path) or "") .. "\n"):gmatch("(.-)\r?\n") do
        lines[#lines + 1] = line:gsub("%-%-.*$", "")
    end
    for _, word in ipairs(words) do
        local number = line_with(lines, patterns_of(word))
        if number then
            return path .. ":" .. number
        end
    end
    local number = line_with(lines, call)
    return number and path .. ":" .. number or path
end

--- Raises a mistake with its place.
---@param path string
---@param words any[]
---@param text string format
function M.raise(path, words, text, ...)
    error(M.place(path, words) .. ": " .. text:format(...), 0)
end

--- Calls f; what it raises without a place gets one.
---@param path string
---@param words any[]
---@param f function
---@return any ... results of f
function M.within(path, words, f, ...)
    local results = table.pack(pcall(f, ...))
    if not results[1] then
        local err = results[2]
        if type(err) == "string" and not err:match("^%S+%.lua:") then
            err = M.place(path, words) .. ": " .. err
        end
        error(err, 0)
    end
    return table.unpack(results, 2, results.n)
end

return M
