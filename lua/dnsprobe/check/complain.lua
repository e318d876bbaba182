-- SPDX-License-Identifier: MIT
-- What the walk over a text (check/look.lua) complains about: members that are not there, and values of a
-- wrong type.

local nearest = require "dnsprobe.base.nearest"
local types = require "dnsprobe.check.types"

local M = {}

local Walk = {}

function Walk:add(node, text, ...)
    self.look.add(node.line, select("#", ...) > 0 and text:format(...) or text)
end

function Walk:check_member(node, base, key)
    if base.kind == "params" then
        if self.look.params and self.look.params[key] == nil then
            local names = {}
            for name in pairs(self.look.params) do
                names[#names + 1] = name
            end
            self:add(node, "parameter %q is declared nowhere%s", key, nearest.hint(key, names))
        end
    elseif base.kind == "class" then
        local text, method = types.member(base.name, key)
        if not text and not method then
            self:add(
                node,
                "%s has no member %q%s",
                base.name:gsub("^dnsprobe%.", ""),
                key,
                nearest.hint(key, types.members(base.name))
            )
        end
    elseif base.kind == "module" and rawget(base.value, key) == nil then
        local names = {}
        for name in pairs(base.value) do
            names[#names + 1] = tostring(name)
        end
        self:add(node, "%s has no member %q%s", base.shown or "the module", key, nearest.hint(key, names))
    end
end

-- Members of a table literal against a class; and each value against its type.
function Walk:check_table(node, class, what)
    local known, seen, open = types.class(class), {}, false
    for _, item in ipairs(node.items) do
        local key = item.key and item.key.kind == "String" and item.key.value
        if not key then
            open = open or item.key ~= nil
        elseif known.fields[key] then
            seen[key] = true
            self:check_value(item.value, known.fields[key], ("%s: %s"):format(what, key))
        else
            local names = {}
            for name in pairs(known.fields) do
                names[#names + 1] = name
            end
            self:add(item, "%s: there is no member %q%s", what, key, nearest.hint(key, names))
        end
    end
    for _, name in ipairs(open and {} or known.required) do
        if not seen[name] then
            self:add(node, "%s: %s is missing", what, name)
        end
    end
end

function Walk:check_value(node, text, what)
    local ok, why, words = types.accepts(text, self:type(node), node)
    if not ok then
        self:add(node, "%s %s%s", what, why, words and nearest.hint(node.value, words) or "")
    elseif node.kind == "Table" then
        local class, element = types.class_wanted(text), types.elements_wanted(text)
        if class then
            self:check_table(node, class, what)
        end
        for _, item in ipairs(element and node.items or {}) do
            if not item.key then
                self:check_value(item.value, element, what)
            end
        end
    end
end

-- May a list of expressions end in more values than it has expressions?
local function is_open(args)
    local last = args[#args]
    return last and (last.kind == "Call" or last.kind == "Method" or last.kind == "Vararg")
end

local function may_be_absent(param)
    return param.optional or param.name == "..."
        or types.accepts(param.type, { kind = "plain", name = "nil" }, { kind = "Nil" })
end

-- One argument, nil where it is absent, against its annotation.
function Walk:check_argument(node, arg, param, name)
    if arg then
        local text = param.optional and param.type .. "|nil" or param.type
        self:check_value(arg, text, ("%s: %s"):format(name, param.name))
    elseif not may_be_absent(param) then
        self:add(node, "%s: %s is missing", name, param.name)
    end
end

-- Arguments against the annotations of what is called.
function Walk:check_arguments(node, item, name)
    local args, wanted, open = node.args, item.args, is_open(node.args)
    local by_name = {}
    for _, param in ipairs(item.params) do
        by_name[param.name] = param
    end
    for i, arg in ipairs(wanted) do
        if by_name[arg] and not (open and i >= #args) then
            self:check_argument(node, args[i], by_name[arg], name)
        end
    end
    if #args > #wanted and #wanted > 0 and wanted[#wanted] ~= "..." then
        local s = #wanted == 1 and "" or "s"
        self:add(node, "%s takes %d argument%s, not %d", name, #wanted, s, #args)
    end
end

--- Adds these methods to the walk.
---@param class table
function M.add_to(class)
    for name, method in pairs(Walk) do
        class[name] = method
    end
end

return M
