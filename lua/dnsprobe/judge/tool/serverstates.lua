-- SPDX-License-Identifier: MIT
--- What findings about the servers of one zone share: figures of several servers at once, and the members of
--- a finding.

local dig = require "dnsprobe.judge.tool.dig"
local servers = require "dnsprobe.judge.tool.servers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

function M.targets_of(states)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target
    end
    return list
end

function M.sum(states, member)
    local total = 0
    for _, state in ipairs(states) do
        total = total + state[member]
    end
    return total
end

function M.gather(states, what)
    local list = {}
    for _, state in ipairs(states) do
        for _, exchange in ipairs(what and state[what] or servers.evidence(state, 2)) do
            list[#list + 1] = exchange
        end
    end
    return list
end

function M.members_of(states, member)
    local list = {}
    for i, state in ipairs(states) do
        list[i] = state.target[member]
    end
    return list
end

--- The ways in which servers failed.
function M.kinds_of(states)
    local kinds, seen = {}, {}
    local function add(kind)
        if not seen[kind] then
            seen[kind] = true
            kinds[#kinds + 1] = kind
        end
    end
    for _, state in ipairs(states) do
        for word in pairs(state.bad) do
            add(word:lower())
        end
        if state.timeouts > 0 then
            add("timeout")
        end
    end
    table.sort(kinds)
    return kinds
end

--- Members that all findings about some of the servers share.
function M.about(truth, states, judged)
    local hit = {}
    for _, state in ipairs(states) do
        hit[state.target.address] = true
    end
    return {
        subject = words.subject(states[1].target, { name = truth.name }),
        weight = servers.share(truth.groups, hit),
        facts = {
            servers = M.members_of(states, "address"),
            names = M.members_of(states, "name"),
            kinds = M.kinds_of(states),
            all = judged.serving == 0,
        },
        reproduce = dig.lines(M.targets_of(states), truth.zone, "SOA", { norecurse = true }),
    }
end

function M.report_as(report, finding, fields)
    for key, value in pairs(fields) do
        finding[key] = value
    end
    report:finding(finding)
end

--- The states that were not reported before: a server of two zones is dead or flapping once.
function M.new_ones(states, kind, said)
    local list = {}
    for _, state in ipairs(states) do
        local key = kind .. " " .. state.group.id
        list[#list + 1] = not said[key] and state or nil
        said[key] = true
    end
    return list
end

return M
