-- SPDX-License-Identifier: MIT
return {
    title = "One name server answers two questions out of three",
    story = [[
ns2 is overloaded and drops a third of what comes in, from everybody. The other two answer always.]],
    change = function(net)
        local faults = net:server("ns2.shop.example.").faults
        faults.flap, faults.flap_share = "drop", 0.35
    end,
    expect = { "auth.ns-flapping" },
}
