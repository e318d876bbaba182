-- SPDX-License-Identifier: MIT
return {
    title = "Before the move: two new servers have the zone",
    story = "The new provider's servers serve the same zone; the registry knows nothing of them yet.",
    change = function(net)
        for i = 1, 2 do
            table.insert(net.servers, { name = "new" .. i, address = "127.53.2.1" .. i, nsid = "new" .. i,
                faults = { delay = 0.005, udp_max = 4096 }, zones = { "shop.example." } })
        end
        net.params.new_servers = "127.53.2.11,127.53.2.12"
    end,
    expect = {},
}
