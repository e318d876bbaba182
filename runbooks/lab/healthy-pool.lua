-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: a pool of six addresses, two per answer",
    story = [[
Every answer carries two of six addresses, drawn anew. Servers and resolvers all seem to differ, and all are
right.]],
    change = function(net)
        net:add("shop.example.", "@ A 127.80.0.4\n@ A 127.80.0.5\n@ A 127.80.0.6\n@ A 127.80.0.7")
        net.zones["shop.example."].pools = { ["shop.example."] = { take = 2 } }
        for i = 4, 7 do
            net.apps["127.80.0." .. i] = "open"
        end
    end,
    expect = {},
}
