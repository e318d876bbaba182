-- SPDX-License-Identifier: MIT
-- A team's own edition of `intermittent`: its resolvers, its thresholds, and one more check: that the inside
-- names are known inside, and not outside.
--
--   dnsprobe run ./team.lua shop.example --allow private        # the resolvers below have private addresses
--   dnsprobe test ./team.lua
--
-- It extends the shipped runbook and copies nothing: an upgrade of dnsprobe upgrades the eight steps here
-- too. What it prints when an inside name leaks:
--
--   CRITICAL  team.inside-leaks (client)
--     Cloudflare (127.53.10.1) knows the inside name intranet.shop.example: 127.80.0.3.
--     Fix        Take the inside names out of the public edition of the zone.

local runbook = require "dnsprobe.runbook"

return runbook.extend("intermittent", {
    name = "team",
    summary = "intermittent, with our resolvers and our split horizon",
    resolvers = { "10.20.0.53 berlin", "10.21.0.53 lisbon", "@majors" },
    params = {
        app_port = 8443, -- another default than the shipped one
        inside_names = { type = "string", default = "intranet",
            help = "inside names below the domain, with commas" },
    },
    after = { recursive = "./steps/split-horizon.lua" },
    skip = { "alias", "rate-limit" }, -- our apex is no alias; our resolvers' limits are known
    scenarios = {
        "./scenarios/two-views.lua",
        { name = "inside-name-leaks", base = "./scenarios/two-views.lua", expect = { "team.inside-leaks" },
          change = function(net)
            net:add("shop.example.", "intranet A 127.80.0.3")
          end },
        { name = "inside-name-missing", base = "./scenarios/two-views.lua",
          expect = { "team.inside-missing" },
          change = function(net)
            net:resolver("office").zones = {}
          end },
        -- What the shipped runbook finds is still found.
        { name = "dead-server", base = "./scenarios/two-views.lua", expect = { "auth.ns-unreachable" },
          change = function(net)
            local faults = net:server("ns3.shop.example.").faults
            faults.udp, faults.tcp = "drop", "drop"
          end },
    },
})
