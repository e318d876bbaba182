-- SPDX-License-Identifier: MIT
-- What people write on a command line or in a list.

local dns = require "dnsprobe"

local M = {}

--- A domain name as somebody wrote it. Letters beyond ASCII are refused: asked byte for byte such a name
--- would not exist, whatever its owner registered. They have to stand in punycode (RFC 5891), or byte for
--- byte as \195\188.
---@param text string
---@return string? absolute nil: it is none
---@return string? message why
function M.name(text)
    if text:find("[\x80-\xff]") then
        return nil, "letters beyond ASCII have to stand in punycode (xn--...)"
    end
    local name, err = dns.name.absolute(text)
    return name, not name and (err or "malformed") or nil
end

return M
