-- SPDX-License-Identifier: MIT
return {
    title = "The office's own resolver sinks the name",
    story = [[
Everybody in the office sees "site not reachable", everybody at home sees the shop. A block list that was put on the
resolver last week gives 0.0.0.0 for the name.]],
    change = function(net)
        net:resolver("office").recursive.blocks = { { name = "shop.example.", address = "0.0.0.0" } }
    end,
    expect = { "client.filtered" },
}
