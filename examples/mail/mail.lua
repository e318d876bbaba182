-- SPDX-License-Identifier: MIT
-- Does mail for a domain still resolve? MX and where they lead, SPF, DKIM, DMARC, MTA-STS: the records that
-- nobody looks at until mail bounces.
--
--   dnsprobe run ./mail.lua shop.example --set dkim_selector=s2026
--   dnsprobe test ./mail.lua --coverage
--
-- What it prints for a domain whose SPF record got lost in a migration:
--
--   CRITICAL  mail.spf-missing (mail)
--     shop.example has no SPF record: receivers cannot tell your servers from anybody else's.
--     Fix        Publish one TXT record at shop.example that begins with v=spf1 and lists what sends for it.
--     See it     dig shop.example. TXT +short

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "mail",
    summary = "whether mail for a domain still resolves: MX, SPF, DKIM, DMARC, MTA-STS",
    params = {
        dkim_selector = { type = "string", default = "default", help = "selector of the DKIM key to look "
            .. "for; none: no check" },
        mta_sts = { type = "boolean", default = true, help = "whether the domain is meant to have an MTA-STS "
            .. "policy" },
    },
    steps = { "./steps/records.lua", "./steps/exchangers.lua" },
    scenarios = {
        "./scenarios/healthy.lua",
        "./scenarios/spf-missing.lua",
        "./scenarios/mx-dangling.lua",
        -- Small ones can stand here. `base` is the scenario they start from.
        { name = "no-dmarc", base = "./scenarios/healthy.lua", expect = { "mail.dmarc-missing" },
          change = function(net) net:edit("shop.example.",
              { ['_dmarc TXT "v=DMARC1; p=reject"\n'] = "" }) end },
        { name = "dkim-key-gone", base = "./scenarios/healthy.lua", expect = { "mail.dkim-missing" },
          change = function(net) net:edit("shop.example.",
              { ["default._domainkey TXT"] = "old._domainkey TXT" }) end },
        { name = "two-spf-records", base = "./scenarios/healthy.lua", expect = { "mail.spf-twice" },
          change = function(net) net:add("shop.example.", '@ TXT "v=spf1 include:_spf.cdn.test ~all"') end },
        { name = "sts-without-host", base = "./scenarios/healthy.lua", expect = { "mail.sts-broken" },
          change = function(net) net:edit("shop.example.", { ["mta-sts A 127.80.0.3\n"] = "" }) end },
        { name = "no-mx", base = "./scenarios/healthy.lua", expect = { "mail.mx-missing" },
          change = function(net) net:edit("shop.example.", { ["@          MX   10 mail\n"] = "" }) end },
        { name = "mx-is-an-alias", base = "./scenarios/healthy.lua", expect = { "mail.mx-alias" },
          change = function(net)
              net:edit("shop.example.", { ["mail       A    127.80.0.3"] = "mail CNAME www" })
          end },
        { name = "nobody-answers", base = "vantage-blocked", expect = {},
          also_run = { timeout = 0.3, late = 0 },
          change = function(net)     net:resolver("office").faults.udp = "drop"
          end },
    },
}
