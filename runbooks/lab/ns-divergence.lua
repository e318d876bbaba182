-- SPDX-License-Identifier: MIT
return {
    title = "One of three name servers serves an old zone",
    story = [[
A third of the users land on the machine that was retired last week, until their resolver's cache runs out; then it
may be anybody else's turn. Zone transfers to ns2 stopped, and nobody watches its serial.]],
    change = function(net)
        net:server("ns2.shop.example.").zones = {
        net:edition("shop.example.", {
            ["2026112201"] = "2026111500",
            ["@          A    127.80.0.1"] = "@          A    127.80.0.3",
            ["@          A    127.80.0.2\n"] = "",
        }, { shuffle = true }),
    }
    end,
    expect = { "auth.ns-divergence" },
}
