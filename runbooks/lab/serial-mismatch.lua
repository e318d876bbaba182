-- SPDX-License-Identifier: MIT
return {
    title = "One name server has an older serial, with the same answers",
    story = [[
ns3 missed the last transfer. What changed was somewhere else in the zone, so nobody notices; the next change
may be one that matters.]],
    change = function(net)
        net:server("ns3.shop.example.").zones = {
            net:edition("shop.example.", { ["2026112201"] = "2026112007" }, { shuffle = true }),
        }
    end,
    expect = { "auth.serial-mismatch" },
}
