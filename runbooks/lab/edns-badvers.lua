-- SPDX-License-Identifier: MIT
return {
    title = "A name server answers BADVERS to EDNS version 0",
    story = [[
ns2 refuses the only version of EDNS there is.]],
    change = function(net)
        net:server("ns2.shop.example.").faults.edns = "badvers"
    end,
    expect = { "path.edns-broken" },
}
