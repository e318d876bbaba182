-- SPDX-License-Identifier: MIT
return {
    title = "One of the registry's two servers denies the delegation",
    story = [[
Half of the resolvers that start with an empty cache hear that the shop does not exist, and remember it. The zone and
all its servers are in order.]],
    change = function(net)
        local delegation = "shop       NS   ns1.shop\nshop       NS   ns2.shop\nshop       NS   ns3.shop\n"
        net:server("b.nic.example.").zones = {
            net:edition("example.", {
                [delegation] = "",
                ["ns1.shop   A    127.53.2.1\nns2.shop   A    127.53.2.2\nns3.shop   A    127.53.2.3\n"] = "",
            }),
            "test.",
        }
    end,
    expect = { "delegation.parent-divergence" },
}
