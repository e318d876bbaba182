-- SPDX-License-Identifier: MIT
return {
    title = "Three of twelve public resolvers still hold the old address",
    story = [[
The shop moved an hour ago. The old records had a TTL of two hours, and three large resolvers asked just
before the move: their users keep reaching the old machine, everybody else is fine.]],
    change = function(net)
        for _, name in ipairs { "Quad9", "DNS.SB", "DNS4EU" } do
            net:resolver(name).recursive.cached =
            { { records = "shop.example. 7200 IN A 127.80.0.3", age = 3600 } }
        end
    end,
    expect = { "recursive.divergence" },
}
