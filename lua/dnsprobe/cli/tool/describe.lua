-- SPDX-License-Identifier: MIT
-- The declarations of the commands as plain values: what help, the man pages and the completion are made of.

local args = require "dnsprobe.cli.tool.args"
local cli = require "dnsprobe.cli.entry"

local M = {}

---@class dnsprobe.OptionText
---@field names string[] "-o", "--output"
---@field value string? what stands behind it ("FILE"); nil: a flag
---@field choices string[]?
---@field text string

---@class dnsprobe.CommandText
---@field name string
---@field summary string
---@field form string? what stands behind it, in short
---@field usage string one line
---@field description string?
---@field epilog string?
---@field arguments { name: string, text: string, choices: string[]? }[]
---@field options dnsprobe.OptionText[]

local function arguments_of(parser)
    local out = {}
    for i, one in ipairs(parser._arguments) do
        out[i] = { name = one._argname or one._name, text = one._description or "", choices = one._choices,
            optional = one._minargs == 0 }
    end
    return out
end

local function options_of(parser)
    local out = {}
    for _, one in ipairs(parser._options) do
        local value = one._maxargs > 0 and (one._argname or one._choices and table.concat(one._choices, "|")
            or one._name:gsub("^%-+", ""):upper()) or nil
        out[#out + 1] =
            { names = one._aliases, value = value, choices = one._choices, text = one._description or "" }
    end
    return out
end

-- Commands that read their words themselves: options as their help writes them.
local function flags_of(command)
    local out = {}
    for word in (command.help or ""):gmatch("%f[%S]%-%-?[%w-]+") do
        out[#out + 1] = { names = { word }, text = "" }
    end
    return out
end

--- A command. Raises a usage Failure where there is none of that name.
---@param name string
---@return dnsprobe.CommandText
function M.command(name)
    local command = cli.command(name)
    local out = { name = name, summary = command.summary, form = require("dnsprobe.cli.help").forms[name] }
    if not command.options then
        out.usage, out.arguments, out.options = command.usage or "dnsprobe " .. name, {}, flags_of(command)
        out.description = command.help
        return out
    end
    local parser = args.parser(command)
    out.usage = parser:get_usage():gsub("^Usage: ", ""):gsub("%s+", " ")
    out.arguments, out.options = arguments_of(parser), options_of(parser)
    out.description = parser._description ~= command.summary and parser._description or nil
    out.epilog = parser._epilog
    return out
end

--- All commands, in the order of `dnsprobe help`.
---@return dnsprobe.CommandText[]
function M.all()
    local out = {}
    for i, name in ipairs(cli.commands) do
        out[i] = M.command(name)
    end
    return out
end

return M
