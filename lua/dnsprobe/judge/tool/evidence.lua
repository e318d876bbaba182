-- SPDX-License-Identifier: MIT
--- Where a judge finds what was measured, whichever step measured it first.
--
-- Steps share samples: the authoritative samples are the truth for the resolvers too, and the resolvers'
-- control questions show whether loss is the path's. Each step records under the same member names what it
-- had, so a judge works alone (`--step nameservers`) and together with the others.

local batch = require "dnsprobe.judge.tool.batch"
local truth = require "dnsprobe.judge.truth"

local M = {}

local ORDER =
    { "not-dns", "recursive", "nameservers", "delegation", "transport", "alias", "rate-limit", "stub-cache" }

--- The first recorded member of this name.
---@param report dnsprobe.Report
---@param member string
function M.find(report, member)
    for _, id in ipairs(ORDER) do
        local data = report.data[id]
        if data and data[member] ~= nil then
            return data[member]
        end
    end
end

--- The authoritative truth, or nil when no step measured it.
---@param report dnsprobe.Report
---@return dnsprobe.Truth?
function M.truth(report)
    local measured = M.find(report, "truth")
    return measured and truth.of(measured)
end

---@class dnsprobe.ResolverGroups
---@field control dnsprobe.Group[] answers to the control question
---@field domain dnsprobe.Group[] answers to the questions about the target

local function is_control(question)
    return question.name == "."
end

--- The resolvers' samples, parted into control question and target. The lists run in parallel.
---@param report dnsprobe.Report
---@return dnsprobe.ResolverGroups?
function M.resolvers(report)
    local samples = M.find(report, "resolvers")
    if not samples then
        return nil
    end
    return {
        control = batch.groups(samples, is_control),
        domain = batch.groups(samples, function(question)
            return not is_control(question)
        end),
    }
end

--- The transport matrix where it was measured: the zone's servers, and the resolvers.
---@param report dnsprobe.Report
---@return dnsprobe.Group[][]?
function M.matrix(report)
    local data = report.data.transport
    return data and { batch.groups(data.auth), batch.groups(data.matrix_resolvers) }
end

--- What was said of a question after the survey: in the transport matrix and in the climb, for each in order
--- of time.
---@param report dnsprobe.Report
---@param name string
---@param type string
---@param visit fun(id: string, row: dnsprobe.Row) the server (dnsprobe.judge.batch.id), and what it said
function M.each_later(report, name, type, visit)
    local matrix, climb = report.data.transport or {}, report.data["rate-limit"] or {}
    for _, packed in ipairs { matrix.auth or {}, matrix.matrix_resolvers or {}, climb.climbs or {} } do
        for _, group in ipairs(packed.rows and batch.groups(packed) or {}) do
            for _, row in ipairs(group.rows) do
                if row.question.name == name and row.question.type == type then
                    visit(group.id, row)
                end
            end
        end
    end
end

--- What one server said of a question after the survey.
---@param report dnsprobe.Report
---@param id string
---@param name string
---@param type string
---@return dnsprobe.Answer[]
function M.later(report, id, name, type)
    local list = {}
    M.each_later(report, name, type, function(who, row)
        list[#list + 1] = who == id and row.answer or nil
    end)
    return list
end

return M
