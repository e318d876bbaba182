-- SPDX-License-Identifier: MIT
--- Whose data does a resolver have that gives what none of the zone's servers gave?
--
-- It may have kept it from before a change, may still ask servers that the zone has left, or was given it by
-- the zone's own servers for its place. The SOA that it gives for the zone says whose zone it reads.
--
-- Packets: 2 to each such resolver, none where all give what the servers gave.

local batch = require "dnsprobe.judge.tool.batch"
local match = require "dnsprobe.judge.match"
local truths = require "dnsprobe.judge.truth"

local M = {}

local SAMPLES = 2

--- Ask the resolvers with foreign answers for the zone's SOA.
---@param ctx dnsprobe.Ctx
---@param truth dnsprobe.MeasuredZone
---@param resolvers dnsprobe.Batch
---@return dnsprobe.Batch? nil: there is no such resolver
function M.measure(ctx, truth, resolvers)
    local known, targets = truths.of(truth), {}
    local function is_foreign(row)
        local type = row.question.name ~= "." and known.types[row.question.type]
        return type and type.good > 0 and row.answer.kind == "data" and match.of(type, row.answer) == "other"
    end
    for _, group in ipairs(batch.groups(resolvers)) do
        for _, row in ipairs(group.rows) do
            if is_foreign(row) then
                targets[#targets + 1] = group.target
                break
            end
        end
    end
    return #targets > 0 and batch.pack(ctx:sample { targets = targets, n = SAMPLES,
        questions = { { name = known.zone, type = "SOA", rd = true } } }) or nil
end

return M
