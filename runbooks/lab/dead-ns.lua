-- SPDX-License-Identifier: MIT
return {
    title = "One of three name servers is dead",
    story = [[
ns3's machine is off. Whoever asks it first waits for a timeout and goes on to the next: slow, one time in
three.]],
    change = function(net)
        local faults = net:server("ns3.shop.example.").faults
        faults.udp, faults.tcp = "drop", "drop"
    end,
    expect = { "auth.ns-unreachable" },
}
