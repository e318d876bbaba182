-- SPDX-License-Identifier: MIT
--- The caches of this host against the layer behind them.

local answers = require "dnsprobe.dns.answers"
local batch = require "dnsprobe.judge.tool.batch"
local split_dns = require "dnsprobe.judge.client.split-dns"
local dig = require "dnsprobe.judge.tool.dig"
local evidence = require "dnsprobe.judge.tool.evidence"
local hostview = require "dnsprobe.judge.tool.hostview"
local match = require "dnsprobe.judge.match"
local path = require "dnsprobe.judge.tool.path"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

--- Does it forward other names as everybody does? The control question was answered.
local function forwards(groups, id)
    for _, group in ipairs(groups.control) do
        if group.id == id then
            for _, row in ipairs(group.rows) do
                if answers.usable(row.answer) then
                    return true
                end
            end
        end
    end
    return false
end

--- What the flush changed: "healed", "not healed", or nil when it was not tried.
local function healed(data, own)
    for _, group in ipairs(batch.groups(data.flushed and data.flushed.after)) do
        if group.id == own.group.id then
            local wrong, right = 0, 0
            for _, row in ipairs(batch.of_type(group, own.view.type)) do
                local fate = match.of(own.truth, row.answer)
                wrong = wrong + (fate == "other" and 1 or 0)
                right = right + (fate == "same" and 1 or 0)
            end
            return right > 0 and wrong == 0 and "healed" or "not healed"
        end
    end
end

--- The commands that empty the caches of this host; with `name`, of that cache only.
local function flush_commands(plan, name)
    local lines = {}
    for _, step in ipairs(plan and plan.steps or {}) do
        if step.present and step.argv and (not name or step.what == name) then
            lines[#lines + 1] = table.concat(step.argv, " ")
        end
    end
    return lines
end

--- The commands for the cache that answers at `address`; all of them where it is not known whose address that
--- is.
local function flush_commands_at(data, address)
    for _, cache in ipairs(data.caches) do
        if cache.address == address then
            local commands = flush_commands(data.plan, cache.name)
            if commands[1] then
                return commands
            end
        end
    end
    return flush_commands(data.plan)
end

local function wrong_values(own)
    local values, seen = {}, {}
    for _, row in ipairs(own.view.wrong) do
        for _, value in ipairs(row.answer.kind == "data" and row.answer.values or { row.answer.key }) do
            values[#values + 1] = not seen[value] and value or nil
            seen[value] = true
        end
    end
    table.sort(values)
    return values
end

local function fix_of(data, target)
    if not hostview.is_loopback(target.address) then
        return "Empty the cache of " .. words.server(target) .. " (on a router: restart it), or wait until "
            .. "the TTL has run out; other hosts that ask it are hit as well."
    end
    local commands = flush_commands_at(data, target.address)
    return "Empty the cache: "
        .. (commands[1] and "`" .. words.list(commands) .. "`" or "`dnsprobe flush --plan` shows how")
        .. "; programs that cache for themselves (JVMs, browsers) need a restart."
end

local function report_stale(report, data, list)
    local own = list[1]
    local reason = resolvers.reason(own.view, own.truth)
    local after = healed(data, own)
    local here = hostview.is_loopback(own.view.target.address)
    local exchanges, values, addresses, seen, failures, samples = {}, {}, {}, {}, 0, 0
    for _, one in ipairs(list) do
        exchanges[#exchanges + 1] = one.view.wrong[1].exchange
        failures, samples = failures + one.view.other, samples + #one.view.rows
        table.move(wrong_values(one), 1, #wrong_values(one), #values + 1, values)
        if not seen[one.group.id] then
            seen[one.group.id] = true
            addresses[#addresses + 1] = one.view.target.address
        end
    end
    report:finding {
        id = "client.stale-cache",
        severity = "critical",
        summary = string.format(
            "%s %s still gives %s for %s, the layer behind it %s (%s%s)%s",
            here and "this host's cache" or "the cache that this host asks,",
            words.server(own.view.target),
            answers.text(own.view.wrong[1].answer),
            own.view.type,
            truths.text(own.truth, 3),
            reason.text,
            reason.left and ", for another " .. words.span(reason.left) or "",
            after and "; the flush " .. (after == "healed" and "healed it" or "did not heal it") or ""
        ),
        subject = words.subject(own.view.target, { name = report.target.name, type = own.view.type }),
        stats = { failures = failures, samples = samples },
        evidence = exchanges,
        weight = 1,
        facts = { servers = addresses, values = values, addresses = values, host = true },
        fix = fix_of(data, own.view.target),
        reproduce = dig.lines({ own.view.target }, report.target.name, own.view.type),
    }
end

local function put_caches(report, data)
    local rows = {}
    for i, cache in ipairs(data.caches) do
        rows[i] = { cache.name, cache.kind or "-", cache.address or "-", cache.pid or "-" }
    end
    report:table { key = "caches", columns = { "cache", "kind", "address", "pid" }, rows = rows }
    report:put("flush", flush_commands(data.plan))
end

--- The step's judge.
function M.judge(data, report)
    put_caches(report, data)
    local truth, groups = evidence.truth(report), evidence.resolvers(report)
    if path.access(truth, groups, data.walk) ~= "open" or not truth.known then
        report:status("unknown", "nothing behind this host's caches could be asked")
        return
    end
    local list = {}
    for _, own in ipairs(split_dns.disagreeing(groups, truth, report.target.types)) do
        local cached = own.what == "stale"
            and hostview.is_local(own.view.target)
            and forwards(groups, own.group.id)
        list[#list + 1] = cached and own or nil
    end
    if #list > 0 then
        report_stale(report, data, list)
    end
end

return M
