-- SPDX-License-Identifier: MIT
-- Which shares of a list are there: "3/5" is the third of five. One that is missing is seen from those that
-- are there.

local M = {}

local SHOWN = 10

---@class dnsprobe.BulkShards
---@field by_count table<integer, table<integer, boolean>> N → I → there
local Shards = {}
Shards.__index = Shards

--- None yet.
---@return dnsprobe.BulkShards
function M.new()
    return setmetatable({ by_count = {} }, Shards)
end

--- Adds what a summary says it is of; what is no share is passed over.
---@param list any "I/N" each
function Shards:add(list)
    for _, text in ipairs(type(list) == "table" and list or {}) do
        local i, n = tostring(text):match("^(%d+)/(%d+)$")
        i, n = math.tointeger(tonumber(i)), math.tointeger(tonumber(n))
        if i and n and i >= 1 and i <= n then
            self.by_count[n] = self.by_count[n] or {}
            self.by_count[n][i] = true
        end
    end
end

local function counts_of(self)
    local out = {}
    for n in pairs(self.by_count) do
        out[#out + 1] = n
    end
    table.sort(out)
    return out
end

--- Those that are there, in order.
---@return string[]
function Shards:list()
    local out = {}
    for _, n in ipairs(counts_of(self)) do
        local shares = {}
        for i in pairs(self.by_count[n]) do
            shares[#shares + 1] = i
        end
        table.sort(shares)
        for _, i in ipairs(shares) do
            out[#out + 1] = i .. "/" .. n
        end
    end
    return out
end

--- Those that are not.
---@return integer count
---@return string[] first the first ten
function Shards:missing()
    local count, first = 0, {}
    for _, n in ipairs(counts_of(self)) do
        local there, left = self.by_count[n], n
        for _ in pairs(there) do
            left = left - 1
        end
        count = count + left
        local i = 0
        while left > 0 and #first < SHOWN do
            i = i + 1
            if not there[i] then
                left = left - 1
                first[#first + 1] = i .. "/" .. n
            end
        end
    end
    return count, first
end

return M
