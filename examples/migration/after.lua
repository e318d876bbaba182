-- SPDX-License-Identifier: MIT
-- The gate after a DNS migration: does the world go to the new servers, and may the old ones be switched off?
-- The parent has to delegate to the new ones only, and the old ones have to say the same as long as anybody
-- still asks them.
--
--   dnsprobe run ./after.lua shop.example --set new_servers=192.0.2.11,192.0.2.12 --set
--   old_servers=198.51.100.1 dnsprobe test ./after.lua
--
-- What it prints when the registry still lists an old server:
--
--   CRITICAL  migration.not-delegated (migration)
--     the parent still delegates to 127.53.2.3, which is none of the new servers.
--     Fix        Correct the name servers at the registrar; wait for the parent's TTL; run this again.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "migration-after",
    summary = "whether a DNS migration is complete",
    params = {
        new_servers = { type = "string", default = "", help = "addresses of the new servers, with commas "
            .. "between them" },
        old_servers = { type = "string", default = "", help = "addresses of the old servers; empty: they are "
            .. "off already" },
        names = { type = "string", default = "@,www", help = "names to compare, @ for the domain itself" },
    },
    steps = { "nameservers", "delegation", "./steps/delegated.lua", "./steps/same-answers.lua" },
    scenarios = {
        "./scenarios/done.lua",
        { name = "one-server-forgotten", base = "./scenarios/done.lua",
          expect = { "migration.not-delegated", "delegation.ns-mismatch" }, change = function(net)
              net:add("example.", "shop NS ns3.shop\nns3.shop A 127.53.2.3")
        end },
        { name = "old-servers-fall-behind", base = "./scenarios/done.lua", expect = { "migration.differs" },
          change = function(net)
            for i = 1, 3 do
                net:server("ns" .. i .. ".shop.example.").zones = { net:edition("shop.example.", {
                    ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www A 127.80.0.3" }) }
            end
        end },
    },
}
