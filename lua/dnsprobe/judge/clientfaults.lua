-- SPDX-License-Identifier: MIT
--- This host: hosts file, dead resolvers, and resolvers with a view of their own.

local answers = require "dnsprobe.dns.answers"
local dig = require "dnsprobe.judge.tool.dig"
local hostview = require "dnsprobe.judge.tool.hostview"
local resolvers = require "dnsprobe.judge.tool.resolvers"
local truths = require "dnsprobe.judge.truth"
local words = require "dnsprobe.judge.tool.words"

local M = {}

-- ---- hosts file ----

--- Does the hosts file come before DNS in the name service switch? Without a list it does.
local function hosts_first(nsswitch)
    for _, source in ipairs(nsswitch or {}) do
        if source == "files" then
            return true
        elseif source == "dns" then
            return false
        end
    end
    return nsswitch == nil or #nsswitch == 0
end

local function judge_hosts(report, data, truth)
    local entries = data.view.hosts
    if #entries == 0 or not hosts_first(report.host and report.host.nsswitch) then
        return
    end
    local wrong, all, places = false, {}, {}
    for i, entry in ipairs(entries) do
        local type = entry.address:find(":", 1, true) and "AAAA" or "A"
        local one = truth and truth.types[type]
        all[i] = entry.address
        places[i] = string.format("%s:%s", entry.file or "/etc/hosts", tostring(entry.line or "?"))
        wrong = wrong or not (one and truths.values(one)[entry.address:lower()])
    end
    local name = report.target.name:gsub("%.$", "")
    report:finding {
        id = "client.hosts-override",
        severity = wrong and "critical" or "warning",
        summary = string.format(
            "the hosts file decides %s on this host: %s (%s)%s",
            name,
            words.list(all),
            words.list(places),
            wrong and ", which the zone does not give" or ", the same as the zone for now"
        ),
        subject = { name = report.target.name },
        weight = 1,
        facts = { addresses = all, values = all, host = true },
        fix = "Remove the line from "
            .. (entries[1].file or "/etc/hosts")
            .. " unless it is meant to be there.",
        reproduce = { "grep -nwiF " .. dig.quote(name) .. " " .. dig.quote(entries[1].file or "/etc/hosts") },
    }
end

-- ---- dead resolvers ----

--- Does a resolver answer anything that a client can use? One that refuses or fails every question, the
--- control question included, is as good as gone. Not so the resolver of one link, which is asked for the
--- names of that link only (VPN): where it is needed for this name, the stub before it fails as well.
local function serves(group)
    for _, row in ipairs(group.rows) do
        local spoke = group.target.link and row.exchange.response
        if spoke or answers.usable(row.answer) or row.answer.kind == "truncated" then
            return true
        end
    end
    return false
end

--- What it says instead, the most frequent first: "REFUSED" or "SERVFAIL"; nil where it says nothing.
local function said_instead(list)
    local counts, kinds, most = {}, {}, nil
    for _, group in ipairs(list) do
        for _, row in ipairs(group.rows) do
            local kind = row.answer.kind
            kinds[#kinds + 1] = not counts[kind] and kind or nil
            counts[kind] = (counts[kind] or 0) + 1
        end
    end
    table.sort(kinds)
    for _, kind in ipairs(kinds) do
        local spoken = kind == "refused" or kind == "servfail" or kind == "rcode"
        most = spoken and (not most or counts[kind] > counts[most]) and kind or most
    end
    return most and (most == "rcode" and "an error" or most:upper()), kinds
end

local function down_summary(down, said, all)
    local rest = all and (#down == 1 and "; no other is configured" or "; no other that does is configured")
    if said then
        return string.format(
            "%s, configured on this host, answer%s no question: %s to all of them, the control "
                .. "question included%s",
            words.servers(down),
            #down == 1 and "s" or "",
            said,
            rest or "; programs go on to the next one, or fail"
        )
    end
    return string.format(
        "%s, configured on this host, %s not answer%s",
        words.servers(down),
        #down == 1 and "does" or "do",
        rest or ": each look-up that starts there waits for a timeout first"
    )
end

local function judge_down(report, groups)
    local down, own, samples, exchanges, addresses, silent = {}, 0, 0, {}, {}, {}
    for i, group in ipairs(groups.control) do
        if group.target.host and #group.rows > 0 then
            own = own + 1
            if not serves(group) and not serves(groups.domain[i]) then
                down[#down + 1], addresses[#addresses + 1] = group.target, group.target.address
                samples = samples + #group.rows + #groups.domain[i].rows
                exchanges[#exchanges + 1] = group.rows[1].exchange
                silent[#silent + 1], silent[#silent + 2] = group, groups.domain[i]
            end
        end
    end
    if #down == 0 then
        return
    end
    local all = #down == own
    local said, kinds = said_instead(silent)
    report:finding {
        id = "client.resolver-down",
        severity = all and "critical" or "warning",
        summary = down_summary(down, said, all),
        subject = words.subject(down[1]),
        stats = { failures = samples, samples = samples },
        evidence = exchanges,
        weight = #down / own,
        facts = { servers = addresses, host = true, all = all, kinds = kinds },
        fix = "Repair that resolver, or take its `nameserver` line out of /etc/resolv.conf (or the link's "
            .. "DNS "
            .. "settings).",
        reproduce = dig.lines(down, ".", "NS", nil, 2),
    }
end

-- ---- own views ----

---@class dnsprobe.OwnView a resolver of this host that disagrees with the truth
---@field view dnsprobe.View
---@field what "stale"|"split"
---@field why string

--- This host's resolvers that disagree, with what that makes of them.
---@param groups dnsprobe.ResolverGroups
---@param truth dnsprobe.Truth
---@param types string[]
---@return dnsprobe.OwnView[]
function M.disagreeing(groups, truth, types)
    local list, split = {}, {}
    for _, group in ipairs(groups.domain) do
        for _, type in ipairs(group.target.host and types or {}) do
            local one = truth.types[type]
            local view = resolvers.view(group, type, one)
            if view.state == "behind" or view.state == "mixed" then
                local what, why = hostview.disagreement(view, one, truth.zone)
                list[#list + 1] = { view = view, what = what, why = why, truth = one, group = group }
                split[group.id] = split[group.id] or (what == "split" and why or nil)
            end
        end
    end
    for _, own in ipairs(list) do
        if split[own.group.id] and own.what ~= "split" then
            own.what, own.why = "split", split[own.group.id]
        end
    end
    return list
end

local function judge_split(report, groups, truth)
    local found = {}
    for _, own in ipairs(M.disagreeing(groups, truth, report.target.types)) do
        found[#found + 1] = own.what == "split" and own or nil
    end
    if #found == 0 then
        return
    end
    local values, exchanges, seen, addresses, failures, samples = {}, {}, {}, {}, 0, 0
    for _, own in ipairs(found) do
        for _, row in ipairs(own.view.wrong) do
            for _, value in ipairs(row.answer.kind == "data" and row.answer.values or { row.answer.key }) do
                values[#values + 1] = not seen[value] and value or nil
                seen[value] = true
            end
        end
        if not seen[own.view.target] then
            seen[own.view.target] = true
            addresses[#addresses + 1] = own.view.target.address
        end
        failures, samples = failures + own.view.other, samples + #own.view.rows
        exchanges[#exchanges + 1] = own.view.wrong[1].exchange
    end
    local first = found[1]
    local link = first.view.target.link and " on link " .. first.view.target.link or ""
    report:finding {
        id = "client.split-dns",
        severity = "critical",
        summary = string.format(
            "%s, configured on this host%s, gives %s for %s, the public view is %s: %s",
            words.server(first.view.target),
            link,
            answers.text(first.view.wrong[1].answer),
            first.view.type,
            truths.text(first.truth, 3),
            first.why
        ),
        subject = words.subject(first.view.target, { name = report.target.name, type = first.view.type }),
        stats = { failures = failures, samples = samples },
        evidence = exchanges,
        weight = 1,
        facts = { servers = addresses, values = values, addresses = values, host = true },
        fix = "If the internal view is meant, reach the service by it from here; if not, correct the VPN's "
            .. "split-DNS "
            .. "domains or take the resolver off this host.",
        reproduce = dig.lines({ first.view.target }, report.target.name, first.view.type),
    }
end

-- ---- the table ----

local function stub_text(result)
    if not result then
        return "-"
    end
    local list = table.move(result.addresses or {}, 1, #(result.addresses or {}), 1, {})
    table.sort(list)
    return #list > 0 and table.concat(list, " ") or tostring(result.status)
end

local function put_views(report, data, groups, truth)
    local rows = {}
    for _, lookup in ipairs(data.view.lookups) do
        local function add(who, result, note)
            rows[#rows + 1] = { who, lookup.type, stub_text(result), words.time(result and result.elapsed_us),
                note or "" }
        end
        add("C library", lookup.libc, lookup.unmeasured and "not measured: " .. lookup.unmeasured or nil)
        add("c-ares", lookup.stub)
    end
    for _, group in ipairs(groups.domain) do
        for _, type in ipairs(group.target.host and report.target.types or {}) do
            local view = resolvers.view(group, type, truth and truth.types[type])
            local row = view.rows[1]
            rows[#rows + 1] = { words.server(group.target), type, row and answers.text(row.answer) or "-",
                words.time(row and row.exchange.rtt_us), view.state }
        end
    end
    for _, type in ipairs(truth and report.target.types or {}) do
        rows[#rows + 1] = { "the zone's servers", type, truths.text(truth.types[type], 3), "-", "" }
    end
    report:table { key = "views", columns = { "who", "type", "answer", "took", "note" }, rows = rows }
end

--- Judge this host.
---@param report dnsprobe.Report
---@param data table what step not-dns measured
---@param truth dnsprobe.Truth?
---@param groups dnsprobe.ResolverGroups
function M.judge(report, data, truth, groups)
    judge_hosts(report, data, truth)
    judge_down(report, groups)
    if truth and truth.known then
        judge_split(report, groups, truth)
    end
    put_views(report, data, groups, truth)
end

return M
