-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: an apex ALIAS that follows its target",
    story = [[
The DNS provider flattens the CDN's name at the apex and looks again every thirty seconds.]],
    change = function(net)
        net:edit("shop.example.", {
            ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www CNAME shop.cdn.test.",
            ["@          A    127.80.0.1\n@          A    127.80.0.2\n"] = "",
        })
        net.zones["shop.example."].alias = { target = "shop.cdn.test.", via = "127.53.20.1", ttl = 30 }
    end,
    expect = {},
    info = { "auth.alias-flattened" },
}
