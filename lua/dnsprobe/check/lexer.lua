-- SPDX-License-Identifier: MIT
-- Words of a Lua 5.4 text, for the parser beside this file. The text has been compiled already: it has no
-- error.

local M = {}

---@class dnsprobe.check.Token
---@field kind "name"|"string"|"number"|"end"|string a keyword or operator is its own kind
---@field value? string|number
---@field line integer

local keywords = {}
for word in
    ([[and break do else elseif end false for function goto if in local nil not or repeat return then true until
    while]]):gmatch("%a+")
do
    keywords[word] = true
end

local operators = { -- the longest first
    "...",
    "<<",
    ">>",
    "//",
    "==",
    "~=",
    "<=",
    ">=",
    "::",
    "..",
    "+",
    "-",
    "*",
    "/",
    "%",
    "^",
    "#",
    "&",
    "~",
    "|",
    "<",
    ">",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    ";",
    ":",
    ",",
    ".",
}

local function lines_in(text)
    return select(2, text:gsub("\n", ""))
end

-- The long bracket that begins at `at`: its inside and where it ends; nil where there is none.
local function long_bracket(text, at)
    local level = text:match("^%[(=*)%[", at)
    if not level then
        return nil
    end
    local first = at + #level + 2
    local last, stop = text:find("]" .. level .. "]", first, true)
    return text:sub(first, last - 1), stop
end

local escapes = { n = "\n", t = "\t", r = "\r", a = "\a", b = "\b", f = "\f", v = "\v", ["\n"] = "\n" }

-- What a quoted string means; escapes of octets and code points are kept as a question mark, which no name
-- has.
local function meant(inside)
    return (inside:gsub("\\z%s*", ""):gsub("\\(x%x%x)", "?"):gsub("\\u{%x+}", "?"):gsub("\\(%d%d?%d?)", "?")
        :gsub("\\(.)", function(c) return escapes[c] or c end))
end

local function quoted(text, at)
    local quote, stop = text:sub(at, at), at + 1
    while text:sub(stop, stop) ~= quote do
        stop = stop + (text:sub(stop, stop) == "\\" and 2 or 1)
    end
    return meant(text:sub(at + 1, stop - 1)), stop
end

local function number_at(text, at)
    local stop = select(2, text:find("^0[xX][%x.]+[pP][+-]?%d+", at))
        or select(2, text:find("^0[xX][%x.]+", at))
        or select(2, text:find("^[%d.]+[eE][+-]?%d+", at))
        or select(2, text:find("^[%d.]+", at))
    return tonumber(text:sub(at, stop)), stop
end

-- Where the next word begins, behind blanks and comments; lines that were passed.
local function skip(text, at, line)
    while true do
        local _, stop = text:find("^%s+", at)
        if stop then
            line, at = line + lines_in(text:sub(at, stop)), stop + 1
        elseif text:find("^%-%-", at) then
            local inside, last = long_bracket(text, at + 2)
            if not inside then
                last = (text:find("\n", at, true) or #text + 1) - 1
            end
            line, at = line + lines_in(text:sub(at, last)), last + 1
        else
            return at, line
        end
    end
end

local function word_at(text, at)
    local name = text:match("^[%a_][%w_]*", at)
    if name then
        return keywords[name] and name or "name", name, at + #name - 1
    elseif text:find("^%.?%d", at) then
        local value, stop = number_at(text, at)
        return "number", value, stop
    elseif text:find("^[\"']", at) then
        local value, stop = quoted(text, at)
        return "string", value, stop
    end
    local inside, last = long_bracket(text, at)
    if inside then
        return "string", (inside:gsub("^\r?\n", "")), last
    end
    for _, operator in ipairs(operators) do
        if text:sub(at, at + #operator - 1) == operator then
            return operator, nil, at + #operator - 1
        end
    end
    error(("character %q"):format(text:sub(at, at)), 0)
end

--- All words of a text; the last one is of kind "end".
---@param text string
---@return dnsprobe.check.Token[]
function M.tokens(text)
    local out, at, line = {}, #(text:match("^#[^\n]*") or "") + 1, 1
    while true do
        at, line = skip(text, at, line)
        if at > #text then
            out[#out + 1] = { kind = "end", line = line }
            return out
        end
        local kind, value, stop = word_at(text, at)
        out[#out + 1] = { kind = kind, value = value, line = line }
        line, at = line + lines_in(text:sub(at, stop)), stop + 1
    end
end

return M
