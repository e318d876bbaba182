-- SPDX-License-Identifier: MIT
-- A Lua 5.4 text as a tree (reference manual, section 9). The text has been compiled already, so nothing is
-- checked here.
--
-- A node is a table with `kind` and `line`. Expressions:
--   Nil True False Vararg · Number, String: value · Name: name · Function: params, body, vararg
--   Table: items { key? (node), value } · Index: base, key (node) · Call: base, args · Method: base, name,
--   args Binary: op, left, right · Unary: op, right · Paren: inner
-- Statements:
--   Local: names, values · LocalFunction: name, value · Assign: targets, values · Expression: value
--   Block: body · While, Repeat: condition, body · If: clauses { condition?, body } · Numeric: name, values,
--   body Each: names, values, body · Return: values

local lexer = require "dnsprobe.check.lexer"
local statements = require "dnsprobe.check.statements"

local M = {}

---@class dnsprobe.check.Node
---@field kind string
---@field line integer

-- Left and right priority of each operator; one whose right priority is lower binds to the right.
local priority = {
    ["or"] = { 1, 1 },
    ["and"] = { 2, 2 },
    ["|"] = { 4, 4 },
    ["~"] = { 5, 5 },
    ["&"] = { 6, 6 },
    ["<<"] = { 7, 7 },
    [">>"] = { 7, 7 },
    [".."] = { 9, 8 },
    ["+"] = { 10, 10 },
    ["-"] = { 10, 10 },
    ["*"] = { 11, 11 },
    ["/"] = { 11, 11 },
    ["//"] = { 11, 11 },
    ["%"] = { 11, 11 },
    ["^"] = { 14, 13 },
}
for _, operator in ipairs { "<", ">", "<=", ">=", "~=", "==" } do
    priority[operator] = { 3, 3 }
end
local UNARY = 12

local Parser = {}
Parser.__index = Parser

function Parser:peek()
    return self.tokens[self.at].kind
end

function Parser:take()
    local token = self.tokens[self.at]
    self.at = self.at + 1
    return token
end

function Parser:accept(kind)
    return self:peek() == kind and self:take() or nil
end

function Parser:node(kind, fields)
    fields.kind, fields.line = kind, fields.line or self.tokens[self.at].line
    return fields
end

-- ---- expressions ----

function Parser:list()
    local out = { self:expression() }
    while self:accept(",") do
        out[#out + 1] = self:expression()
    end
    return out
end

function Parser:table()
    local node = self:node("Table", { items = {} })
    self:take()
    while not self:accept("}") do
        local item = { line = self.tokens[self.at].line }
        if self:accept("[") then
            item.key = self:expression()
            self:take()
            self:take()
        elseif self:peek() == "name" and self.tokens[self.at + 1].kind == "=" then
            local name = self:take()
            item.key = { kind = "String", value = name.value, line = name.line }
            self:take()
        end
        item.value = self:expression()
        node.items[#node.items + 1] = item
        local _ = self:accept(",") or self:accept(";")
    end
    return node
end

-- Parameters and body, behind `function NAME`.
function Parser:body(line, with_self)
    local node = self:node("Function", { params = { with_self and "self" or nil }, line = line })
    self:take()
    while not self:accept(")") do
        local token = self:take()
        if token.kind == "name" then
            node.params[#node.params + 1] = token.value
        elseif token.kind == "..." then
            node.vararg = true
        end
    end
    node.body = self:block()
    self:take()
    return node
end

function Parser:arguments()
    if self:peek() == "string" then
        local token = self:take()
        return { { kind = "String", value = token.value, line = token.line } }
    elseif self:peek() == "{" then
        return { self:table() }
    end
    self:take()
    local out = self:peek() == ")" and {} or self:list()
    self:take()
    return out
end

function Parser:primary()
    local token = self:take()
    if token.kind == "name" then
        return { kind = "Name", name = token.value, line = token.line }
    end
    local inner = self:expression()
    self:take()
    return { kind = "Paren", inner = inner, line = token.line }
end

function Parser:suffixed()
    local node = self:primary()
    while true do
        local kind, line = self:peek(), self.tokens[self.at].line
        if kind == "." then
            self:take()
            local name = self:take()
            node = { kind = "Index", base = node, line = name.line,
                key = { kind = "String", value = name.value, line = name.line } }
        elseif kind == "[" then
            self:take()
            node = { kind = "Index", base = node, key = self:expression(), line = line }
            self:take()
        elseif kind == ":" then
            self:take()
            local name = self:take()
            node =
                { kind = "Method", base = node, name = name.value, line = name.line, args = self:arguments() }
        elseif kind == "(" or kind == "string" or kind == "{" then
            node = { kind = "Call", base = node, line = line, args = self:arguments() }
        else
            return node
        end
    end
end

local simple = { ["nil"] = "Nil", ["true"] = "True", ["false"] = "False", ["..."] = "Vararg" }

function Parser:operand()
    local kind, line = self:peek(), self.tokens[self.at].line
    if simple[kind] then
        self:take()
        return { kind = simple[kind], line = line }
    elseif kind == "number" or kind == "string" then
        return { kind = kind == "number" and "Number" or "String", value = self:take().value, line = line }
    elseif kind == "{" then
        return self:table()
    elseif kind == "function" then
        self:take()
        return self:body(line)
    elseif kind == "not" or kind == "-" or kind == "#" or kind == "~" then
        self:take()
        return { kind = "Unary", op = kind, right = self:expression(UNARY), line = line }
    end
    return self:suffixed()
end

function Parser:expression(limit)
    local left = self:operand()
    while true do
        local op = self:peek()
        local powers = priority[op]
        if not powers or powers[1] <= (limit or 0) then
            return left
        end
        local line = self:take().line
        left = { kind = "Binary", op = op, left = left, right = self:expression(powers[2]), line = line }
    end
end

-- ---- statements ----

function Parser:at_end()
    return self.at >= #self.tokens
end

function Parser:statement()
    local kind, line = self:peek(), self.tokens[self.at].line
    if statements[kind] then
        self:take()
        return statements[kind](self, line)
    end
    local first = self:suffixed()
    if self:peek() ~= "=" and self:peek() ~= "," then
        return { kind = "Expression", value = first, line = line }
    end
    local targets = { first }
    while self:accept(",") do
        targets[#targets + 1] = self:suffixed()
    end
    self:take()
    return { kind = "Assign", targets = targets, values = self:list(), line = line }
end

function Parser:block()
    local out, ends = {}, { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true }
    while not self:at_end() and not ends[self:peek()] do
        out[#out + 1] = self:statement()
    end
    return out
end

--- The statements of a text that compiles.
---@param text string
---@return dnsprobe.check.Node[]
function M.parse(text)
    return setmetatable({ tokens = lexer.tokens(text), at = 1 }, Parser):block()
end

return M
