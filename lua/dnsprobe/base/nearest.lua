-- SPDX-License-Identifier: MIT
-- "Did you mean": the word nearest to one that is not known.

local distance = require "dnsprobe.base.distance"

local M = {}

local MANY <const> = 24

--- The nearest of some words, where one is near enough to be meant.
---@param word string
---@param words string[]
---@return string?
function M.word(word, words)
    local best, least = nil, math.max(1, #word // 3) + 0.5
    table.sort(words, function(a, b) return tostring(a) < tostring(b) end)
    for _, one in ipairs(words) do
        local d = distance.between(word:lower(), tostring(one):lower())
        if d < least then
            best, least = one, d
        end
    end
    return best
end

--- "; there are: A, B, C; did you mean B?": all there is, and the nearest where they are too many to see at a
--- glance. Where they are more than fit a line or two, the nearest alone.
---@param word any
---@param words string[] sorted
---@return string
function M.listed(word, words)
    if #words == 0 then
        return ""
    end
    local near = #words > 3 and M.word(tostring(word), { table.unpack(words) })
    if near and #words > MANY then
        return ("; did you mean %s?"):format(near)
    end
    return "; there are: "
        .. table.concat(words, ", ")
        .. (near and ("; did you mean %s?"):format(near) or "")
end

--- "; did you mean X?", or what there is where it is little, or nothing.
---@param word string
---@param words string[]
---@return string
function M.hint(word, words)
    local near = M.word(word, words)
    if near then
        return ("; did you mean %s?"):format(near)
    end
    return #words > 0 and #words <= 12 and "; there are: " .. table.concat(words, ", ") or ""
end

return M
