-- SPDX-License-Identifier: MIT
-- Markup that cannot be injected into: whatever is a value passes `safe`, whatever is markup is written here.
--
-- Values are made safe for terminals first, which takes control characters, invalid UTF-8 and characters that
-- reorder text, and then for HTML. Attributes are always quoted. The page has no script, no link to elsewhere
-- and no style but its own, and its Content-Security-Policy holds a browser to that.

local tables = require "dnsprobe.base.table"

local M = {}

local entities =
    { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#39;", ["`"] = "&#96;" }

--- A value as text of HTML, and as the inside of a quoted attribute.
---@param value any
---@return string
function M.safe(value)
    return (tables.plain(value):gsub("[&<>\"'`]", entities))
end

local function escaped_lines(text)
    local dns = require "dnsprobe"
    local out = {}
    for line in (text .. "\n"):gmatch("(.-)\n") do
        out[#out + 1] = dns.escape(line):gsub("\\009", "    "):gsub("[&<>\"'`]", entities)
    end
    while out[#out] == "" do
        out[#out] = nil
    end
    return out
end

--- Text of several lines; the lines are kept.
---@param text string
---@return string
function M.safe_lines(text)
    return table.concat(escaped_lines(text), "\n")
end

--- An element. Attributes come sorted; nil and false leave one out.
---@param name string
---@param attributes table<string, any>?
---@param ... string markup of the inside
---@return string
function M.element(name, attributes, ...)
    local keys, out = {}, { "<", name }
    for key, value in pairs(attributes or {}) do
        if value then
            keys[#keys + 1] = key
        end
    end
    table.sort(keys)
    for _, key in ipairs(keys) do
        out[#out + 1] = (' %s="%s"'):format(key, M.safe(attributes[key]))
    end
    out[#out + 1] = ">"
    for i = 1, select("#", ...) do
        out[#out + 1] = (select(i, ...)) or ""
    end
    out[#out + 1] = "</" .. name .. ">"
    return table.concat(out)
end

--- An element with a value in it.
---@param name string
---@param class string?
---@param value any
---@return string
function M.text(name, class, value)
    return M.element(name, { class = class }, M.safe(value))
end

--- A number of a drawing: one decimal at most.
---@param x number
---@return string
function M.number(x)
    return (("%.1f"):format(x):gsub("%.0$", ""))
end

--- A drawing. It tells in words what it shows.
---@param given { width: number, height: number, class: string?, label: string, stretch: boolean? }
---@param ... string markup of the inside
---@return string
function M.svg(given, ...)
    return M.element("svg", {
        viewBox = ("0 0 %s %s"):format(M.number(given.width), M.number(given.height)),
        class = given.class,
        role = "img",
        ["aria-label"] = given.label,
        preserveAspectRatio = given.stretch and "none" or nil,
        xmlns = "http://www.w3.org/2000/svg",
    }, ...)
end

--- A path of a drawing.
---@param class string
---@param commands string|string[]
---@return string
function M.path(class, commands)
    return M.element(
        "path",
        { class = class, d = type(commands) == "table" and table.concat(commands) or commands }
    )
end

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Base64 (RFC 4648, section 4) of bytes written in hexadecimal.
---@param hex string
---@return string
function M.base64_of_hex(hex)
    local bytes = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
    return (bytes:gsub("..?.?", function(part)
        local a, b, c = part:byte(1, 3)
        local bits = a << 16 | (b or 0) << 8 | (c or 0)
        local out = {}
        for i = 0, 3 do
            local digit = bits >> (18 - 6 * i) & 63
            out[i + 1] = i <= #part and DIGITS:sub(digit + 1, digit + 1) or "="
        end
        return table.concat(out)
    end))
end

return M
