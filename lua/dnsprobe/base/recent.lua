-- SPDX-License-Identifier: MIT
-- A table that forgets: what was used lately stays, and its weight is bounded.
--
-- Two generations: when the young one is full, the old one is dropped and the young one becomes the old. What
-- is found in the old moves to the young. So nothing that is in use is lost, and no list of ages has to be
-- kept.

local M = {}

---@class dnsprobe.Recent
local Recent = {}
Recent.__index = Recent

--- An empty table.
---@param limit number weight of one generation
---@return dnsprobe.Recent
function M.new(limit)
    return setmetatable({ limit = limit, young = {}, old = {}, weight = 0 }, Recent)
end

--- Keeps a value until `expires` (monotonic seconds).
---@param key any
---@param value any
---@param expires number
---@param weight? number default 1
function Recent:put(key, value, expires, weight)
    weight = weight or 1
    local had = self.young[key]
    self.weight = self.weight - (had and had.weight or 0)
    if self.weight + weight > self.limit and next(self.young) ~= nil then
        self.young, self.old, self.weight = {}, self.young, 0
    end
    self.old[key] = nil
    self.young[key] = { value = value, expires = expires, weight = weight }
    self.weight = self.weight + weight
end

--- The value, or nil when it was forgotten or its time is over.
---@param key any
---@param now number monotonic seconds
---@return any
function Recent:get(key, now)
    local entry = self.young[key]
    if not entry then
        entry = self.old[key]
        if entry and entry.expires > now then
            self:put(key, entry.value, entry.expires, entry.weight)
        end
    end
    return entry and entry.expires > now and entry.value or nil
end

return M
