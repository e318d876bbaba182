-- SPDX-License-Identifier: MIT
-- The reference of what runbooks can call, read from the annotations themselves.
--
-- The C functions are annotated in lua/meta, those in Lua where they are written; both texts are compiled
-- into the binary (lua/CMakeLists.txt, the modules source.*), so `dnsprobe help api`, the installed page and
-- the editor say the same. How an item is written: dnsprobe.api.annotations.

local annotations = require "dnsprobe.api.annotations"
local distance = require "dnsprobe.base.distance"
local fs = require "dnsprobe.fs"

local M = {}

M.modules = require "dnsprobe.api.modules"

--- The text of a file below lua/: from the development folder where there is one, else as compiled in.
---@param file string
---@return string
function M.source(file)
    local folder = fs.getenv and fs.getenv "DNSPROBE_LUA"
    local text = folder and folder ~= "" and fs.read(folder .. "/" .. file .. ".lua")
    local embedded = "source." .. file:gsub("/", ".")
    return text or require(embedded)
end

local items

--- Every documented item, by module in the order of the reference, then as the file has them.
---@return dnsprobe.api.Item[]
function M.items()
    if not items then
        items = {}
        for _, module in ipairs(M.modules) do
            for _, one in ipairs(annotations.parse(module, M.source(module.file))) do
                items[#items + 1] = one
            end
        end
    end
    return items
end

local function plain(name)
    return (name:gsub("^dnsprobe%.", ""):gsub(":", "."):gsub("^dnsprobe$", "dns"):lower())
end

--- The items that a word names: a whole name ("names.parent", "ctx:query"), a module, or the last part of a
--- name.
---@param word string
---@return dnsprobe.api.Item[]
function M.find(word)
    local whole, of_module, last, wanted = {}, {}, {}, plain(word)
    for _, one in ipairs(M.items()) do
        local name = plain(one.name)
        whole[#whole + 1] = name == wanted and one or nil
        of_module[#of_module + 1] = one.module.shown == wanted and one or nil
        last[#last + 1] = name:match("[^.]+$") == wanted and one or nil
    end
    return #whole > 0 and whole or #of_module > 0 and of_module or last
end

--- The names that look most like a word.
---@param word string
---@param most? integer
---@return string[]
function M.near(word, most)
    local rows, wanted = {}, plain(word)
    for _, one in ipairs(M.items()) do
        local name = plain(one.name)
        local d =
            math.min(distance.between(wanted, name), distance.between(wanted, name:match("[^.]+$")) + 0.5)
        rows[#rows + 1] = { name = one.name, d = name:find(wanted, 1, true) and d - #wanted / 2 or d }
    end
    table.sort(rows, function(a, b)
        if a.d ~= b.d then
            return a.d < b.d
        end
        return a.name < b.name
    end)
    local out = {}
    for i = 1, math.min(most or 3, #rows) do
        out[i] = rows[i].name
    end
    return out
end

--- The call as users write it: "names.relative(name, origin)".
---@param one dnsprobe.api.Item
---@return string
function M.call(one)
    if one.kind == "class" then
        return one.name
    end
    local optional, parts = {}, {}
    for _, param in ipairs(one.params) do
        optional[param.name] = param.optional
    end
    for i, arg in ipairs(one.args) do
        parts[i] = optional[arg] and "[" .. arg .. "]" or arg
    end
    return one.name .. "(" .. table.concat(parts, ", ") .. ")"
end

--- The first sentence.
---@param one dnsprobe.api.Item
---@return string
function M.summary(one)
    local text = one.text[1] or ""
    if text == "" and one.kind == "class" then
        local names = {}
        for i, field in ipairs(one.params) do
            names[i] = field.name
        end
        return "members: " .. table.concat(names, ", ")
    end
    return text:match("^(.-[.?!])%s") or text
end

return M
