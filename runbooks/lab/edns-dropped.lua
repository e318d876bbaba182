-- SPDX-License-Identifier: MIT
return {
    title = "A firewall on the way eats queries with EDNS",
    story = [[
From this network no query with an OPT record reaches the shop's servers; without one they answer at once. The
rule came with the last firewall update, here; elsewhere all is well.]],
    change = function(net)
        for i = 1, 3 do
            net:server("ns" .. i .. ".shop.example.").path.edns = "drop"
        end
    end,
    expect = { "path.edns-broken" },
}
