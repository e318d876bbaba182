-- SPDX-License-Identifier: MIT
return {
    title = "The parent's glue leads to a machine that was replaced",
    story = [[
ns3 moved to another address. The zone says so, the registry was never told: it hands out the old address,
where the old machine still answers with the records of last month. `dig +trace` resolves the name afresh and
sees nothing.]],
    change = function(net)
        net:edit("example.", { ["ns3.shop   A    127.53.2.3"] = "ns3.shop   A    127.53.2.9" })
        table.insert(net.servers, {
            name = "the old ns3", address = "127.53.2.9", nsid = "ns3-old", faults = { delay = 0.008 },
            zones = { net:edition("shop.example.", {
                ["2026112201"] = "2026101500",
                ["@          A    127.80.0.1"] = "@          A    127.80.0.3",
                ["@          A    127.80.0.2\n"] = "",
            }) },
        })
    end,
    expect = { "delegation.glue-mismatch" },
}
