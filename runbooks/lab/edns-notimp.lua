-- SPDX-License-Identifier: MIT
return {
    title = "A name server answers NOTIMP to EDNS",
    story = [[
The load balancer before ns1 implements what DNS was in 1987.]],
    change = function(net)
        net:server("ns1.shop.example.").faults.edns = "notimp"
    end,
    expect = { "path.edns-broken" },
}
