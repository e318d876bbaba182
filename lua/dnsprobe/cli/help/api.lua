-- SPDX-License-Identifier: MIT
-- dnsprobe help api [NAME] [--markdown|--html]: the reference of what runbooks can call (dnsprobe.api).

local api = require "dnsprobe.api.reference"
local dns = require "dnsprobe"
local exit = require "dnsprobe.base.exit"

local M = {}

local WIDTH, NAME_WIDTH = 110, 44

local RULES = {
    "Wrong arguments raise an error that names the argument. What the network does is a value (`outcome`), "
        .. "never an error. What could not be tried is nil, a message, and where there is one a code.",
    "Every function that asks waits, and others go on meanwhile (see task.all). Every example can be typed "
        .. "into `dnsprobe repl --lab healthy`; `-->` is what it prints.",
}

local function wrapped(text, indent, out)
    local line = indent
    for word in text:gmatch("%S+") do
        if #line + #word + 1 > WIDTH and line:match("%S") then
            out[#out + 1] = line
            line = indent
        end
        line = line .. (line:match("%S") and " " or "") .. word
    end
    out[#out + 1] = line:match("%S") and line or nil
end

local function require_line(module)
    if not module.require then
        return nil
    end
    return ('local %s = %s "%s"'):format(module.shown, "require", module.require)
end

-- ---- text ----

local function list_of(items, out)
    local last
    for _, one in ipairs(items) do
        if one.module ~= last then
            out[#out + 1] = ""
            out[#out + 1] = ("%s: %s%s"):format(one.module.shown, one.module.what,
                one.module.require and "   (" .. require_line(one.module) .. ")" or "")
            last = one.module
        end
        local call = api.call(one)
        local summary = api.summary(one)
        local room = WIDTH - math.max(NAME_WIDTH, #call + 2) - 2
        if #summary > room then
            summary = summary:sub(1, room - 2):gsub("%s+%S*$", "") .. " .."
        end
        out[#out + 1] = ("  %-" .. NAME_WIDTH .. "s%s"):format(
            call .. (#call >= NAME_WIDTH and "  " or ""),
            summary
        )
    end
end

local function rows(title, list, out, name_of)
    if #list == 0 then
        return
    end
    out[#out + 1] = ""
    out[#out + 1] = title
    for _, row in ipairs(list) do
        local name = name_of(row)
        local head = name and ("  %-14s %s"):format(name, row.type) or "  " .. row.type
        if row.text == "" or #head + #row.text + 3 <= WIDTH then
            out[#out + 1] = head .. (row.text ~= "" and "   " .. row.text or "")
        else
            out[#out + 1] = head
            wrapped(row.text, "      ", out)
        end
    end
end

local function param_name(param)
    return param.name .. (param.optional and "?" or "")
end

local function page_of(one, out)
    out[#out + 1] = api.call(one) .. (one.parent and ": " .. one.parent or "")
    local how = require_line(one.module)
    out[#out + 1] = how and "  " .. how or "  " .. one.module.shown .. ": " .. one.module.what
    for _, paragraph in ipairs(one.text) do
        out[#out + 1] = ""
        wrapped(paragraph, "", out)
    end
    rows(one.kind == "class" and "Members" or "Parameters", one.params, out, param_name)
    rows("Returns", one.returns, out, function() return nil end)
    if #one.example > 0 then
        out[#out + 1] = ""
        out[#out + 1] = "Example"
        for _, line in ipairs(one.example) do
            out[#out + 1] = "  " .. line
        end
    end
end

-- ---- Markdown ----

local function code(text)
    return "`" .. text .. "`"
end

local function cell(text)
    return (text:gsub("|", "\\|"))
end

local function markdown_rows(title, list, out, name_of)
    if #list == 0 then
        return
    end
    out[#out + 1] = ""
    out[#out + 1] = title .. ":"
    out[#out + 1] = ""
    for _, row in ipairs(list) do
        local name = name_of(row)
        out[#out + 1] = "- " .. (name and code(name) .. " " or "") .. code(row.type)
            .. (row.text ~= "" and " " .. row.text or "")
    end
end

local function markdown_item(one, out)
    out[#out + 1] = ""
    out[#out + 1] = "### " .. code(api.call(one))
    for _, paragraph in ipairs(one.text) do
        out[#out + 1] = ""
        out[#out + 1] = paragraph
    end
    markdown_rows(one.kind == "class" and "Members" or "Parameters", one.params, out, param_name)
    markdown_rows("Returns", one.returns, out, function() return nil end)
    if #one.example > 0 then
        out[#out + 1] = ""
        out[#out + 1] = "```lua"
        table.move(one.example, 1, #one.example, #out + 1, out)
        out[#out + 1] = "```"
    end
end

--- The whole reference as one Markdown page.
---@return string
function M.markdown()
    local out = { "# dnsprobe " .. dns.version .. ": what runbooks can call", "" }
    for _, rule in ipairs(RULES) do
        out[#out + 1] = rule
        out[#out + 1] = ""
    end
    out[#out + 1] = "| module | for |"
    out[#out + 1] = "|---|---|"
    for _, module in ipairs(api.modules) do
        out[#out + 1] = ("| [%s](#%s) | %s |"):format(module.shown, module.shown, cell(module.what))
    end
    local last
    for _, one in ipairs(api.items()) do
        if one.module ~= last then
            last = one.module
            out[#out + 1] = ""
            out[#out + 1] = "## " .. last.shown
            out[#out + 1] = ""
            out[#out + 1] = last.what:gsub("^%l", string.upper) .. "."
            local how = require_line(last)
            if how then
                table.move({ "", "```lua", how, "```" }, 1, 4, #out + 1, out)
            end
        end
        markdown_item(one, out)
    end
    return table.concat(out, "\n") .. "\n"
end

-- ---- HTML, of the Markdown above and no other ----

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

local function escaped(text)
    return (text:gsub('[&<>"]', ENTITIES))
end

local function inline(text)
    return (
        escaped(text)
            :gsub("`([^`]+)`", "<code>%1</code>")
            :gsub("%[([^%]]+)%]%((#[^)]+)%)", '<a href="%2">%1</a>')
    )
end

local function html_line(state, line)
    local level, title = line:match("^(#+) (.*)$")
    local first, second = line:match("^| (.-) | (.*) |$")
    if line:match("^```") then
        state.code = not state.code
        return state.code and "<pre>" or "</pre>"
    elseif state.code then
        return escaped(line)
    elseif level then
        local id = #level == 2 and (' id="%s"'):format(title) or ""
        return ("<h%d%s>%s</h%d>"):format(#level, id, inline(title), #level)
    elseif first then
        return ("<tr><td>%s</td><td>%s</td></tr>"):format(inline(first), inline((second:gsub("\\|", "|"))))
    elseif line:match("^- ") then
        return "<li>" .. inline(line:sub(3)) .. "</li>"
    elseif line == "" or line:match("^|%-") then
        return ""
    end
    return "<p>" .. inline(line) .. "</p>"
end

local STYLE = "body{font:16px/1.5 sans-serif;max-width:60em;margin:2em auto;padding:0 1em}"
    .. "pre{background:#f4f4f4;padding:.6em;overflow:auto}code,pre{font-family:monospace}"
    .. "h3{border-top:1px solid #ddd;padding-top:1em}"

--- The whole reference as one HTML page.
---@return string
function M.html()
    local out, state, inside = {}, { code = false }, nil
    for line in M.markdown():gmatch("(.-)\n") do
        local block = not state.code and (line:match("^- ") and "ul" or line:match("^|") and "table") or nil
        if inside and inside ~= block then
            out[#out + 1] = "</" .. inside .. ">"
        end
        if block and inside ~= block then
            out[#out + 1] = "<" .. block .. ">"
        end
        inside = block
        local text = html_line(state, line)
        out[#out + 1] = (text ~= "" or state.code) and text or nil
    end
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>dnsprobe API</title>'
        .. "<style>%s</style></head><body>\n%s\n</body></html>\n"
    ):format(STYLE, table.concat(out, "\n"))
end

-- ---- the topic ----

--- The page for the words behind `help api`. Raises a usage Failure.
---@param words string[]
---@return string
function M.page(words)
    local word = words[1]
    if word == "--markdown" then
        return M.markdown()
    elseif word == "--html" then
        return M.html()
    end
    local out = {}
    if not word then
        out[1] =
            "What runbooks can call. One of them: dnsprobe help api NAME; the whole page: --markdown, --html."
        list_of(api.items(), out)
        return table.concat(out, "\n") .. "\n"
    end
    local found = api.find(word)
    if #found == 0 then
        exit.usage("the API has no '%s'; near it: %s (all: dnsprobe help api)", dns.escape(word),
            table.concat(api.near(word), ", "))
    end
    if #found > 1 and found[1].module.shown == word:gsub("^dnsprobe%.", "") then
        list_of(found, out)
        table.remove(out, 1)
        return table.concat(out, "\n") .. "\n"
    end
    for i, one in ipairs(found) do
        if i > 1 then
            out[#out + 1] = "\n----\n"
        end
        page_of(one, out)
    end
    return table.concat(out, "\n") .. "\n"
end

return M
