-- SPDX-License-Identifier: MIT
-- dnsprobe list: the runbooks that are found, where, and one line each.

local find = require "dnsprobe.guest.find"
local runbook = require "dnsprobe.book.runbook"
local tables = require "dnsprobe.base.table"

local M = { name = "list", summary = "runbooks found, where, and one line each" }

function M.options(parser)
    parser:flag("--json", "As JSON.")
end

local function rows()
    local out = {}
    for _, file in ipairs(find.all()) do
        if find.runbook_text(file.path) then
            local ok, book = pcall(runbook.load, file.path)
            out[#out + 1] = { name = file.name, summary = ok and book.summary or "broken: " .. tostring(book),
                path = file.path }
        end
    end
    return out
end

function M.run(options)
    local list = rows()
    if options.json then
        local json = require "dnsprobe.json"
        io.stdout:write(json.encode({ schema = "dnsprobe.list/1", runbooks = json.array(list) },
            { pretty = true, sort = true }), "\n")
        return 0
    end
    if #list == 0 then
        io.stdout:write("No runbook was found. Looked in:\n  ", table.concat(find.folders(), "\n  "), "\n")
        return 0
    end
    io.stdout:write(table.concat(tables.lines({ "name", "summary", "path" }, list, true), "\n"), "\n")
    return 0
end

return M
