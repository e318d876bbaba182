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

--- The page.
---@return string
function M.page()
    local out, as_is, term = {}, false, nil
    for line in man.page("dnsprobe-runbook"):gmatch("[^\n]*") do
        local section = line:match('^%.SH "(.*)"$')
        if section then
            out[#out + 1] = #out > 0 and "\n" .. section or section
            term = nil
        elseif line == ".nf" or line == ".fi" then
            as_is = line == ".nf"
        elseif line == ".TP" then
            term = ""
        elseif as_is then
            out[#out + 1] = INDENT .. unescaped(line)
        elseif line == ".PP" then
            out[#out + 1] = ""
        elseif term == "" then
            term = unescaped(line)
        elseif line:sub(1, 1) ~= "." and line ~= "" then
            add(out, term and ("%s: %s"):format(term, line) or line, INDENT)
        end
    end
    return table.concat(out, "\n") .. "\n"
end

return M
