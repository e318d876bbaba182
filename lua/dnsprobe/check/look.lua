-- SPDX-License-Identifier: MIT
-- What a look at a runbook's text tells: globals and members that are not there, arguments that do not fit.
--
-- The tree is walked in the order of the text. Locals have a type where it is plain what they are: a module,
-- what an annotated function gives back, the ctx and report of a step. Parameters of local functions get
-- theirs from the calls, so the walk is repeated until nothing new is learnt. What is not known is never
-- complained about.

local complain = require "dnsprobe.check.complain"
local infer = require "dnsprobe.check.infer"
local nearest = require "dnsprobe.base.nearest"
local types = require "dnsprobe.check.types"

local M = {}

local ROUNDS_MAX = 6

---@class dnsprobe.check.Look
---@field globals table<string, any> of the sandbox
---@field module fun(name: string): any?, string? the module of a name and how the reference calls it; nil: not for runbooks
---@field params table<string, any>? declared parameters; nil: not known
---@field add fun(line: integer, text: string, severity: string?)

local Walk = {}
Walk.__index = Walk
infer.add_to(Walk)
complain.add_to(Walk)

-- ---- expressions ----

local visit = {}

function Walk:expression(node)
    if node and visit[node.kind] then
        visit[node.kind](self, node)
    end
end

function Walk:expressions(list)
    for _, node in ipairs(list) do
        self:expression(node)
    end
end

function visit.Name(self, node)
    if not self:find(node.name) and self.look.globals[node.name] == nil and not self.assigned[node.name] then
        local names = {}
        for name in pairs(self.look.globals) do
            names[#names + 1] = name
        end
        local scope = self.scope
        while scope do
            for name in pairs(scope.names) do
                names[#names + 1] = name
            end
            scope = scope.outer
        end
        local near = nearest.word(node.name, names)
        self:add(
            node,
            "there is no variable %q%s",
            node.name,
            near and ("; did you mean %s?"):format(near) or ""
        )
    end
end

function visit.Paren(self, node)
    self:expression(node.inner)
end

-- `ctx.params.x or 5` is how a step that several runbooks share asks for what only some declare.
function visit.Binary(self, node)
    local base = node.op == "or" and node.left.kind == "Index" and self:type(node.left.base)
    self:expression(base and base.kind == "params" and node.left.base or node.left)
    self:expression(node.right)
end

function visit.Unary(self, node)
    self:expression(node.right)
end

function visit.Index(self, node)
    self:expression(node.base)
    self:expression(node.key)
    local base = self:type(node.base)
    if base and node.key.kind == "String" then
        self:check_member(node, base, node.key.value)
    end
end

function visit.Call(self, node)
    self:expression(node.base)
    self:expressions(node.args)
    self:learn(node.base, node.args)
    local base = node.base
    if self:requires(node) then
        local name = node.args[1].value
        if not name:match("^%./") and self.look.module(name) == nil then
            self:add(
                node,
                "module %q is not available to runbooks%s",
                name,
                nearest.hint(name, self.look.modules)
            )
        end
        return
    end
    local type = self:type(base)
    if type and type.kind == "function" and type.item then
        self:check_arguments(node, type.item, type.item.name)
    elseif type and (type.kind == "plain" and type.name ~= "function" or type.kind == "module") then
        self:add(node, "%s is called and is no function", base.kind == "Name" and base.name or "this")
    end
end

function visit.Method(self, node)
    self:expression(node.base)
    self:expressions(node.args)
    local base = self:type(node.base)
    if not base then
        return
    elseif base.kind == "plain" and base.name == "string" then
        base = { kind = "module", value = self.look.globals.string, shown = "string" }
    elseif base.kind ~= "class" then
        return
    end
    self:check_member(node, base, node.name)
    local _, item
    if base.kind == "class" then
        _, item = types.member(base.name, node.name)
    end
    if item then
        self:check_arguments(node, item, item.name)
    end
end

function visit.Table(self, node)
    local keys = {}
    for _, item in ipairs(node.items) do
        if item.key and item.key.kind == "String" then
            keys[item.key.value] = item.value
        end
    end
    for _, item in ipairs(node.items) do
        self:expression(item.key)
        if (keys.id or keys.title) and item.key then
            self:give_step(item.value, item.key.value)
        end
        self:expression(item.value)
    end
    if self.look.on_table then
        self.look.on_table(node, keys)
    end
end

function visit.Function(self, node)
    self:open()
    for _, name in ipairs(node.params) do
        self:declare(name, node)
    end
    self:block(node.body)
    self:close()
end

-- ---- statements ----

function Walk:remember(owner, name, value)
    if value and value.kind == "Function" then
        self.functions[owner] = self.functions[owner] or {}
        self.functions[owner][name] = value
    end
end

local run = {}

-- The type of the i-th local of a statement at its declaration; nil: not known. The last value may be
-- several, of which the first is known.
local function declared_type(self, node, i)
    local value = node.values[i]
    if not value or (i > 1 and i < #node.names and i == #node.values) then
        return nil
    end
    return self:type(value)
end

-- Does a local stay what it is declared as? Not where it is assigned later, and not what is plain: "nil" at
-- first, an empty table that is filled.
local function stays(self, node, name, type)
    local changes = self.changed[node] and self.changed[node][name]
    return not changes and not (type.kind == "plain" and type.name ~= "string")
end

function run.Local(self, node)
    self:expressions(node.values)
    local found = {}
    for i in ipairs(node.names) do
        found[i] = declared_type(self, node, i)
    end
    for i, name in ipairs(node.names) do
        self:remember(node, name, node.values[i])
        self:declare(name, node, found[i] and stays(self, node, name, found[i]) and found[i] or nil)
    end
end

function run.LocalFunction(self, node)
    self:remember(node, node.name, node.value)
    self:declare(node.name, node)
    self:expression(node.value)
end

function run.Assign(self, node)
    self:expressions(node.values)
    for i, target in ipairs(node.targets) do
        local found = target.kind == "Name" and self:find(target.name)
        if found then
            self.changed[found.owner] = self.changed[found.owner] or {}
            self.changed[found.owner][found.name] = true
            self:forget(found)
            self:remember(found.owner, found.name, node.values[i])
        elseif target.kind == "Name" then
            self.assigned[target.name] = true
            self:add(target, "%s is assigned and was declared nowhere; is `local` missing?", target.name)
        elseif target.kind == "Index" then
            self:expression(target.base)
            self:expression(target.key)
        end
    end
end

function run.Expression(self, node)
    self:expression(node.value)
end

function run.Return(self, node)
    self:expressions(node.values)
end

function run.Block(self, node)
    self:inner(node.body)
end

function run.While(self, node)
    self:expression(node.condition)
    self:inner(node.body)
end

function run.Repeat(self, node)
    self:open()
    self:block(node.body)
    self:expression(node.condition)
    self:close()
end

function run.If(self, node)
    for _, clause in ipairs(node.clauses) do
        self:expression(clause.condition)
        self:inner(clause.body)
    end
end

function run.Numeric(self, node)
    self:expressions(node.values)
    self:open()
    self:declare(node.name, node)
    self:block(node.body)
    self:close()
end

-- `for _, x in ipairs(list)`: x is one of the list.
function run.Each(self, node)
    self:expressions(node.values)
    local call = node.values[1]
    local list = call
        and call.kind == "Call"
        and call.base.kind == "Name"
        and call.base.name == "ipairs"
        and call.args[1]
        and self:type(call.args[1])
    self:open()
    for i, name in ipairs(node.names) do
        self:declare(name, node, i == 2 and list and list.kind == "list" and types.of_text(list.of) or nil)
    end
    self:block(node.body)
    self:close()
end

function Walk:inner(body)
    self:open()
    self:block(body)
    self:close()
end

function Walk:block(body)
    for _, node in ipairs(body) do
        run[node.kind](self, node)
    end
end

--- Looks at the statements of one file.
---@param body table[] of check/parser.lua
---@param look dnsprobe.check.Look
function M.look(body, look)
    local state = { look = look, learnt = {}, functions = {}, changed = {}, assigned = {} }
    local add, on_table = look.add, look.on_table
    look.add, look.on_table = function() end, nil
    for _ = 1, ROUNDS_MAX do
        state.news, state.scope = false, nil
        local walk = setmetatable(state, Walk)
        walk:inner(body)
        if not state.news then
            break
        end
    end
    look.add, look.on_table = add, on_table
    setmetatable(state, Walk):inner(body)
end

return M
