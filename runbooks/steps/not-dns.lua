-- SPDX-License-Identifier: MIT
--- Is it DNS at all, and which resolver does this host really use?
--
-- Sends: the samples of step `recursive` (this host's resolvers among them) and of the zone's servers; one
-- look-up each through the C library and c-ares per address family; one connection (and TLS handshake) per
-- answered address; one CHAOS id.server question per resolver, and 3 questions to an address at which nobody
-- lives.
--
-- Must not fall for:
--   a host without IPv6                 no v6 address is connected to when nothing on v6 answered
--   a listener that is off by design    --set app_port=0 skips the connections
--   a company's own view of its own names   reported as such only where it differs from the public view
--   a resolver that is merely behind    an answer that counts down is a cache: step `recursive` or
--   `stub-cache`

local answers = require "dnsprobe.answers"
local batch = require "dnsprobe.judge.tool.batch"
local blocked = require "dnsprobe.judge.path.blocked"
local connection = require "dnsprobe.judge.application.connection"
local decoys = require "dnsprobe.judge.tool.decoys"
local dns = require "dnsprobe"
local evidence = require "dnsprobe.judge.tool.evidence"
local filtered = require "dnsprobe.judge.client.filtered"
local hosts_override = require "dnsprobe.judge.client.hosts-override"
local intercepted = require "dnsprobe.judge.path.intercepted"
local libc_differs = require "dnsprobe.judge.client.libc-differs"
local path = require "dnsprobe.judge.tool.path"
local resolver_down = require "dnsprobe.judge.client.resolver-down"
local split_dns = require "dnsprobe.judge.client.split-dns"
local survey = require "dnsprobe.survey"
local task = require "dnsprobe.task"
local truths = require "dnsprobe.truth"
local views = require "dnsprobe.judge.client.views"

--- What filters give in the place of an answer: nobody listens there, and nobody is to be connected to.
local SINK = { ["0.0.0.0"] = true, ["::"] = true, ["127.0.0.1"] = true, ["::1"] = true }
--- Addresses that are connected to at most.
local CONNECT_MAX = 16
--- A stub at a dead resolver tries for more than a minute (c-ares: 5, 10, 20 and 40 s). No user waits that
--- long (seconds).
local LOOKUP_MAX = 12
--- Look-ups as programs make them.
local PROGRAM_LOOKUPS = 3

-- ---- measuring ----

--- One look-up of a stub, given up after LOOKUP_MAX.
local function look_up(stub, via, ...)
    local finished, result, why = task.deadline(LOOKUP_MAX, stub, ...)
    if not finished then
        return { status = "timeout", addresses = {}, elapsed_us = LOOKUP_MAX * 1000000, via = via }
    end
    return result, why
end

--- What programs get: the name as typed, both families at once, several times. Only for names with addresses.
local function as_programs_ask(ctx, view)
    if #view.lookups == 0 then
        return nil
    end
    local typed, list = ctx.target.absolute and ctx.target.name or ctx.target.name:gsub("%.$", ""), {}
    for i = 1, PROGRAM_LOOKUPS do
        local result = look_up(dns.stub.getaddrinfo, "libc", typed)
        if not result then
            return nil -- not measured here
        end
        list[i] = result
    end
    return list
end

--- What the programs of this host get: hosts file, C library, c-ares.
local function application_view(ctx)
    local view = { hosts = dns.stub.hosts(ctx.target.name) or {}, lookups = {} }
    local name, asked = ctx.target.name, {}
    for _, type in ipairs(ctx.target.types) do
        local family = type == "A" and 4 or type == "AAAA" and 6 or nil
        if family then
            local entry = { type = type }
            view.lookups[#view.lookups + 1] = entry
            asked[#asked + 1] = function()
                entry.stub = look_up(dns.stub.lookup, "c-ares", name, { type = type })
            end
            asked[#asked + 1] = function()
                entry.libc, entry.unmeasured =
                    look_up(dns.stub.getaddrinfo, "libc", name, { family = family })
            end
        end
    end
    task.all(asked)
    view.programs = as_programs_ask(ctx, view)
    return view
end

--- Servers above the zone with what they said, to see whether one of them answered what it cannot know.
local function servers_above(trace)
    local list = {}
    for _, level in ipairs(trace.levels or {}) do
        local is_above = level.zone ~= trace.zone or level.zone == "."
        for _, server in ipairs(is_above and level.servers or {}) do
            for _, address in ipairs(server.addresses) do
                list[#list + 1] =
                    { name = server.name, address = address.address, exchange = address.exchange }
            end
        end
    end
    return list
end

--- Who the resolvers say they are; in a bulk run asked once for all domains.
local function identity_samples(ctx)
    return batch.pack(ctx.common and ctx.common:samples("identity") or survey.take_identity(ctx))
end

local function decoy_samples(ctx)
    return batch.pack(ctx:sample {
        targets = decoys.choose(ctx), n = decoys.SAMPLES,
        questions = { { name = ctx.target.name, type = ctx.target.types[1], late = 0 } },
    })
end

--- Every address that somebody gives for the name, with who gave it.
local function answered_addresses(ctx, everybody, view)
    local list, seen = {}, {}
    local function add(address)
        if not seen[address] and not SINK[address] and #list < CONNECT_MAX then
            seen[address] = true
            list[#list + 1] = address
        end
    end
    for _, entry in ipairs(view.hosts) do
        add(entry.address)
    end
    for _, samples in ipairs { everybody.truth.samples, everybody.resolvers } do
        for _, row in ipairs(samples.rows) do
            local question = samples.questions[row.q]
            if (question.type == "A" or question.type == "AAAA") and question.name == ctx.target.name then
                for _, value in ipairs(answers.of(row.x).values) do
                    add(value)
                end
            end
        end
    end
    table.sort(list)
    return list
end

local function connections(ctx, addresses, families)
    local port = ctx.params.app_port
    if port == 0 then
        return {}
    end
    local usable = {}
    for _, address in ipairs(addresses) do
        usable[#usable + 1] = families[path.family(address)] and address or nil
    end
    local tls = connection.wants_tls(port, ctx.params.app_tls, ctx.lab)
    return task.map(usable, function(address)
        local result, message, code = dns.connect {
            address = address, port = port, tls = tls, sni = ctx.target.name:gsub("%.$", ""), timeout = 5,
        }
        return {
            address = address,
            port = port,
            tls = tls,
            tls_wanted = ctx.params.app_tls == "yes" or nil,
            result = result,
            refused = not result and code or nil,
            message = message,
        }
    end)
end

local function measure(ctx)
    ctx:progress("looking at this host's own resolution")
    local view, identity, decoy
    local everybody
    task.all {
        function()
            everybody = survey.everybody(ctx)
        end,
        function()
            view = application_view(ctx)
        end,
        function()
            identity = identity_samples(ctx)
        end,
        function()
            decoy = decoy_samples(ctx)
        end,
    }
    local asked = truths.everyone(truths.of(everybody.truth))
    local resolvers = { control = batch.groups(everybody.resolvers), domain = {} }
    local families = path.families(asked, resolvers, everybody.walk)
    local addresses = answered_addresses(ctx, everybody, view)
    return {
        truth = everybody.truth, resolvers = everybody.resolvers, walk = everybody.walk, view = view,
        identity = identity, decoys = decoy, above = servers_above(ctx:trace()), families = families,
        connections = connections(ctx, addresses, families),
    }
end

-- ---- judging ----

local function judge(data, report)
    local truth, groups = evidence.truth(report), evidence.resolvers(report)
    local asked = truths.everyone(truth)
    local access = path.access(asked, groups, data.walk)
    if access == "dead" then
        blocked.judge(report, access, asked, groups)
        return
    end
    intercepted.judge(report, data, truth)
    hosts_override.judge(report, data, truth)
    resolver_down.judge(report, groups)
    if truth and truth.known then
        filtered.judge(report, groups, truth)
        split_dns.judge(report, groups, truth)
        libc_differs.judge(report, data, truth, groups)
    end
    views.judge(report, data, groups, truth)
    connection.judge(report, data, truth)
end

return {
    id = "not-dns",
    title = "This host and the application",
    sends = "one look-up per stub, one connection per answered address, CHAOS id.server, and the samples of "
        .. "step recursive",
    params = {
        app_port = {
            type = "integer",
            default = 443,
            min = 0,
            max = 65535,
            help = "TCP port of the application; 0: no connection is made",
        },
        app_tls = {
            type = "string",
            default = "auto",
            values = { "auto", "yes", "no" },
            help = "TLS handshake after the connection; auto: yes, but for ports known to speak plainly",
        },
    },
    provides = { "truth", "resolvers", "walk", "client" },
    measure = measure,
    judge = judge,
}
