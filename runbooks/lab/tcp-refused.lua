-- SPDX-License-Identifier: MIT
return {
    title = "One name server does not listen on TCP",
    story = [[
ns1 was installed from an old recipe: UDP only. Truncated answers lead nowhere.]],
    change = function(net)
        net:server("ns1.shop.example.").faults.tcp = "refuse"
    end,
    expect = { "path.tcp-blocked" },
}
