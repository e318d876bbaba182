-- SPDX-License-Identifier: MIT
return {
    title = "Parent and zone list different servers",
    story = "ns4 was added to the zone and ns3 is to go; the registry still lists the old set. "
        .. "Everything answers, today.",
    change = function(net)
        net:edit("shop.example.", {
        ["@          NS   ns3"] = "@          NS   ns4",
        ["ns3        A    127.53.2.3"] = "ns3 A 127.53.2.3\nns4 A 127.53.2.4",
    })
        table.insert(net.servers, {
            name = "ns4.shop.example.", address = "127.53.2.4", nsid = "ns4.shop.example",
            faults = { delay = 0.005, udp_max = 4096 }, zones = { "shop.example." },
        })
    end,
    expect = { "delegation.ns-mismatch" },
}
