-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: a weighted pool with one address per answer",
    story = [[
Nine answers in ten are the large site, one is the small one that is being warmed up.]],
    change = function(net)
        net.zones["shop.example."].pools = { ["shop.example."] = { take = 1, weights = { 9, 1 } } }
    end,
    expect = {},
}
