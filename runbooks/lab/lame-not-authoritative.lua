-- SPDX-License-Identifier: MIT
return {
    title = "A delegated server answers from a cache",
    story = [[
Behind ns2's address sits a forwarder today. It gives the right records, without AA: careful resolvers drop
them.]],
    change = function(net)
        net:server("ns2.shop.example.").faults.not_authoritative = true
    end,
    expect = { "auth.lame" },
}
