-- SPDX-License-Identifier: MIT
--- Are the texts there that tell receivers which mail is yours?
--
-- Sends: 4 TXT queries and one A query through this host's resolver, as a receiving mail server would; each
-- is repeated up to three times, so that one lost packet is not taken for a missing record.

local answers = require "dnsprobe.answers"

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
    local name = ctx.target.name
    local asked = { apex = ask(ctx, name, "TXT"), dmarc = ask(ctx, "_dmarc." .. name, "TXT") }
    if ctx.params.dkim_selector ~= "none" then
        asked.dkim = ask(ctx, ctx.params.dkim_selector .. "._domainkey." .. name, "TXT")
    end
    if ctx.params.mta_sts then
        asked.sts = ask(ctx, "_mta-sts." .. name, "TXT")
        asked.sts_host = ask(ctx, "mta-sts." .. name, "A")
    end
    return asked
end

-- The texts of an answer that begin with `prefix`; nil where nobody could say.
local function texts(exchange, prefix)
    local answer = answers.of(exchange)
    if answer.kind ~= "data" and answer.kind ~= "nodata" and answer.kind ~= "nxdomain" then
        return nil
    end
    local out = {}
    for _, value in ipairs(answer.values) do
        local text = value:gsub('"%s+"', ""):gsub('^"', ""):gsub('"$', "")
        if text:sub(1, #prefix):lower() == prefix then
            out[#out + 1] = text
        end
    end
    return out
end

local function finding(report, exchange, given)
    given.layer, given.evidence = "mail", { exchange }
    given.subject = { name = exchange.question.name, type = exchange.question.type }
    given.reproduce = { ("dig %s %s +short"):format(exchange.question.name, exchange.question.type) }
    report:finding(given)
end

local function spf(asked, report, name)
    local list = texts(asked.apex, "v=spf1")
    if not list then
        return false
    elseif #list == 0 then
        finding(report, asked.apex, {
            id = "mail.spf-missing",
            severity = "critical",
            summary = name .. " has no SPF record: receivers cannot tell your servers from anybody else's",
            fix = "Publish one TXT record at " .. name
                .. " that begins with v=spf1 and lists what sends for it.",
        })
    elseif #list > 1 then
        finding(report, asked.apex, {
            id = "mail.spf-twice",
            severity = "critical",
            summary = ("%s has %d SPF records; receivers treat that as an error (RFC 7208, section "
                .. "4.5)"):format(
                name,
                #list
            ),
            fix = "Merge them into one record.",
        })
    end
    return true
end

-- A text that has to be there, once a selector or policy is announced.
local function present(exchange, prefix, report, given)
    local list = texts(exchange, prefix)
    if list and #list == 0 then
        finding(report, exchange, given)
    end
    return list ~= nil
end

local function sts(asked, report, name)
    local announced = texts(asked.sts, "v=stsv1")
    local host = answers.of(asked.sts_host)
    if announced and #announced > 0 and (host.kind == "nxdomain" or host.kind == "nodata") then
        finding(report, asked.sts_host, {
            id = "mail.sts-broken",
            severity = "warning",
            summary = name .. " announces an MTA-STS policy, but mta-sts." .. name
                .. " has no address to fetch it from",
            fix = "Publish the host of the policy, or take the announcement away.",
        })
    end
    return announced ~= nil
end

local function judge(asked, report)
    local name = report.target.name:gsub("%.$", "")
    local known = spf(asked, report, name)
    known = present(
        asked.dmarc,
        "v=dmarc1",
        report,
        {
            id = "mail.dmarc-missing",
            severity = "warning",
            summary = name .. " has no DMARC policy",
            fix = ("Publish a TXT record at _dmarc.%s."):format(name),
        }
    ) and known
    if asked.dkim then
        -- A key record may leave out its version (RFC 6376, section 3.6.1).
        known = present(
            asked.dkim,
            "",
            report,
            {
                id = "mail.dkim-missing",
                severity = "critical",
                summary = ("the DKIM key of selector %s is not there: what was signed with it fails"):format(
                    report.params.dkim_selector
                ),
                fix = "Publish the key again, or change the selector that the mail server signs with.",
            }
        ) and known
    end
    if asked.sts then
        known = sts(asked, report, name) and known
    end
    if not known then
        report:status("unknown", "this host's resolver does not answer")
    end
end

return {
    id = "mail-records",
    title = "SPF, DKIM, DMARC, MTA-STS",
    sends = "5 queries through this host's resolver",
    measure = measure,
    judge = judge,
}
