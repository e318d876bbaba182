-- SPDX-License-Identifier: MIT
-- What the steps of both gates share: lists in parameters, and names to compare.

local M = {}

--- The words of a list with commas between them.
function M.words(text)
    local out = {}
    for word in text:gmatch("[^,%s]+") do
        out[#out + 1] = word
    end
    return out
end

--- The servers of a list, as `ctx:sample` wants them.
function M.targets(text, port)
    local out = {}
    for i, address in ipairs(M.words(text)) do
        out[i] = { address = address, port = port, label = address }
    end
    return out
end

--- The names of parameter `names` below the domain.
function M.names(list, domain)
    local out = {}
    for i, word in ipairs(M.words(list)) do
        out[i] = word == "@" and domain or word .. "." .. domain
    end
    return out
end

return M
