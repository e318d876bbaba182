-- SPDX-License-Identifier: MIT
-- Types of the API as its annotations say them, and whether a value fits one.
--
-- A type of a value is a table, or nil where it is not known (then nothing is said about it):
--   { kind = "plain", name = "string" } · { kind = "class", name } · { kind = "list", of = type text }
--   { kind = "module", value = the module's table, shown = "dns" } · { kind = "function", item =, name = }

local annotations = require "dnsprobe.api.annotations"
local api = require "dnsprobe.api.reference"

local M = {}

local plain = {
    string = true,
    number = true,
    integer = true,
    boolean = true,
    table = true,
    ["function"] = true,
    ["nil"] = true,
}

---@class dnsprobe.check.Class
---@field fields table<string, string> type text by name
---@field required string[] fields that a table has to have
---@field methods table<string, dnsprobe.api.Item>

local classes, functions

-- Modules whose functions are methods of a class.
local objects = { ctx = "dnsprobe.Ctx", report = "dnsprobe.StepReport", state = "dnsprobe.State" }

local function is_optional(param)
    return param.optional
        or param.type:find("%?$") ~= nil
        or ("|" .. param.type .. "|"):find("|nil|", 1, true) ~= nil
end

local function add_class(item)
    local class = classes[item.name] or { fields = {}, required = {}, methods = {} }
    classes[item.name], class.parent = class, item.parent
    for _, field in ipairs(item.params) do
        class.fields[field.name] = field.type
        if not is_optional(field) then
            class.required[#class.required + 1] = field.name
        end
    end
end

local function add_function(item)
    local name = item.name:gsub("^dnsprobe%.", "dns.")
    functions[name] = item
    local owner, method = name:match("^(%w+)[:.]([%w_]+)$")
    local class = owner and objects[owner] and classes[objects[owner]]
    if class then
        class.methods[method] = item
    end
end

local function read()
    classes, functions = {}, {}
    local items = api.items()
    for _, item in
        ipairs(annotations.parse({ shown = "-", names = "-" }, api.source "dnsprobe/measure/sampling"))
    do
        items[#items + 1] = item.kind == "class" and item or nil
    end
    for _, kind in ipairs { "class", "function" } do
        for _, item in ipairs(items) do
            if item.kind == kind then
                (kind == "class" and add_class or add_function)(item)
            end
        end
    end
end

--- A class with what it inherits; nil: there is none of that name.
---@param name string
---@return dnsprobe.check.Class?
function M.class(name)
    if not classes then
        read()
    end
    local class = classes[name]
    if class and class.parent then
        local parent = M.class(class.parent)
        class.parent = nil
        for field, text in pairs(parent and parent.fields or {}) do
            class.fields[field] = class.fields[field] or text
        end
        for _, field in ipairs(parent and parent.required or {}) do
            class.required[#class.required + 1] = field
        end
    end
    return class
end

--- The documented function of a name as users write it ("names.parent", "dns.stub.lookup").
---@param name string
---@return dnsprobe.api.Item?
function M.function_named(name)
    if not functions then
        read()
    end
    return functions[name]
end

local nesting = { ["("] = 1, ["{"] = 1, ["<"] = 1, [")"] = -1, ["}"] = -1, [">"] = -1 }

--- The alternatives of a type text: "string|false|{ a: b|c }[]" has three.
---@param text string
---@return string[]
function M.alternatives(text)
    local out, depth, from = {}, 0, 1
    text = text:gsub("%?$", "|nil")
    for at = 1, #text do
        local c = text:sub(at, at)
        depth = depth + (nesting[c] or 0)
        if c == "|" and depth == 0 then
            out[#out + 1], from = text:sub(from, at - 1), at + 1
        end
    end
    out[#out + 1] = text:sub(from)
    for i, one in ipairs(out) do
        local inside = one:match("^%((.*)%)$")
        if inside then
            table.remove(out, i)
            for _, part in ipairs(M.alternatives(inside)) do
                table.insert(out, i, part)
            end
        end
    end
    return out
end

--- The type of a value that an annotation gives to it; nil where it is not known well enough.
---@param text string?
---@return table?
function M.of_text(text)
    local found
    for _, one in ipairs(text and M.alternatives(text) or {}) do
        if one ~= "nil" and one ~= "false" then
            if found then
                return nil
            end
            found = one
        end
    end
    if not found then
        return nil
    elseif found:match("%[%]$") then
        return { kind = "list", of = found:sub(1, -3) }
    elseif plain[found] then
        return { kind = "plain", name = found }
    elseif found:match('^"') then
        return { kind = "plain", name = "string" }
    elseif M.class(found) then
        return { kind = "class", name = found }
    end
    return nil
end

--- The type text of a member, or the method's item; nil, nil: there is no such member.
---@param class string
---@param name string
---@return string? text
---@return dnsprobe.api.Item? method
function M.member(class, name)
    local known = M.class(class)
    return known.fields[name], known.methods[name]
end

--- All members of a class.
---@param class string
---@return string[]
function M.members(class)
    local known, out = M.class(class), {}
    for _, group in ipairs { known.fields, known.methods } do
        for name in pairs(group) do
            out[#out + 1] = name
        end
    end
    return out
end

-- What people call a type.
local function shown(type)
    if type.kind == "plain" then
        return (type.name == "integer" and "an " or "a ") .. type.name
    elseif type.kind == "class" then
        return "a " .. type.name
    end
    return type.kind == "function" and "a function" or "a table"
end

local function is_table(one)
    return one == "table" or one:match("^table<") or one:match("^{") or one:match("%[%]$") or M.class(one)
end

local function is_function(type)
    return type.kind == "function" or type.name == "function"
end

local tables = { class = true, list = true, module = true }

-- Alternatives that are one word: does a value of a known type fit?
local fits_word = {
    any = function() return true end,
    T = function() return true end,
    ["true"] = function(type, node) return type.name == "boolean" and node.kind ~= "False" end,
    ["false"] = function(type, node) return type.name == "boolean" and node.kind ~= "True" end,
    number = function(type) return type.name == "number" or type.name == "integer" end,
    integer = function(type, node) -- a calculation may be whole
        return type.name == "integer" or (type.name == "number" and node.kind ~= "Number")
    end,
    ["function"] = is_function,
}

-- Does a value of a known type fit one alternative? nil: nobody can say.
local function fits(one, type, node)
    local literal = one:match('^"(.*)"$')
    if fits_word[one] then
        return fits_word[one](type, node)
    elseif literal then
        return type.name == "string" and (node.kind ~= "String" or node.value == literal)
    elseif plain[one] and one ~= "table" then
        return type.name == one
    elseif one:match("^fun%(") then
        return is_function(type)
    elseif is_table(one) then
        return type.name == "table" or tables[type.kind] == true
    end
    return nil
end

--- Whether a value may stand where `text` is wanted. What is not known fits.
---@param text string
---@param type table? of the value
---@param node table its node
---@return boolean
---@return string? why
function M.accepts(text, type, node)
    if not type then
        return true
    end
    local words = {}
    for _, one in ipairs(M.alternatives(text)) do
        local fit = fits(one, type, node)
        if fit or fit == nil then
            return true
        end
        words[#words + 1] = one:match('^"(.*)"$')
    end
    if node.kind == "String" and #words > 0 then
        return false, ("is %q"):format(node.value), words
    end
    return false, ("is %s, not %s"):format(shown(type), text)
end

--- The class among the alternatives whose members a table has to have; nil: none, or several.
---@param text string
---@return string?
function M.class_wanted(text)
    local found
    for _, one in ipairs(M.alternatives(text)) do
        if is_table(one) then
            if found or not M.class(one) then
                return nil
            end
            found = one
        end
    end
    return found
end

--- The type text of the elements, where a list is wanted; nil else.
---@param text string
---@return string?
function M.elements_wanted(text)
    local found
    for _, one in ipairs(M.alternatives(text)) do
        if is_table(one) then
            if found or not one:match("%[%]$") then
                return nil
            end
            found = one:sub(1, -3)
        end
    end
    return found
end

return M
