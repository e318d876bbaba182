-- SPDX-License-Identifier: MIT
--- Where a judge finds what was measured, whichever step measured it first.
--
-- Steps share samples: the authoritative samples are the truth for the resolvers too, and the resolvers'
-- control questions show whether loss is the path's. A step says what it `provides`: members of its data,
-- under names that mean the same in every step, or a side that it judges ("path", "client"). So no judge
-- names a step, and each works alone (`--step nameservers`) and together with the others.

local batch = require "dnsprobe.judge.tool.batch"
local truth = require "dnsprobe.judge.truth"

local M = {}

--- What the steps of a run provide to one another: those that were measured, in the order of the runbook.
---@class dnsprobe.Provided
---@field names table<string, boolean> what the step says it provides: members of its data, and things it judges
---@field data table what it measured

--- What a measured step provides.
---@param provides string[]? the step's own word
---@param data any
---@return dnsprobe.Provided
function M.offer(provides, data)
    local names = {}
    for _, name in ipairs(provides or {}) do
        names[name] = true
    end
    return { names = names, data = type(data) == "table" and data or {} }
end

--- Was a step measured that provides this?
---@param report dnsprobe.Report
---@param name string
---@return boolean
function M.has(report, name)
    for _, one in ipairs(report.provided or {}) do
        if one.names[name] then
            return true
        end
    end
    return false
end

--- The member of this name of the first step that provides it.
---@param report dnsprobe.Report
---@param name string
---@return any
function M.find(report, name)
    for _, one in ipairs(report.provided or {}) do
        if one.names[name] and one.data[name] ~= nil then
            return one.data[name]
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
    local auth = M.find(report, "auth")
    return auth and { batch.groups(auth), batch.groups(M.find(report, "matrix_resolvers")) }
end

--- What was said of a question after the survey: in the transport matrix and in the climb, for each in order
--- of time.
---@param report dnsprobe.Report
---@param name string
---@param type string
---@param visit fun(id: string, row: dnsprobe.Row) the server (dnsprobe.judge.batch.id), and what it said
function M.each_later(report, name, type, visit)
    for _, member in ipairs { "auth", "matrix_resolvers", "climbs" } do
        for _, group in ipairs(batch.groups(M.find(report, member))) do
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
