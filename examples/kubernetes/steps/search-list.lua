-- SPDX-License-Identifier: MIT
--- What does the search list do to a look-up of this name?
--
-- Sends: one A query for the name below each search domain, repeated up to three times.

local answers = require "dnsprobe.answers"
local task = require "dnsprobe.task"

local function dots(name)
    return select(2, name:gsub("%.$", ""):gsub("%.", ""))
end

local function measure(ctx)
    local resolver, bare = ctx.host.resolvers[1], ctx.target.name:gsub("%.$", "")
    local options = ctx.host.options or {}
    return {
        bare = bare, ndots = options.ndots or 1,
        tried = task.map(ctx.host.search, function(domain)
            return {
            domain = domain,
            exchange = ctx:query {
                name = bare .. "." .. domain,
                type = "A",
                rd = true,
                tries = 3,
                server = resolver.address,
                port = resolver.port,
            },
        }
        end, { limit = 4 }),
    }
end

local function captured(data, report)
    for _, try in ipairs(data.tried) do
        local answer = answers.of(try.exchange)
        if answer.kind == "data" then
            report:finding {
                id = "k8s.search-captured",
                layer = "kubernetes",
                severity = "critical",
                summary = ("%s answers for %s.%s: programs in this pod reach %s instead of %s"):format(
                    try.domain,
                    data.bare,
                    try.domain,
                    table.concat(answer.values, " "),
                    data.bare
                ),
                subject = { name = data.bare .. "." .. try.domain, type = "A" },
                evidence = { try.exchange },
                fix = (
                    "Take the wildcard out of %s, or that domain off the search list (dnsConfig.searches), "
                        .. "or end the name with a dot."
                ):format(try.domain),
                reproduce = { ("dig %s.%s A"):format(data.bare, try.domain) },
            }
            return
        end
    end
end

local function judge(data, report)
    if dots(data.bare) >= data.ndots then
        return -- the name itself is asked first
    end
    captured(data, report)
    local queries = 2 * (#data.tried + 1) -- A and AAAA
    if queries > report.params.queries_limit then
        report:finding { id = "k8s.search-storm", layer = "kubernetes", severity = "warning",
            summary = ("one look-up of %s is %d queries: ndots:%d tries %d search domains first"):format(
                data.bare, queries, data.ndots, #data.tried),
            subject = { name = data.bare },
            fix = "Set dnsConfig.options ndots to 1 or 2 in the pod's spec, or end the name with a dot.",
            reproduce = { "cat /etc/resolv.conf" } }
    end
end

return {
    id = "search-list",
    title = "What the search list costs",
    measure = measure,
    judge = judge,
    sends = "one query per search domain",
}
