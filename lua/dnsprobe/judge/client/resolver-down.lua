-- SPDX-License-Identifier: MIT
--- client.resolver-down: a resolver configured on this host does not answer.

local answers = require "dnsprobe.dns.answers"
local dig = require "dnsprobe.judge.tool.dig"
local words = require "dnsprobe.judge.tool.words"

local M = {}

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

local SPOKEN = { refused = true, servfail = true, rcode = true }

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
        most = SPOKEN[kind] and (not most or counts[kind] > counts[most]) and kind or most
    end
    return most and (most == "rcode" and "an error" or most:upper()), kinds
end

local function down_summary(down, said, all)
    local rest = all and (#down == 1 and "; no other is configured" or "; no other that does is configured")
    if said then
        return string.format(
            "%s, configured on this host, answer%s no question: %s to all of them, the control question "
                .. "included%s",
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

function M.judge(report, groups)
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
            .. "DNS settings).",
        reproduce = dig.lines(down, ".", "NS", nil, 2),
    }
end

return M
