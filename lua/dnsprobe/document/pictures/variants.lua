-- SPDX-License-Identifier: MIT
-- The different answers to a question, told apart by what each server gave over all its samples.

local M = {}

---@class dnsprobe.FactVariant every value that a server gave for a type, over all samples
---@field type string
---@field text string
---@field letter string "a" for the one that most servers give
---@field rank integer
---@field servers integer how many give it

local function sorted_keys(set)
    local out = {}
    for key in pairs(set) do
        out[#out + 1] = key
    end
    table.sort(out)
    return out
end

--- Gives letters to the answers of each type, a to the one that most servers give, and puts them into the
--- cells.
---@param servers dnsprobe.FactServer[]
---@param types string[]
---@return dnsprobe.FactVariant[] by type, the most common first
function M.name(servers, types)
    local all = {}
    for _, type in ipairs(types) do
        local by_text, list = {}, {}
        for _, server in ipairs(servers) do
            local cell = server.types[type]
            local values = cell and sorted_keys(cell.keys) or {}
            if #values > 0 then
                local text = table.concat(values, " ")
                if not by_text[text] then
                    by_text[text] = { type = type, text = text, servers = 0 }
                    list[#list + 1] = by_text[text]
                end
                by_text[text].servers = by_text[text].servers + 1
                cell.variant = by_text[text]
            end
        end
        table.sort(list, function(a, b)
            if a.servers ~= b.servers then
                return a.servers > b.servers
            end
            return a.text < b.text
        end)
        for i, variant in ipairs(list) do
            variant.rank, variant.letter = i, i <= 26 and string.char(96 + i) or "+"
            all[#all + 1] = variant
        end
    end
    return all
end

return M
