-- SPDX-License-Identifier: MIT
return {
    title = "Two resolvers remember that the name did not exist",
    story = [[
Somebody looked before the record was there. NXDOMAIN is cached too, for as long as the zone's SOA said at
that time: their users see an error although every check elsewhere is green.]],
    change = function(net)
        for _, name in ipairs { "Google", "UltraDNS" } do
            net:resolver(name).recursive.absent =
            { { name = "shop.example.", type = "A", nxdomain = false, ttl = 3000 } }
        end
    end,
    expect = { "recursive.divergence" },
}
