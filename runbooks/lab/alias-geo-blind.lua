-- SPDX-License-Identifier: MIT
return {
    title = "The apex ALIAS gives every continent the same region",
    story = [[
The CDN answers by where the client is. The DNS provider asks it from one place and gives that answer to the
world: users overseas are served from the wrong side of the ocean.]],
    change = function(net)
        net:edit("shop.example.", {
            ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www CNAME shop.cdn.test.",
            ["@          A    127.80.0.1\n@          A    127.80.0.2\n"] = "",
        })
        net.zones["shop.example."].alias = { target = "shop.cdn.test.", via = "127.53.20.1", ttl = 30 }
        local here = { ["shop       A    127.80.0.2\n"] = "" }
        local america = { ["shop       A    127.80.0.1\n"] = "" }
        local asia = { ["shop       A    127.80.0.1\nshop       A    127.80.0.2"] = "shop A 127.80.0.3" }
        for i = 1, 2 do
            net:server("ns" .. i .. ".cdn.test.").zones = {
                net:edition("cdn.test.", here, { subnet = "127.0.0.0/8" }),
                net:edition("cdn.test.", here, { subnet = "193.0.0.0/8" }),
                net:edition("cdn.test.", asia, { subnet = "133.0.0.0/8" }),
                net:edition("cdn.test.", america, { subnet = "0.0.0.0/0" }),
            }
        end
    end,
    expect = { "auth.alias-geo-blind" },
    allow = { "auth.alias-flattened" },
}
