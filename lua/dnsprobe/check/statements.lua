-- SPDX-License-Identifier: MIT
-- How the statements of Lua that begin with a word are read, for the parser beside this file: word → a
-- function of the parser and the word's line. What says nothing about the names in a text (goto, break) is no
-- node.

local statements = {}

statements["local"] = function(self, line)
    if self:accept("function") then
        local name = self:take().value
        return { kind = "LocalFunction", name = name, value = self:body(line), line = line }
    end
    local node = { kind = "Local", names = {}, values = {}, line = line }
    repeat
        node.names[#node.names + 1] = self:take().value
        if self:accept("<") then
            self:take()
            self:take()
        end
    until not self:accept(",")
    if self:accept("=") then
        node.values = self:list()
    end
    return node
end

statements["function"] = function(self, line)
    local token = self:take()
    local target, method = { kind = "Name", name = token.value, line = token.line }, false
    while self:peek() == "." or self:peek() == ":" do
        method = self:take().kind == ":"
        local name = self:take()
        target = { kind = "Index", base = target, line = name.line,
            key = { kind = "String", value = name.value, line = name.line } }
    end
    return { kind = "Assign", targets = { target }, values = { self:body(line, method) }, line = line }
end

statements["do"] = function(self, line)
    local body = self:block()
    self:take()
    return { kind = "Block", body = body, line = line }
end

statements["while"] = function(self, line)
    local condition = self:expression()
    self:take()
    local body = self:block()
    self:take()
    return { kind = "While", condition = condition, body = body, line = line }
end

statements["repeat"] = function(self, line)
    local body = self:block()
    self:take()
    return { kind = "Repeat", condition = self:expression(), body = body, line = line }
end

statements["if"] = function(self, line)
    local node = { kind = "If", clauses = {}, line = line }
    repeat
        local condition = self:expression()
        self:take()
        table.insert(node.clauses, { condition = condition, body = self:block() })
    until not self:accept("elseif")
    if self:accept("else") then
        table.insert(node.clauses, { body = self:block() })
    end
    self:take()
    return node
end

statements["for"] = function(self, line)
    local names = { self:take().value }
    while self:accept(",") do
        names[#names + 1] = self:take().value
    end
    local each = self:take().kind == "in"
    local values = self:list()
    self:take()
    local body = self:block()
    self:take()
    return {
        kind = each and "Each" or "Numeric",
        names = names,
        name = names[1],
        values = values,
        body = body,
        line = line,
    }
end

statements["return"] = function(self, line)
    local ends = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true, [";"] = true }
    local values = (ends[self:peek()] or self:at_end()) and {} or self:list()
    self:accept(";")
    return { kind = "Return", values = values, line = line }
end

statements["goto"] = function(self)
    self:take()
end

statements["::"] = function(self)
    self:take()
    self:take()
end

statements["break"] = function() end
statements[";"] = function() end

return statements
