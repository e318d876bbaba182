-- SPDX-License-Identifier: MIT
-- dnsprobe help runbook: the man page dnsprobe-runbook(5), as text.

local man = require "dnsprobe.cli.tool.man"
local terminal = require "dnsprobe.base.terminal"

local M = {}

local COLUMNS, INDENT = 100, "    "

local function unescaped(text)
    return (text:gsub("\\f[BRI]", ""):gsub("\\&", ""):gsub("\\%-", "-"):gsub("\\e", "\\"))
end

local function add(out, text, indent)
    for _, line in ipairs(terminal.wrap(unescaped(text), COLUMNS - #indent)) do
        out[#out + 1] = indent .. line
    end
end

-- Requests of the page: fun(page). `page.term` is the term of the paragraph that follows, "" until it is
-- read.
local requests = {
    [".nf"] = function(page) page.as_is = true end,
    [".fi"] = function(page) page.as_is = false end,
    [".TP"] = function(page) page.term = "" end,
    [".PP"] = function(page) page.out[#page.out + 1] = "" end,
}

local function add_text(page, line)
    local out, term = page.out, page.term
    if page.as_is then
        out[#out + 1] = INDENT .. unescaped(line)
    elseif term == "" then
        page.term = unescaped(line)
    elseif line:sub(1, 1) ~= "." and line ~= "" then
        add(out, term and ("%s: %s"):format(term, line) or line, INDENT)
    end
end

--- The page.
---@return string
function M.page()
    local page = { out = {}, as_is = false, term = nil }
    for line in man.page("dnsprobe-runbook"):gmatch("[^\n]*") do
        local section = line:match('^%.SH "(.*)"$')
        if section then
            page.out[#page.out + 1] = #page.out > 0 and "\n" .. section or section
            page.term = nil
        elseif requests[line] then
            requests[line](page)
        else
            add_text(page, line)
        end
    end
    return table.concat(page.out, "\n") .. "\n"
end

return M
