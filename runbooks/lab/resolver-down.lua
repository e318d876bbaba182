-- SPDX-License-Identifier: MIT
return {
    title = "The first of two configured resolvers is dead",
    story = [[
resolv.conf names two resolvers. The first was switched off: every look-up waits for its timeout before it
goes on.]],
    change = function(net)
        table.insert(net.caches, 1, {
            name = "old office", address = "127.53.20.3", recursive = {},
            faults = { udp = "drop", tcp = "drop" },
        })
    net.host.resolvers = { "127.53.20.3", "127.53.20.1" }
    end,
    expect = { "client.resolver-down" },
}
