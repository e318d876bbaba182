-- SPDX-License-Identifier: MIT
return {
    title = "Two public resolvers block the name by policy",
    story = [[
Quad9 and AdGuard have the name on a list, and say so (EDE 15 and 17). Their customers write that the shop is gone;
the zone and every cache are in order.]],
    change = function(net)
        net:resolver("Quad9").recursive.blocks = { { name = "shop.example.", ede = 15,
            text = "blocked by policy" } }
        net:resolver("AdGuard unfiltered").recursive.blocks = { { name = "shop.example.", ede = 17,
            text = "filtered" } }
    end,
    expect = { "recursive.filtered" },
}
