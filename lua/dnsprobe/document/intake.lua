-- SPDX-License-Identifier: MIT
-- Reports that are read back: by replay, diff, merge. A report may come from anybody, so its form is checked
-- as far as it is used, and what is wrong is one line with the place in the file.

local bundle = require "dnsprobe.document.bundle"
local exit = require "dnsprobe.base.exit"
local form = require "dnsprobe.document.form"
local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"

local M = {}

-- JSON null means absent.
local function without_null(value)
    if value == json.null then
        return nil
    end
    if type(value) ~= "table" then
        return math.type(value) == "float" and math.tointeger(value) or value
    end
    local out = {}
    for key, member in pairs(value) do
        out[key] = without_null(member)
    end
    return out
end

--- The text of a report, as JSON or in a bundle. Raises a Failure (exit 64: unreadable, 65: a broken bundle).
---@param path string
---@return string
function M.text(path)
    local text, err = fs.read(path)
    if not text then
        exit.usage("%s: cannot be read: %s", path, err or "unknown reason")
    end
    if bundle.is_packed(text) then
        text, err = bundle.unpack(text)
        if not text then
            exit.input("%s: %s", path, err)
        end
    end
    return text
end

--- The value of a file: a report or a bundle whose own members are checked. Raises a Failure.
---@param path string
---@return any
function M.file(path)
    local value, why = json.decode(M.text(path))
    if value == nil then
        exit.input("%s: %s", path, why)
    end
    value = without_null(value)
    local wrong = type(value) == "table" and value.schema == bundle.SCHEMA and bundle.complaint(value)
    if wrong then
        exit.input("%s: %s", path, wrong)
    end
    return value
end

--- The same, of a bundle its report.
---@param path string
---@return any
function M.value(path)
    local value = M.file(path)
    return type(value) == "table" and value.schema == bundle.SCHEMA and value.report or value
end

--- Checks what was read. Raises a Failure (exit 65).
---@param path string for the message
---@param value any
---@return table report
function M.checked(path, value)
    if type(value) ~= "table" or value.schema ~= form.SCHEMA then
        exit.input("%s: not a report of schema %s", path, form.SCHEMA)
    end
    local wrong = form.complaint(value)
    if wrong then
        exit.input("%s: %s", path, wrong)
    end
    return value
end

--- A report. Raises a Failure (exit 64: unreadable; 65: no report, or a broken one).
---@param path string
---@return table
function M.report(path)
    return M.checked(path, M.value(path))
end

return M
