-- SPDX-License-Identifier: MIT
-- The gate before a DNS migration: may the delegation be changed to the new servers now? They have to answer
-- with authority and give what the present servers give, for every name that matters; and TTLs should be low
-- by then.
--
--   dnsprobe run ./before.lua shop.example --set new_servers=192.0.2.11,192.0.2.12 --set names=@,www,mail
--   dnsprobe test ./before.lua
--
-- Exit status 0 opens the gate; in a pipeline: `dnsprobe run ./before.lua ... || exit 1`. What it prints when
-- it stays shut:
--
--   CRITICAL  migration.differs (migration)
--     new server 127.53.2.11 answers otherwise for www.shop.example A: nothing (NXDOMAIN), today it is
--     127.80.0.1 127.80.0.2.
--     Fix        Copy the zone again, and look at this record first.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "migration-before",
    summary = "whether the new servers of a zone may be delegated to",
    params = {
        new_servers = { type = "string", default = "", help = "addresses of the new servers, with commas "
            .. "between them" },
        names = { type = "string", default = "@,www", help = "names to compare, @ for the domain itself" },
        ttl_limit = { type = "integer", default = 300, min = 1, max = 86400, unit = "s",
                      help = "TTLs above this keep the old answers alive for longer than you will want to "
                          .. "wait" },
    },
    steps = { "nameservers", "./steps/same-answers.lua", "./steps/low-ttls.lua" },
    scenarios = {
        "./scenarios/ready.lua",
        { name = "www-not-copied", base = "./scenarios/ready.lua", expect = { "migration.differs" },
          change = function(net)
            net:server("new1").zones = {
                net:edition("shop.example.", {
                    ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "",
                }),
            }
          end },
        { name = "zone-not-loaded", base = "./scenarios/ready.lua", expect = { "migration.not-ready" },
          change = function(net)
            net:server("new2").zones = {}
          end },
        { name = "ttls-still-high", base = "./scenarios/ready.lua", expect = { "migration.ttl-high" },
          change = function(net)
            net:edit("shop.example.", { ["$TTL 300"] = "$TTL 86400" })
          end },
    },
}
