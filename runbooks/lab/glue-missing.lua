-- SPDX-License-Identifier: MIT
return {
    title = "The parent has no address for one of the servers",
    story = [[
ns3 lies inside the zone it serves, so nobody can find it unless the parent says where it is. The parent does
not.]],
    change = function(net)
        net:edit("example.", { ["ns3.shop   A    127.53.2.3\n"] = "" })
    end,
    expect = { "delegation.glue-missing" },
}
