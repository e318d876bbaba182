-- SPDX-License-Identifier: MIT
-- Annotations (LuaCATS) of one file, read into items.
--
-- A documented item is a block of `---` lines directly above its function or class. Code between ```lua and ``` is its
-- example; `-->` gives what a line of it prints at the prompt, and a test runs them all. An item that says
-- "Not for runbooks" is left out.

local M = {}

---@class dnsprobe.api.Item
---@field name string as users write it: "names.parent", "ctx:query", "dnsprobe.Exchange"
---@field kind "function"|"class"
---@field module table row of api/modules.lua
---@field text string[] paragraphs, the first one begins with the summary
---@field args string[]
---@field params { name: string, type: string, text: string, optional: boolean }[] of a class: its fields
---@field returns { type: string, text: string }[]
---@field example string[] lines
---@field line integer in its file
---@field parent? string of a class

-- ---- reading annotations ----

local CLOSES = { ["("] = ")", ["{"] = "}", ["<"] = ">", ["["] = "]" }

-- A LuaCATS type at the start of a text, and what follows it. Blanks end it, except in brackets, around `|`,
-- and before the result of a `fun(...)`.
local function split_type(text)
    local depth, at = 0, 1
    while at <= #text do
        local c = text:sub(at, at)
        if CLOSES[c] then
            depth = depth + 1
        elseif depth > 0 and (c == ")" or c == "}" or c == ">" or c == "]") then
            depth = depth - 1
        elseif depth == 0 and c:match "%s" then
            local before, after = text:sub(at - 1, at - 1), text:match("^%s*(.)", at)
            if before ~= "|" and after ~= "|" and not (before == ":" and text:find("^fun%(", 1)) then
                break
            end
        end
        at = at + 1
    end
    return (text:sub(1, at - 1):gsub("%s*|%s*", "|")), (text:sub(at):gsub("^%s+", ""))
end

local tags = {}

function tags.param(block, rest)
    local name, optional, more = rest:match("^([%w_.]+)(%??)%s+(.*)$")
    if name then
        local type, text = split_type(more)
        table.insert(block.params, { name = name, type = type, text = text, optional = optional == "?" })
    end
end

function tags.field(block, rest)
    tags.param(block, rest)
end

tags["return"] = function(block, rest)
    local type, text = split_type(rest)
    table.insert(block.returns, { type = type, text = text })
end

function tags.class(block, rest)
    local name, parent, more = rest:match("^([%w_.]+):?%s*([%w_.]*)%s*(.*)$")
    block.class, block.parent = name, rest:match("^[%w_.]+:") and parent or nil
    local text = block.parent and more or (rest:match("^[%w_.]+%s+(.*)$") or "")
    if text ~= "" then
        table.insert(block.text, text)
    end
end

local function new_block(number)
    return { text = {}, params = {}, returns = {}, example = {}, line = number, lines = 0 }
end

-- One line of a comment into its block.
local function note(block, line)
    block.lines = block.lines + 1
    local tag, rest = line:match("^%-%-%-@(%w+)%s*(.*)$")
    if tag then
        if tags[tag] then
            tags[tag](block, rest)
        end
        return
    end
    local text = line:gsub("^%-%-%-? ?", "")
    if text:match("^```") then
        block.in_example = text:match("^```lua") ~= nil
    elseif block.in_example then
        table.insert(block.example, text)
    elseif #block.params == 0 and #block.returns == 0 then
        table.insert(block.text, text)
    end
end

-- Lines of text as paragraphs: an empty line, or one that is indented, begins a new one.
local function paragraphs(lines)
    local out, fresh = {}, true
    for _, line in ipairs(lines) do
        if line:match("^%s*$") then
            fresh = true
        elseif fresh or line:match("^%s%s") then
            out[#out + 1], fresh = line, false
        else
            out[#out] = out[#out] .. " " .. line
        end
    end
    return out
end

-- The function that a line defines, as users call it, and its arguments; nil where it defines none of the
-- module's.
local function defined(module, line)
    local own = module.names
    local name, list = line:match("^function%s+([%w_.:]+)%(([^)]*)%)")
    if not name then
        name = line:match("^([%w_.]+)%s*=%s*[%w_.]+%s*$") or line:match("^([%w_.]+)%s*=%s*function")
    end
    if not name or name:sub(1, #own + 1):gsub(":$", ".") ~= own .. "." then
        return nil
    end
    local args = {}
    for arg in (list or ""):gmatch("[^,%s]+") do
        args[#args + 1] = arg
    end
    return module.shown .. name:sub(#own + 1), args, list ~= nil
end

local function item(block, module, name, kind, args)
    return { name = name, kind = kind, module = module, text = paragraphs(block.text), params = block.params,
        returns = block.returns, example = block.example, line = block.line, args = args or {}, parent = block.parent }
end

local function keep(block)
    local first = block.text[1] or ""
    return block.lines > 0
        and not table.concat(block.text, " "):find("Not for runbooks", 1, true)
        and not first:match("^SPDX")
end

--- The items of one file's text.
---@param module table row of api/modules.lua
---@param text string
---@return dnsprobe.api.Item[]
function M.parse(module, text)
    local out, block, number = {}, new_block(1), 0
    local function close(line)
        local name, args, listed = defined(module, line)
        if name and keep(block) then
            if not listed then
                for i, param in ipairs(block.params) do
                    args[i] = param.name
                end
            end
            out[#out + 1] = item(block, module, name, "function", args)
        elseif block.class and #block.params > 0 then
            out[#out + 1] = item(block, module, block.class, "class")
        end
        block = new_block(number + 1)
    end
    for line in (text .. "\n"):gmatch("(.-)\r?\n") do
        number = number + 1
        if line:match("^%-%-%-") or (block.lines > 0 and line:match("^%-%- ")) then
            note(block, line)
        else
            close(line)
        end
    end
    return out
end

return M
