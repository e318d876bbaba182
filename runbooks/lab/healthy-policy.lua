-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: a filtering resolver blocks the name by policy",
    story = [[
Quad9 and AdGuard have the name on a list, and say so (EDE 15 and 17). That is their customers' choice, not a
fault of the zone.]],
    change = function(net)
        net:resolver("Quad9").recursive.blocks =
        { { name = "shop.example.", ede = 15, text = "blocked by policy" } }
    net:resolver("AdGuard unfiltered").recursive.blocks =
        { { name = "shop.example.", ede = 17, text = "filtered" } }
    end,
    expect = {},
}
