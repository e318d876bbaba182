-- SPDX-License-Identifier: MIT
return {
    title = "A name server answers FORMERR to EDNS",
    story = [[
ns3 is an appliance that does not know EDNS. Resolvers that fall back get by; those that stopped doing so
(2019) do not.]],
    change = function(net)
        net:server("ns3.shop.example.").faults.edns = "formerr"
    end,
    expect = { "path.edns-broken" },
}
