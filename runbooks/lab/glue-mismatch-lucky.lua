-- SPDX-License-Identifier: MIT
return {
    title = "The parent's glue is old, but still works",
    story = [[
ns3 has a new address; the registry still hands out the old one, and the old machine is kept in step for now.
The day it is switched off, a third of the look-ups stumble.]],
    change = function(net)
        net:edit("example.", { ["ns3.shop   A    127.53.2.3"] = "ns3.shop   A    127.53.2.9" })
    table.insert(net.servers, {
        name = "the old ns3",
        address = "127.53.2.9",
        nsid = "ns3-old",
        faults = { delay = 0.008, udp_max = 4096 },
        zones = { "shop.example." },
    })
    end,
    expect = { "delegation.glue-mismatch" },
}
