-- SPDX-License-Identifier: MIT
-- How far two words are from one another, for "did you mean".

local M = {}

--- Insertions, removals, replacements and swaps of neighbours that turn one word into the other (the distance
--- of Damerau and Levenshtein, each letter touched once).
---@param a string
---@param b string
---@return integer
function M.between(a, b)
    local rows = { [0] = {} }
    for j = 0, #b do
        rows[0][j] = j
    end
    for i = 1, #a do
        local row = { [0] = i }
        for j = 1, #b do
            local same = a:byte(i) == b:byte(j)
            local cost = math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + (same and 0 or 1))
            if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
                cost = math.min(cost, rows[i - 2][j - 2] + 1)
            end
            row[j] = cost
        end
        rows[i] = row
    end
    return rows[#a][#b]
end

return M
