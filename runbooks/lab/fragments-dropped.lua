-- SPDX-License-Identifier: MIT
return {
    title = "Large UDP answers vanish on the way",
    story = [[
A firewall drops fragments. Whoever advertises 4096 bytes waits for the large answers until the timeout;
whoever advertises 1232 gets a truncated answer and goes to TCP. Small answers always arrive.]],
    change = function(net)
        for i = 1, 3 do
            net:server("ns" .. i .. ".shop.example.").path.lose_larger = 1400
        end
    end,
    expect = { "path.fragments-dropped" },
}
