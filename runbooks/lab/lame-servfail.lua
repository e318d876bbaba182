-- SPDX-License-Identifier: MIT
return {
    title = "A delegated server has lost the zone",
    story = [[
The zone file on ns2 has a typing error since the last reload; the server answers SERVFAIL for it.]],
    change = function(net)
        local ns2 = net:server("ns2.shop.example.")
        ns2.faults.flap, ns2.faults.flap_share = "servfail", 1
    end,
    expect = { "auth.lame" },
}
