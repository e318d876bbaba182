-- SPDX-License-Identifier: MIT
-- Times as reports write them (RFC 3339).

local M = {}

--- Text with microseconds, UTC.
---@param us integer microseconds since 1970
---@return string
function M.text(us)
    local seconds = us // 1000000
    return os.date("!%Y-%m-%dT%H:%M:%S", seconds) .. (".%06dZ"):format(us % 1000000)
end

--- Microseconds since 1970 of what `text` wrote. Days are counted from the civil date, without a time zone.
--- The inverse; nil where the text is no such time.
function M.parse(text)
    local y, mo, d, h, mi, s, us = text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)%.(%d+)Z$")
    if not y then
        return nil
    end
    y, mo = math.tointeger(tonumber(y)), math.tointeger(tonumber(mo))
    if mo <= 2 then
        y, mo = y - 1, mo + 12
    end
    local days = 365 * y
        + y // 4
        - y // 100
        + y // 400
        + (153 * (mo - 3) + 2) // 5
        + math.tointeger(tonumber(d))
        - 719469
    local seconds = ((days * 24 + math.tointeger(tonumber(h))) * 60 + math.tointeger(tonumber(mi))) * 60
        + math.tointeger(tonumber(s))
    return seconds * 1000000 + math.tointeger(tonumber(us))
end

return M
