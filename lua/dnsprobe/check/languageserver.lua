-- SPDX-License-Identifier: MIT
-- lua-language-server, where it is installed: what it says about a runbook's files becomes warnings, beside
-- our own look.
--
-- It checks a folder and writes check.json; the annotations of the API (lua/meta, installed with the tool)
-- are its library. That it cannot be run, or says nothing in time, is no fault of the runbook.

local fs = require "dnsprobe.fs"
local json = require "dnsprobe.json"

local M = {}

local NAME = "lua-language-server"
local SECONDS = 60

local function installed()
    for folder in (fs.getenv("PATH") or ""):gmatch("[^:]+") do
        if fs.exists(folder .. "/" .. NAME) then
            return folder .. "/" .. NAME
        end
    end
    return nil
end

local function meta_folder()
    local paths = fs.paths()
    for _, folder in ipairs {
        paths.source and paths.source .. "/lua/meta" or "",
        paths.data and paths.data .. "/meta" or "",
    } do
        if folder ~= "" and fs.exists(folder .. "/dnsprobe.lua") then
            return folder
        end
    end
    return nil
end

-- The path in a file: URI.
local function path_of(uri)
    local path = tostring(uri):gsub("^file://", "")
    return (path:gsub("%%(%x%x)", function(hex) return string.char(tonumber(hex, 16)) end))
end

local function settings(meta)
    return json.encode { ["runtime.version"] = "Lua 5.4", ["workspace.library"] = json.array { meta },
        ["diagnostics.disable"] = json.array { "lowercase-global" } }
end

local function ask(program, folder, work)
    local meta = meta_folder()
    if meta then
        fs.write_atomic(work .. "/luarc.json", settings(meta))
    end
    local words = { program, "--check", folder, "--checklevel=Warning", "--logpath=" .. work }
    if meta then
        words[#words + 1] = "--configpath=" .. work .. "/luarc.json"
    end
    require("dnsprobe.process").run(words, SECONDS)
    local text = fs.read(work .. "/check.json")
    local ok, said = pcall(json.decode, text or "")
    return ok and type(said) == "table" and said or {}
end

-- Adds what was said about one of the runbook's files.
local function add_from(result, said)
    local ours = {}
    for _, file in ipairs(result.files) do
        ours[fs.realpath(file) or file] = file
    end
    for uri, list in pairs(said) do
        local file = ours[fs.realpath(path_of(uri)) or path_of(uri)]
        for _, one in ipairs(file and type(list) == "table" and list or {}) do
            local start = type(one.range) == "table"
                and type(one.range.start) == "table"
                and one.range.start.line
            table.insert(
                result.problems,
                {
                    file = file,
                    line = math.tointeger(start or 0) + 1,
                    severity = "warning",
                    text = ("%s (%s%s)"):format(
                        tostring(one.message):gsub("%s+", " "),
                        NAME,
                        one.code and ", " .. tostring(one.code) or ""
                    ),
                }
            )
        end
    end
end

--- Adds the warnings of lua-language-server to a result of check.book; nothing where it is not installed.
---@param result table
function M.add(result)
    local program = installed()
    local folder = program and fs.realpath(result.path:match("^(.*)/[^/]*$") or ".")
    if not folder then
        return
    end
    local work = os.tmpname()
    os.remove(work)
    if not fs.mkdir_p(work) then
        return
    end
    add_from(result, ask(program, folder, work))
    for _, file in ipairs(fs.list(work) or {}) do
        os.remove(work .. "/" .. file)
    end
    os.remove(work)
end

return M
