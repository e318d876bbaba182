-- SPDX-License-Identifier: MIT
return {
    title = "One of the machines behind a name server's address is behind",
    story = [[
ns1 is anycast: several machines, one address. One of them did not take over the last change. Asked five
times, the same server gives the old address twice.]],
    change = function(net)
        net:server("ns1.shop.example.").nodes = {
            { nsid = "ns1-fra", weight = 3 },
            { nsid = "ns1-ams", weight = 2, zones = { net:edition("shop.example.", {
                ["2026112201"] = "2026111500",
                ["@          A    127.80.0.1"] = "@          A    127.80.0.3",
                ["@          A    127.80.0.2\n"] = "",
            }) } },
        }
    end,
    expect = { "auth.node-divergence" },
}
