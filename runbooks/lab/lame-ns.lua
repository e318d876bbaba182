-- SPDX-License-Identifier: MIT
return {
    title = "A delegated server refuses the zone",
    story = [[
ns3 was taken over by another customer's configuration and answers REFUSED. Resolvers that happen to ask it
first must try again elsewhere: a little slower for most, a failure for those that do not.]],
    change = function(net)
        local ns3 = net:server("ns3.shop.example.")
        ns3.faults.flap, ns3.faults.flap_share = "refused", 1
    end,
    expect = { "auth.lame" },
}
