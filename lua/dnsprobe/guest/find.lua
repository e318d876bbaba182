-- SPDX-License-Identifier: MIT
-- Where runbooks and their steps are looked for.
--
-- Order: the path as given; ./ ; each folder of $DNSPROBE_PATH; $XDG_CONFIG_HOME/dnsprobe/runbooks;
-- /etc/dnsprobe/runbooks; the installed share/dnsprobe/runbooks; the source tree's runbooks/ in a build tree.

local fs = require "dnsprobe.fs"
local nearest = require "dnsprobe.base.nearest"

local M = {}

local function with_slash(path)
    return path:sub(-1) == "/" and path or path .. "/"
end

--- The folders, in order, each with a slash at its end.
---@return string[]
function M.folders()
    local out = { "./" }
    for folder in (fs.getenv("DNSPROBE_PATH") or ""):gmatch("[^:]+") do
        out[#out + 1] = with_slash(folder)
    end
    local config = fs.getenv("XDG_CONFIG_HOME")
    if (not config or config == "") and fs.getenv("HOME") then
        config = fs.getenv("HOME") .. "/.config"
    end
    if config and config ~= "" then
        out[#out + 1] = with_slash(config) .. "dnsprobe/runbooks/"
    end
    out[#out + 1] = "/etc/dnsprobe/runbooks/"
    local paths = fs.paths()
    if paths.data then
        out[#out + 1] = with_slash(paths.data) .. "runbooks/"
    end
    if paths.source then
        out[#out + 1] = with_slash(paths.source) .. "runbooks/"
    end
    return out
end

local function readable(path, without)
    if without and without[path] then
        return false
    end
    return fs.read(path, true) ~= nil
end

--- The file of a runbook.
---@param name string a path, a file name or a bare name
---@param without table<string, boolean>? paths that are not looked at: a runbook does not extend itself
---@return string? path
---@return string? err
function M.runbook(name, without)
    local file = name:match("%.lua$") and name or name .. ".lua"
    if name:find("/", 1, true) then
        for _, path in ipairs { name, file } do
            if path:match("%.lua$") and readable(path, without) then
                return path
            end
        end
        return nil, ("no runbook at %s"):format(name)
    end
    for _, folder in ipairs(M.folders()) do
        if readable(folder .. file, without) then
            return folder .. file
        end
    end
    local names = {}
    for i, one in ipairs(M.all()) do
        names[i] = one.name
    end
    local near = nearest.word(name, names)
    return nil, ("no runbook named %q was found%s (see: dnsprobe list)"):format(name,
        near and ("; did you mean %s?"):format(near) or "")
end

--- The file of a step id: beside the runbook first, then in the search path.
---@param id string
---@param beside string folder of the runbook
---@return string? path
function M.step(id, beside)
    local folders = M.folders()
    table.insert(folders, 1, beside)
    for _, folder in ipairs(folders) do
        local path = folder .. "steps/" .. id .. ".lua"
        if readable(path) then
            return path
        end
    end
    return nil
end

--- Does a file lie in the folder of runbooks that is installed with dnsprobe, or in its source tree?
---@param path string
---@return boolean
function M.is_shipped(path)
    local real, paths = fs.realpath(path), fs.paths()
    for _, folder in ipairs { paths.data or false, paths.source or false } do
        local own = folder and fs.realpath(with_slash(folder) .. "runbooks")
        if real and own and real:sub(1, #own + 1) == own .. "/" then
            return true
        end
    end
    return false
end

--- Another file that is shipped with the runbooks, such as resolvers.lua.
---@param relative string
---@return string? path
function M.shipped(relative)
    for _, folder in ipairs(M.folders()) do
        if folder ~= "./" and readable(folder .. relative) then
            return folder .. relative
        end
    end
    return nil
end

--- Does a Lua file say that it is a runbook? Others in the same folders (resolvers.lua, a project's own) do
--- not.
---@param path string
---@return string? text of the file; nil: it is none
function M.runbook_text(path)
    local text = path:match("%.lua$") and fs.read(path, true) or ""
    return text:find("dnsprobe.runbook", 1, true) and text or nil
end

--- All Lua files in the folders of runbooks, in search order, the first of each name; sorted by name within a
--- folder.
---@return { name: string, path: string, folder: string }[]
function M.all()
    local out, seen = {}, {}
    for _, folder in ipairs(M.folders()) do
        local files = fs.list(folder) or {}
        table.sort(files)
        for _, file in ipairs(files) do
            local name = file:match("^(.+)%.lua$")
            if name and not seen[name] and file:sub(1, 1) ~= "." then
                seen[name] = true
                out[#out + 1] = { name = name, path = folder .. file, folder = folder }
            end
        end
    end
    return out
end

return M
