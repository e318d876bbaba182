-- SPDX-License-Identifier: MIT
return {
    title = "The apex ALIAS serves addresses that its target has left",
    story = [[
The apex cannot have a CNAME, so the DNS provider looks the CDN's name up and serves what it finds. It has
stopped looking: www works, the bare domain leads to a machine that is gone.]],
    change = function(net)
        net:edit("shop.example.", {
            ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www CNAME shop.cdn.test.",
            ["@          A    127.80.0.1\n@          A    127.80.0.2\n"] = "",
        })
        net.zones["shop.example."].alias = {
            target = "shop.cdn.test.", via = "127.53.20.1", ttl = 3600, pinned = { "127.80.0.3" },
        }
        net.apps["127.80.0.3"] = "refuse"
    end,
    expect = { "auth.alias-stale" },
    allow = { "auth.alias-flattened" },
}
