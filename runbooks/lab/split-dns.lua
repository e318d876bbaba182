-- SPDX-License-Identifier: MIT
return {
    title = "Two resolvers are configured, and they disagree",
    story = [[
The VPN brought a resolver of its own, which knows an internal edition of the zone. Which of the two is asked
decides where the user lands.]],
    change = function(net)
        table.insert(net.caches, {
            name = "vpn", address = "127.53.20.2", nsid = "vpn", recursive = {}, faults = {},
            path = { delay = 0.004 }, zones = { { name = "shop.example.", text = table.concat({
                "$TTL 60",
                "@   SOA vpn.corp.test. it.corp.test. 7 3600 600 86400 60",
                "@   NS  vpn.corp.test.",
                "@   A   127.80.0.3",
                "www A   127.80.0.3",
            }, "\n") } },
        })
    net.host.resolvers = { "127.53.20.1", "127.53.20.2" }
    end,
    expect = { "client.split-dns" },
}
