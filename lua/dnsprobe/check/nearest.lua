-- SPDX-License-Identifier: MIT
-- "Did you mean": the word nearest to one that is not known.

local distance = require "dnsprobe.distance"

local M = {}

--- The nearest of some words, where one is near enough to be meant.
---@param word string
---@param words string[]
---@return string?
function M.word(word, words)
    local best, least = nil, math.max(1, #word // 3) + 0.5
    table.sort(words)
    for _, one in ipairs(words) do
        local d = distance.between(word:lower(), tostring(one):lower())
        if d < least then
            best, least = one, d
        end
    end
    return best
end

--- "; did you mean X?", or what there is where it is little, or nothing.
---@param word string
---@param words string[]
---@return string
function M.hint(word, words)
    local near = M.word(word, words)
    if near then
        return ("; did you mean %s?"):format(near)
    elseif #words > 0 and #words <= 12 then
        return "; there are: " .. table.concat(words, ", ")
    end
    return ""
end

return M
