-- SPDX-License-Identifier: MIT
-- What explains what. One fault shows in many places; this table says which observation is the cause and
-- which only follows from it. The verdict keeps the cause, and what follows becomes its evidence (at `info`).
--
-- Each row reads: the finding `cause` explains the finding `effect`, when the condition holds, because of the
-- sentence. The table is meant to be read and corrected by people who know DNS rather than Lua. A condition
-- sees the two findings (cause, effect) and looks at what the steps noted about them:
--   subject.server     the address at fault
--   facts.servers      all addresses at fault, where there are several (the subject counts too)
--   facts.names        server names at fault
--   facts.addresses    answered addresses that the finding is about (the wrong ones, the unreachable ones)
--   facts.values       answers (record data) that are wrong or differ
--   facts.kinds        ways of failing seen: "timeout", "servfail", "refused", "truncated", ...
--   facts.host         true: seen at a resolver that this host uses
--   facts.all, .most   true: every server of the zone is affected; half of the resolvers or more
--   stats              failures, samples, rate, low, high
-- A row without a condition always holds. What a step did not note cannot satisfy a condition.
--
-- No row may lead back to its cause: tests/lua/book/explains_spec.lua checks that the ids form no circle.

local stats = require "dnsprobe.stats"

local M = {}

-- ---- conditions ----

local function set_of(list, first)
    local set, n = {}, 0
    for _, value in ipairs(list or {}) do
        set[value] = true
        n = n + 1
    end
    if first then
        set[first] = true
        n = n + 1
    end
    return set, n
end

local function address_of(server)
    return (server:gsub("#%d+$", ""))
end

local function servers(finding)
    local addresses = {}
    for i, server in ipairs(finding.facts.servers or {}) do
        addresses[i] = address_of(server)
    end
    return set_of(addresses, finding.subject.server and address_of(finding.subject.server))
end

local function overlap(a, b)
    for value in pairs(a) do
        if b[value] then
            return true
        end
    end
    return false
end

local function within(inner, outer)
    for value in pairs(inner) do
        if not outer[value] then
            return false
        end
    end
    return next(inner) ~= nil
end

-- Both are about the same server, or share one.
local function same_server(cause, effect)
    return overlap(servers(cause), servers(effect))
end

-- All servers the effect is about are among those of the cause.
local function its_servers(cause, effect)
    return within(servers(effect), servers(cause))
end

local function nothing_named(finding)
    return next((servers(finding))) == nil
end

-- The effect names only servers of the cause, or names none.
local function no_other_server(cause, effect)
    return nothing_named(effect) or its_servers(cause, effect)
end

-- The effect names only servers that share an address with the cause, or the cause is about every server.
local function its_servers_or_all(cause, effect)
    return cause.facts.all or its_servers(cause, effect)
end

-- The wrong answers of the effect are answers that the cause has put about.
local function its_values(cause, effect)
    return within((set_of(effect.facts.values)), (set_of(cause.facts.values)))
end

-- The recursive layer gives what the old cache gives: most of it does, or a part, where the cache is not on
-- this host.
local function still_given(cause, effect)
    local here = (effect.subject.server or ""):match("^127%.") or effect.subject.server == "::1"
    return (cause.facts.most or not here) and its_values(cause, effect)
end

-- The addresses the effect is about come from the cause's wrong answer.
local function its_addresses(cause, effect)
    return within((set_of(effect.facts.addresses)), (set_of(cause.facts.addresses)))
end

local function its_addresses_or_values(cause, effect)
    local from = set_of(cause.facts.addresses)
    for value in pairs((set_of(cause.facts.values))) do
        from[value] = true
    end
    return within((set_of(effect.facts.addresses)), from)
end

-- The effect concerns the names of the cause only.
local function its_names(cause, effect)
    return within((set_of(effect.facts.names)), (set_of(cause.facts.names)))
end

local ALPHA = 0.001 -- level of Fisher's exact test for "fails more than the cause alone makes it"

-- The effect fails no more often than the cause does (Fisher's exact test, one-sided). It is about the worst
-- of all servers that the cause is about, so the level is divided by their number (Bonferroni).
local function no_more_than_cause(cause, effect)
    local c, e = cause.stats, effect.stats
    if not c or not e then
        return false
    end
    local _, compared = servers(cause)
    local p = stats.fisher_greater(e.failures, e.samples - e.failures, c.failures, c.samples - c.failures)
    return p * math.max(1, compared) >= ALPHA
end

-- The resolver fails as it must when servers of the zone do: SERVFAIL, silence, or an answer it cannot
-- refresh.
local upstream_failures = { servfail = true, timeout = true, late = true, stale = true }

local function resolver_suffers(_, effect)
    local kinds = set_of(effect.facts.kinds)
    return next(kinds) == nil or within(kinds, upstream_failures)
end

-- ... or it passes on what the lame server says.
local function resolver_suffers_or_repeats(cause, effect)
    local said = set_of(cause.facts.kinds)
    for kind in pairs(upstream_failures) do
        said[kind] = true
    end
    local kinds = set_of(effect.facts.kinds)
    return next(kinds) == nil or within(kinds, said)
end

local function only_servfail(_, effect)
    return within((set_of(effect.facts.kinds)), { servfail = true })
end

local function given_at_host(cause, effect)
    return effect.facts.host == true and overlap((set_of(cause.facts.values)), (set_of(effect.facts.values)))
end

-- What a server seems to say to questions in a dress that does not get through.
local transport_failures = { timeout = true, late = true, truncated = true, formerr = true, notimp = true,
    badvers = true }

local function its_server_timeouts(cause, effect)
    local kinds = set_of(effect.facts.kinds)
    return same_server(cause, effect) and (next(kinds) == nil or within(kinds, transport_failures))
end

--- Conditions that a runbook's own rows can name (book/runbook/explains.lua).
M.conditions = { ["same server"] = same_server, ["its servers"] = its_servers, ["its names"] = its_names,
    ["its addresses"] = its_addresses, ["its values"] = its_values }

-- ---- the table ----

M.rows = {
    -- Interception: what the interceptor makes servers seem to be is not theirs.
    { cause = "path.intercepted", effect = { "auth.lame", "auth.ns-divergence", "auth.node-divergence",
        "auth.serial-mismatch", "auth.ns-flapping", "auth.rate-limited", "path.edns-broken",
        "path.tcp-blocked",
        "path.fragments-dropped", "recursive.divergence", "recursive.flapping", "recursive.rate-limited",
        "recursive.stale-served", "dnssec.bogus", "client.split-dns", "delegation.ns-mismatch",
        "delegation.glue-mismatch", "delegation.glue-missing", "auth.ns-unreachable" },
        when = function(cause, effect) return cause.facts.all or no_other_server(cause, effect) end,
        because = "the answers came from the interceptor, not from that server" },

    -- Different data at the zone's servers.
    { cause = "auth.node-divergence", effect = { "auth.ns-divergence", "auth.serial-mismatch" },
        because = "one of the machines behind that address holds other data, so the servers seem to differ" },
    { cause = "auth.ns-divergence", effect = { "auth.serial-mismatch" },
        because = "servers that hold different zone versions carry different serials" },
    { cause = "auth.node-divergence",
        effect = { "recursive.divergence", "client.split-dns", "client.stale-cache" },
        when = its_values, because = "the resolver was filled from the machine with the other data" },
    { cause = "auth.ns-divergence",
        effect = { "recursive.divergence", "client.split-dns", "client.stale-cache" },
        when = its_values, because = "the resolver was filled from the server with the other data" },
    { cause = "auth.ns-divergence",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses_or_values,
        because = "the failing address comes from the server with the other data" },
    { cause = "auth.node-divergence",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses_or_values,
        because = "the failing address comes from the machine with the other data" },

    -- Servers that are dead, lame or ill, and those who depend on them.
    { cause = "auth.lame", effect = { "recursive.flapping", "recursive.divergence", "client.split-dns" },
        when = resolver_suffers_or_repeats,
        because = "a resolver that picks the lame server fails, repeats what it says, or keeps old data" },
    { cause = "auth.ns-unreachable",
        effect = { "recursive.flapping", "recursive.divergence", "client.split-dns" },
        when = resolver_suffers,
        because = "a resolver that picks the dead server waits, fails or keeps old data" },
    { cause = "auth.ns-flapping", effect = { "recursive.flapping" },
        when = resolver_suffers, because = "the resolver fails when the server behind it does" },
    { cause = "auth.lame", effect = { "delegation.ns-mismatch" },
        when = its_names, because = "the server on one list only is the one that is lame" },
    { cause = "auth.ns-unreachable", effect = { "delegation.ns-mismatch" },
        when = its_names, because = "the server on one list only is the one that is dead" },
    { cause = "auth.ns-unreachable", effect = { "path.slow", "path.tcp-blocked", "path.edns-broken" },
        when = its_servers_or_all, because = "the server does not answer at all" },
    { cause = "auth.lame", effect = { "auth.ns-divergence", "auth.node-divergence" },
        when = its_servers, because = "a lame server's refusals are no data" },
    { cause = "auth.rate-limited", effect = { "auth.ns-flapping", "recursive.flapping", "path.loss" },
        when = same_server, because = "the missing answers are those above the server's limit" },
    { cause = "auth.rate-limited",
        effect = { "path.edns-broken", "path.tcp-blocked", "path.fragments-dropped" },
        when = its_server_timeouts, because = "the missing answers are those above the server's limit" },
    { cause = "recursive.rate-limited", effect = { "recursive.flapping", "path.loss",
        "recursive.cannot-resolve", "recursive.type-broken" },
        when = same_server, because = "the missing answers are those above the resolver's limit" },
    { cause = "recursive.stale-served", effect = { "recursive.divergence", "client.stale-cache" },
        when = same_server, because = "the odd answer is the expired one that is served" },

    -- The name itself.
    { cause = "auth.name-missing", effect = { "recursive.divergence", "client.stale-cache",
        "client.split-dns", "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        because = "a cache that still gives the name remembers it from before" },
    { cause = "auth.alias-broken", effect = { "recursive.divergence", "recursive.flapping",
        "client.stale-cache", "client.split-dns", "client.resolver-down" },
        because = "a resolver that follows the aliases comes to no answer" },

    -- Glue and delegation.
    { cause = "delegation.glue-mismatch", effect = { "auth.ns-divergence", "auth.ns-unreachable", "auth.lame",
        "auth.ns-flapping", "auth.serial-mismatch", "path.edns-broken", "path.tcp-blocked" },
        when = its_servers, because = "that address is known only from the wrong glue" },
    { cause = "delegation.glue-mismatch", effect = { "recursive.divergence", "client.split-dns" },
        when = its_values, because = "the resolver followed the wrong glue" },
    { cause = "delegation.parent-divergence",
        effect = { "auth.ns-divergence", "auth.ns-unreachable", "auth.lame",
        "auth.ns-flapping", "auth.serial-mismatch" },
        when = its_servers, because = "only the odd delegation leads to that server" },
    { cause = "delegation.parent-divergence",
        effect = { "delegation.ns-mismatch", "delegation.glue-mismatch" },
        when = its_names, because = "only the odd delegation lists that server" },
    { cause = "delegation.parent-divergence",
        effect = { "recursive.divergence", "client.split-dns", "client.stale-cache" },
        when = its_values, because = "the resolver followed the odd delegation" },
    { cause = "delegation.parent-divergence", effect = { "recursive.flapping", "dnssec.bogus" },
        when = resolver_suffers,
        because = "a resolver that asks that server of the zone above is led astray" },
    { cause = "delegation.ns-unusable",
        effect = { "recursive.flapping", "recursive.divergence", "client.split-dns" },
        when = resolver_suffers,
        because = "a resolver that picks that server first has to find its address, and cannot" },
    { cause = "delegation.ns-unusable", effect = { "delegation.ns-mismatch" },
        when = its_names, because = "the server on one list only is the one that is of no use" },
    { cause = "delegation.glue-missing", effect = { "recursive.flapping", "delegation.ns-mismatch" },
        when = resolver_suffers,
        because = "without that glue a resolver that starts empty cannot reach the server" },

    -- The path.
    { cause = "path.loss", effect = { "recursive.flapping", "auth.ns-flapping", "auth.rate-limited",
        "recursive.rate-limited", "client.resolver-down", "path.edns-broken", "path.tcp-blocked",
        "path.fragments-dropped" },
        when = no_more_than_cause, because = "that server loses no more than unrelated ones do" },
    { cause = "path.edns-broken",
        effect = { "auth.ns-flapping", "auth.ns-unreachable", "path.fragments-dropped",
            "recursive.flapping", "auth.lame", "auth.node-divergence", "client.resolver-down",
            "recursive.unreachable" },
        when = its_server_timeouts, because = "the failures are those of the queries with EDNS" },
    { cause = "path.fragments-dropped",
        effect = { "auth.ns-flapping", "path.edns-broken", "recursive.flapping" },
        when = its_server_timeouts, because = "the failures are those of the large answers" },
    { cause = "path.tcp-blocked", effect = { "recursive.flapping", "auth.ns-flapping" },
        when = its_server_timeouts, because = "the failures are those of the truncated answers" },
    { cause = "path.blocked", effect = { "recursive.unreachable" },
        because = "this vantage may not ask the outside" },

    -- Signatures.
    { cause = "dnssec.bogus", effect = { "recursive.flapping", "recursive.divergence", "client.split-dns" },
        when = only_servfail, because = "validating resolvers answer SERVFAIL to a bogus zone" },

    -- Alias.
    { cause = "auth.alias-stale",
        effect = { "recursive.divergence", "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses_or_values, because = "that address is one that the target has left" },

    -- This host.
    { cause = "client.hosts-override", effect = { "client.split-dns", "client.stale-cache" },
        when = given_at_host, because = "that resolver reads the hosts file as well" },
    { cause = "client.hosts-override",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses, because = "the failing address comes from the hosts file" },
    { cause = "client.filtered",
        effect = { "client.stale-cache", "client.split-dns", "client.resolver-down" },
        when = same_server, because = "that resolver filters the name" },
    { cause = "client.resolver-down", effect = { "client.libc-differs" },
        because = "programs wait for that resolver" },
    { cause = "client.split-dns", effect = { "client.libc-differs" },
        because = "programs get what that resolver gives" },
    { cause = "path.loss", effect = { "client.libc-differs" },
        because = "programs wait for the questions that are lost" },
    { cause = "client.split-dns", effect = { "recursive.divergence" },
        when = its_servers, because = "that resolver gives the internal view" },
    { cause = "client.stale-cache", effect = { "recursive.divergence" },
        when = its_servers, because = "that resolver is this host's own cache" },
    { cause = "client.resolver-down",
        effect = { "recursive.flapping", "recursive.divergence", "path.slow", "path.loss" },
        when = its_servers, because = "the resolver that does not answer is the one this host waits for" },
    { cause = "recursive.divergence", effect = { "client.split-dns", "client.stale-cache" },
        when = function(cause, effect)
            return same_server(cause, effect) and its_values(cause, effect)
        end,
        because = "this host's resolver is one of those that are behind" },
    { cause = "recursive.divergence", effect = { "client.stale-cache" },
        when = still_given, because = "the recursive layer gives that answer, too" },
    { cause = "client.split-dns",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses,
        because = "the failing address is the one that only this host's resolver gives" },
    { cause = "client.stale-cache",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses, because = "the failing address is the one that the old cache gives" },
    { cause = "recursive.divergence",
        effect = { "app.connect-timeout", "app.connect-refused", "app.tls-failure" },
        when = its_addresses_or_values, because = "the failing address is the old one" },
}

-- What explains that a resolver gives something else explains that it gives nothing.
local LIKE_DIVERGENCE = { ["recursive.cannot-resolve"] = true, ["recursive.type-broken"] = true }

local function has_effect(row, effect)
    local set = set_of(row.effect)
    return set[effect.id] or LIKE_DIVERGENCE[effect.id] and set["recursive.divergence"] or false
end

--- Does `cause` explain `effect`? The sentence that says why, or nil.
---@param cause dnsprobe.Finding
---@param effect dnsprobe.Finding
---@param own table[]? rows of the runbook
---@return string?
function M.why(cause, effect, own)
    for _, rows in ipairs { M.rows, own } do
        for _, row in ipairs(rows) do
            if
                row.cause == cause.id
                and has_effect(row, effect)
                and (not row.when or row.when(cause, effect))
            then
                return row.because
            end
        end
    end
    return nil
end

return M
