-- SPDX-License-Identifier: MIT
--- Where is mail delivered to, and has every mail exchanger an address?
--
-- Sends: one MX query, then A and AAAA for each exchanger (ten at most), through this host's resolver, each
-- up to three times.

local answers = require "dnsprobe.answers"
local task = require "dnsprobe.task"

local EXCHANGERS_MAX = 10

local function ask(ctx, name, type)
    local resolver = ctx.host.resolvers[1]
    return ctx:query {
        name = name,
        type = type,
        server = resolver.address,
        port = resolver.port,
        rd = true,
        tries = 3,
    }
end

local function measure(ctx)
    local mx = ask(ctx, ctx.target.name, "MX")
    local hosts = {}
    for _, value in ipairs(answers.of(mx).values) do
        local host = value:match("^%d+%s+(%S+)$")
        if host and host ~= "." and #hosts < EXCHANGERS_MAX then
            hosts[#hosts + 1] = host
        end
    end
    return { mx = mx, hosts = task.map(hosts, function(host)
        return { name = host, a = ask(ctx, host, "A"), aaaa = ask(ctx, host, "AAAA") }
    end, { limit = 4 }) }
end

local function is_absent(exchange)
    local kind = answers.of(exchange).kind
    return kind == "nxdomain" or kind == "nodata"
end

local function judge_host(host, report)
    local given = {
        layer = "mail",
        subject = { name = host.name, type = "MX" },
        evidence = { host.a, host.aaaa },
        reproduce = { ("dig %s A"):format(host.name) },
    }
    if is_absent(host.a) and is_absent(host.aaaa) then
        given.id, given.severity = "mail.mx-dangling", "critical"
        given.summary = ("mail exchanger %s has no address: mail to it bounces or waits"):format(host.name)
        given.fix = "Publish its address, or take it out of the MX records."
        report:finding(given)
    elseif #answers.of(host.a).chain > 1 then
        given.id, given.severity = "mail.mx-alias", "warning"
        given.summary = ("mail exchanger %s is an alias, which MX records may not lead to (RFC 2181, section "
            .. "10.3)"):format(
            host.name
        )
        given.fix = "Name the alias's target in the MX record."
        report:finding(given)
    end
end

local function judge(data, report)
    if is_absent(data.mx) then
        report:finding {
            id = "mail.mx-missing",
            layer = "mail",
            severity = "critical",
            evidence = { data.mx },
            summary = "the domain has no MX record: mail goes to its web server, if to anybody",
            subject = { name = report.target.name, type = "MX" },
            fix = "Publish MX records.",
            reproduce = { ("dig %s MX"):format(report.target.name) },
        }
    elseif answers.of(data.mx).kind ~= "data" then
        report:status("unknown", "this host's resolver does not answer")
    end
    for _, host in ipairs(data.hosts) do
        judge_host(host, report)
    end
end

return { id = "mail-exchangers", title = "Mail exchangers", sends = "1 query, and 2 for each exchanger",
    measure = measure, judge = judge }
