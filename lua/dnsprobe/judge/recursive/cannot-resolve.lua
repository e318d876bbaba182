-- SPDX-License-Identifier: MIT
--- recursive.cannot-resolve and recursive.type-broken: resolvers that fail every time, of every type or of
--- one.
--
-- SERVFAIL, a refusal or silence is no old answer: there is no TTL to wait for. Where a resolver gives other
-- types of the name right, it is the type that is broken there; else it cannot resolve the name, mostly
-- because of the zone's servers, the delegation or the signatures, which then are the cause. Failures that
-- are 100 % of one type and 0 % of the rest are not "now and then" (judge/recursive/flapping.lua leaves them
-- out).

local dig = require "dnsprobe.judge.tool.dig"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local words = require "dnsprobe.judge.tool.words"

local M = {}

local EVIDENCE_MAX = 6

-- What one resolver does with each type: those that fail always, and whether another one is answered.
local function look(group, types, truth)
    local out = { target = group.target, failing = {}, rows = {}, answers = false }
    for _, type in ipairs(types) do
        local one = truth.types[type]
        local view = one and one.good > 0 and resolvers.view(group, type, one)
        if view and view.state == "failing" then
            out.failing[#out.failing + 1] = type
            table.move(view.rows, 1, #view.rows, #out.rows + 1, out.rows)
        elseif view and #view.rows > view.failed then
            out.answers = true
        end
    end
    return #out.failing > 0 and out or nil
end

-- The ways of failing, sorted, and the first extended error with its number.
local function ways(list)
    local seen, kinds, ede = {}, {}, nil
    for _, one in ipairs(list) do
        for _, row in ipairs(one.rows) do
            ede = ede or row.answer.ede[1]
            if not seen[row.answer.kind] then
                seen[row.answer.kind] = true
                kinds[#kinds + 1] = row.answer.kind
            end
        end
    end
    table.sort(kinds)
    return kinds, ede
end

local SAYS = { timeout = "silence", unreachable = "no way there", servfail = "SERVFAIL", refused = "REFUSED" }

local function said(kinds, ede)
    local list = {}
    for i, kind in ipairs(kinds) do
        list[i] = SAYS[kind] or kind
    end
    return words.list(list) .. (ede and (" with EDE %d"):format(ede) or "")
end

local FIX = {
    ["recursive.cannot-resolve"] = "Look whether that resolver's network reaches the zone's servers (a block "
        .. "list, a route, a firewall of theirs), and whether it validates what others do not; its operator "
        .. "can say.",
    ["recursive.type-broken"] = "Tell its operator which type fails, or use another resolver; a box between "
        .. "that drops this type does the same.",
}

local function report_list(report, id, list, asked)
    local targets, evidence, failures, host = {}, {}, 0, false
    for i, one in ipairs(list) do
        targets[i], failures, host = one.target, failures + #one.rows, host or one.target.host or false
        evidence[#evidence + 1] = #evidence < EVIDENCE_MAX and one.rows[1].exchange or nil
    end
    local kinds, ede = ways(list)
    local types = words.list(list[1].failing)
    local text = id == "recursive.type-broken" and "%s fail%s every question for %s (%s) and answers other "
        .. "types"
        or "%s cannot resolve the name: %s%s every time (%s)"
    local summary = id == "recursive.type-broken"
            and text:format(words.servers(targets), #targets == 1 and "s" or "", types, said(kinds, ede))
        or text:format(words.servers(targets), said(kinds, ede), "", types)
    report:finding {
        id = id,
        severity = "critical",
        summary = summary,
        subject = words.subject(targets[1], { name = report.target.name, type = list[1].failing[1] }),
        stats = { failures = failures, samples = failures },
        evidence = evidence,
        weight = #list / math.max(1, asked),
        facts = { servers = words.addresses(targets), kinds = kinds, values = kinds, host = host,
            most = #targets * 2 >= asked },
        fix = FIX[id],
        reproduce = dig.lines(targets, report.target.name, list[1].failing[1], nil, 2),
    }
end

---@param report dnsprobe.StepReport
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
function M.judge(report, groups, truth)
    local all, some, asked = {}, {}, 0
    for i, group in ipairs(groups.domain) do
        if #group.rows > 0 and resolvers.answers_control(groups.control[i]) then
            asked = asked + 1
            local one = look(group, report.target.types, truth)
            local list = one and (one.answers and some or all)
            if list then
                list[#list + 1] = one
            end
        end
    end
    if #all > 0 then
        report_list(report, "recursive.cannot-resolve", all, asked)
    end
    if #some > 0 then
        report_list(report, "recursive.type-broken", some, asked)
    end
end

return M
