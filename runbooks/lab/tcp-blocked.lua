-- SPDX-License-Identifier: MIT
return {
    title = "A firewall drops TCP to one name server",
    story = [[
Small answers arrive, large ones do not: ns2 says "truncated, ask over TCP", and the firewall before it eats
the connection. Only names with many records fail, and only when ns2 was asked.]],
    change = function(net)
        net:server("ns2.shop.example.").faults.tcp = "drop"
    end,
    expect = { "path.tcp-blocked" },
}
