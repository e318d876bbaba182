-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: the zone is being updated while one looks",
    story = [[
The serial rises every few seconds, and the second and third server follow half a second later, as they
should.]],
    change = function(net)
        local zone = net.zones["shop.example."]
        zone.serial_every = 4
        for i = 2, 3 do
            net:server("ns" .. i .. ".shop.example.").zones = {
                net:edition("shop.example.", {}, { shuffle = true, serial_every = 4, serial_lag = 0.5 }),
            }
        end
    end,
    expect = {},
}
