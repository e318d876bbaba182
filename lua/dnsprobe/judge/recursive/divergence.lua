-- SPDX-License-Identifier: MIT
--- Partial propagation: which resolvers are behind, what they serve, and until when.

local dig = require "dnsprobe.judge.tool.dig"
local evidence = require "dnsprobe.judge.tool.evidence"
local hostview = require "dnsprobe.judge.tool.hostview"
local match = require "dnsprobe.judge.match"
local placed = require "dnsprobe.judge.tool.placed"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"
local answers = require "dnsprobe.dns.answers"

local M = {}

--- So many different foreign answers at different resolvers are a pool, not one old value.
local POOL_ANSWERS = 3
--- ... if they may be kept for so long at most (seconds): pools that answer by place have short TTLs.
local POOL_TTL_MAX = 300

local JUDGED = { right = true, behind = true, mixed = true, moving = true, failing = true, elsewhere = true }
-- Another answer, as against none (judge/recursive/cannot-resolve.lua).
local OLD = { behind = true, mixed = true }
local WRONG = { behind = true, mixed = true, failing = true }

--- Resolvers that all give something else than one another have a pool before them rather than an old value.
local function is_pool(views, truth)
    local seen, kinds = {}, 0
    for _, view in ipairs(views) do
        for _, row in ipairs(view.wrong) do
            if row.answer.kind == "data" and not seen[row.answer.key] then
                seen[row.answer.key] = true
                kinds = kinds + 1
            end
        end
    end
    return kinds >= POOL_ANSWERS and (truth.ttl or math.huge) <= POOL_TTL_MAX
end

--- What resolvers answered after the survey, by resolver, where it can be held against the truth: one answer
--- that all of the zone's servers always gave, then too. What comes after the last right answer is left out:
--- there a change may have begun.
local function later_rows(report, type, truth)
    local by_id, stood = {}, truth.static and not truth.geo and not truth.beyond
    evidence.each_later(report, report.target.name, type, function(id, row)
        if answers.usable(row.answer) then
            local same = match.of(truth, row.answer) == "same"
            if row.answer.aa then
                stood = stood and same
            else
                local rows = by_id[id] or { last = 0 }
                by_id[id] = rows
                rows[#rows + 1] = row
                rows.last = same and #rows or rows.last
            end
        end
    end)
    for id, rows in pairs(by_id) do
        by_id[id] = table.move(rows, 1, stood and rows.last or 0, 1, {})
    end
    return by_id
end

local function views_of(report, groups, type, truth, readers)
    local views, later = {}, later_rows(report, type, truth)
    for i, group in ipairs(groups.domain) do
        if #group.rows > 0 and #groups.control[i].rows > 0 then
            views[#views + 1] = resolvers.view(group, type, truth, later[group.id])
        end
    end
    if is_pool(views, truth) then
        for _, view in ipairs(views) do
            if view.state == "behind" or view.state == "mixed" then
                view.state, view.why = "elsewhere", "a pool that answers by place"
            end
        end
    end
    placed.mark(views, truth, readers)
    return views
end

local function verdict_of(views)
    local right, judged = 0, 0
    for _, view in ipairs(views) do
        if JUDGED[view.state] then
            judged = judged + 1
            right = right + (WRONG[view.state] and 0 or 1)
        end
    end
    local word = right == judged and "propagated" or right == 0 and "none" or "partial"
    local text = word == "propagated" and word or string.format("%s (%d of %d)", word, right, judged)
    return { verdict = text, right = right, asked = judged }
end

--- Rows for the table of one type.
local function add_rows(rows, views, truth)
    for _, view in ipairs(views) do
        local row = view.wrong[1] or view.rows[1]
        local reason = #view.wrong > 0 and resolvers.reason(view, truth) or {}
        rows[#rows + 1] = {
            view.target.label or "", view.target.address, view.type, view.state,
            row and answers.text(row.answer) or "-", reason.left and words.span(reason.left) or "-",
            reason.text or view.why or "",
        }
    end
end

local function text_of_view(view, truth)
    local reason = resolvers.reason(view, truth)
    local mixed = view.state == "mixed" and
        string.format(" in %s samples", words.of(view.other, view.other + view.same)) or ""
    local left = reason.left and ", for another " .. words.span(reason.left) or ""
    return string.format(
        "%s still gives %s%s (%s%s)",
        words.server(view.target),
        answers.text(view.wrong[1].answer),
        mixed,
        reason.text,
        left
    )
end

--- Host resolvers that belong to the client layer are reported there, when that step ran.
local function is_clients(report, view)
    return hostview.is_local(view.target) and evidence.has(report, "client")
end

--- In which way an answer is wrong. One without data and without an SOA is a referral that the resolver
--- passed on.
local function way_of(answer)
    return answer.kind == "nodata" and not answer.soa and "referral" or answer.kind
end

---@class dnsprobe.Behind collected over all types
local function nobody_behind()
    return {
        views = {},
        targets = {},
        addresses = {},
        values = {},
        kinds = {},
        evidence = {},
        types = {},
        failures = 0,
        samples = 0,
        host = false,
        wrong_addresses = {},
    }
end

-- Adds the answers of a view that are wrong; `once(list, prefix, value)` adds a value that is not there yet.
local function add_answers(behind, view, rows, once)
    local is_address = view.type == "A" or view.type == "AAAA"
    for _, row in ipairs(rows) do
        once(behind.kinds, "kind ", way_of(row.answer))
        once(behind.values, "value ", row.answer.kind ~= "data" and row.answer.key or nil)
        for _, value in ipairs(row.answer.values) do
            once(behind.values, "value ", value)
            once(behind.wrong_addresses, "address ", is_address and value or nil)
        end
    end
end

local function collect(report, all)
    local behind, seen_target, seen = nobody_behind(), {}, {}
    local function once(list, prefix, value)
        if value and not seen[prefix .. value] then
            seen[prefix .. value] = true
            list[#list + 1] = value
        end
    end
    for _, entry in ipairs(all) do
        for _, view in ipairs(entry.views) do
            if OLD[view.state] and not is_clients(report, view) then
                behind.views[#behind.views + 1] = { view = view, truth = entry.truth }
                if not seen_target[view.target] then
                    seen_target[view.target] = true
                    behind.targets[#behind.targets + 1] = view.target
                    behind.addresses[#behind.addresses + 1] = view.target.address
                    behind.host = behind.host or view.target.host or false
                end
                local rows = view.wrong
                once(behind.types, "type ", view.type)
                add_answers(behind, view, rows, once)
                behind.evidence[#behind.evidence + 1] = #behind.evidence < 6 and rows[1].exchange or nil
                behind.failures = behind.failures + #rows
                behind.samples = behind.samples + #view.rows
            end
        end
    end
    return behind
end

local function report_behind(report, behind, verdicts, asked)
    local texts, said = {}, {}
    for _, entry in ipairs(behind.views) do
        local text = text_of_view(entry.view, entry.truth)
        texts[#texts + 1] = not said[text] and text or nil -- the same for A and AAAA is said once
        said[text] = true
    end
    local first = behind.views[1].view
    report:finding {
        id = "recursive.divergence",
        severity = "critical",
        summary = string.format("%s: %s; %s", first.type, verdicts[first.type].verdict, words.some(texts, 3)),
        subject = words.subject(
            first.target,
            { name = report.target.name, type = table.concat(behind.types, ",") }
        ),
        stats = { failures = behind.failures, samples = behind.samples },
        evidence = behind.evidence,
        weight = #behind.targets / math.max(1, asked),
        facts = {
            servers = behind.addresses,
            values = behind.values,
            kinds = behind.kinds,
            host = behind.host,
            addresses = behind.wrong_addresses,
            most = #behind.targets * 2 >= asked,
        },
        fix = "Wait until the TTLs named here have run out, or ask for a flush where the operator offers one "
            .. "(1.1.1.1 and 8.8.8.8 have web forms); before the next change lower the TTL a day ahead.",
        reproduce = dig.lines(behind.targets, report.target.name, first.type),
    }
end

--- Compare every resolver with the truth, type by type.
---@param report dnsprobe.Report
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
---@param origins dnsprobe.Batch? the SOA at resolvers with foreign answers
function M.judge(report, groups, truth, origins)
    local all, rows, verdicts, asked = {}, {}, {}, 0
    local readers = placed.readers(truth, origins)
    for _, type in ipairs(report.target.types) do
        local one = truth.types[type]
        if one and one.good > 0 then
            local views = views_of(report, groups, type, one, readers)
            all[#all + 1] = { views = views, truth = one }
            verdicts[type] = verdict_of(views)
            verdicts[type].truth = truths.text(one, 8)
            asked = math.max(asked, verdicts[type].asked)
            add_rows(rows, views, one)
        end
    end
    report:put("propagation", verdicts)
    report:table {
        key = "resolvers", rows = rows,
        columns = { "resolver", "address", "type", "state", "answer", "left", "why" },
    }
    local behind = collect(report, all)
    if #behind.views > 0 then
        report_behind(report, behind, verdicts, asked)
    end
end

return M
