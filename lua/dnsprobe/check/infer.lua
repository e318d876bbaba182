-- SPDX-License-Identifier: MIT
-- Names and types for the walk over a text (check/look.lua): which local a name is, and what an expression
-- gives.

local types = require "dnsprobe.check.types"

local M = {}

local Walk = {}

-- ---- scopes ----

function Walk:open()
    self.scope = { names = {}, outer = self.scope }
end

function Walk:close()
    self.scope = self.scope.outer
end

-- `type` is kept by the node that declares the name, over all rounds; two that differ are none.
function Walk:declare(name, owner, type)
    if type then
        self:give(owner, name, type)
    end
    self.scope.names[name] = { owner = owner, name = name }
end

-- A parameter's type, learnt from outside its function.
function Walk:give(node, name, type)
    local known = self.learnt[node] or {}
    self.learnt[node] = known
    if known[name] == nil then
        known[name], self.news = type, true
    elseif known[name] and (known[name].kind ~= type.kind or known[name].name ~= type.name) then
        known[name] = false
    end
end

-- It is assigned again: its type is not known.
function Walk:forget(found)
    local known = self.learnt[found.owner] or {}
    self.learnt[found.owner] = known
    self.news = self.news or known[found.name] ~= false
    known[found.name] = false
end

function Walk:find(name)
    local scope = self.scope
    while scope do
        if scope.names[name] then
            return scope.names[name]
        end
        scope = scope.outer
    end
    return nil
end

function Walk:type_of_name(name)
    local found = self:find(name)
    if found then
        return self.learnt[found.owner] and self.learnt[found.owner][name] or nil
    end
    local value = self.look.globals[name]
    if type(value) == "table" and name ~= "_G" then
        return { kind = "module", value = value, shown = name }
    end
    return nil
end

-- Parameters of a local function that is called, by the arguments' types.
function Walk:learn(callee, args)
    local found = callee.kind == "Name" and self:find(callee.name)
    local node = found and self.functions[found.owner] and self.functions[found.owner][callee.name]
    for i, name in ipairs(node and node.params or {}) do
        local type = args[i] and self:type(args[i])
        if type and (type.kind == "class" or type.kind == "list" or type.kind == "params") then
            self:give(node, name, type)
        elseif type and type.name ~= "nil" then
            self:forget { owner = node, name = name } -- it is given other things too
        end
    end
end

-- What a step's functions are given.
local given =
    { measure = { "dnsprobe.Ctx" }, run = { "dnsprobe.Ctx" }, judge = { false, "dnsprobe.StepReport" } }

function Walk:give_step(value, key)
    local classes = given[key]
    local node = value.kind == "Function" and value
    if value.kind == "Name" then
        local found = self:find(value.name)
        node = found and self.functions[found.owner] and self.functions[found.owner][value.name]
    end
    for i, class in ipairs(node and classes or {}) do
        if class and node.params[i] then
            self:give(node, node.params[i], { kind = "class", name = class })
        end
    end
end

-- ---- types of expressions ----

local literals = {
    String = "string",
    True = "boolean",
    False = "boolean",
    Nil = "nil",
    Table = "table",
    Function = "function",
}
local comparing = { ["<"] = true, [">"] = true, ["<="] = true, [">="] = true, ["=="] = true, ["~="] = true }
local infer = {}

-- The type of an expression; nothing is complained about here.
function Walk:type(node)
    if literals[node.kind] then
        return { kind = "plain", name = literals[node.kind], node = node }
    end
    return infer[node.kind] and infer[node.kind](self, node) or nil
end

function infer.Number(_, node)
    return { kind = "plain", name = math.type(node.value) == "integer" and "integer" or "number" }
end

function infer.Name(self, node)
    return self:type_of_name(node.name)
end

function infer.Paren(self, node)
    return self:type(node.inner)
end

function infer.Binary(_, node)
    if node.op == ".." then
        return { kind = "plain", name = "string" }
    elseif comparing[node.op] then
        return { kind = "plain", name = "boolean" }
    end
    return node.op ~= "and" and node.op ~= "or" and { kind = "plain", name = "number" } or nil
end

function infer.Unary(_, node)
    local name = node.op == "not" and "boolean" or node.op == "#" and "integer" or nil
    return name and { kind = "plain", name = name } or nil
end

-- What a member with a name is: kind of the base → fun(base, key).
local member_of = {}

function member_of.class(base, key)
    local text, method = types.member(base.name, key)
    if key == "params" and text then
        return { kind = "params" }
    end
    return method and { kind = "function", item = method, name = key } or types.of_text(text)
end

function member_of.module(base, key)
    local value, shown = rawget(base.value, key), base.shown and base.shown .. "." .. key
    if type(value) == "table" then
        return { kind = "module", value = value, shown = shown }
    elseif type(value) == "function" then
        return { kind = "function", item = shown and types.function_named(shown), name = shown }
    end
    return nil
end

function infer.Index(self, node)
    local base, is_named = self:type(node.base), node.key.kind == "String"
    if not base then
        return nil
    elseif base.kind == "list" then
        return not is_named and types.of_text(base.of) or nil
    end
    local member = is_named and member_of[base.kind]
    return member and member(base, node.key.value) or nil
end

-- Whether a call is a `require` of a text: that of the sandbox, not a local of that name.
function Walk:requires(node)
    local callee, first = node.base, node.args[1]
    return callee.kind == "Name" and callee.name == "require" and not self:find(callee.name) and first ~= nil
        and first.kind == "String"
end

function infer.Call(self, node)
    local callee = node.base
    if self:requires(node) then
        local value, shown = self.look.module(node.args[1].value)
        return type(value) == "table" and { kind = "module", value = value, shown = shown } or nil
    end
    local type = self:type(callee)
    local item = type and type.kind == "function" and type.item
    return item and item.returns[1] and types.of_text(item.returns[1].type) or nil
end

function infer.Method(self, node)
    local base = self:type(node.base)
    local _, item
    if base and base.kind == "class" then
        _, item = types.member(base.name, node.name)
    end
    return item and item.returns[1] and types.of_text(item.returns[1].type) or nil
end

--- Adds these methods to the walk.
---@param class table
function M.add_to(class)
    for name, method in pairs(Walk) do
        class[name] = method
    end
end

return M
