-- SPDX-License-Identifier: MIT
return {
    title = "Two of three name servers have names in a zone that is dead",
    story = [[
The secondaries were bought from a hoster years ago. Its own domain has no living server any more, so their names
cannot be resolved; the third server carries the shop alone, and nobody knows.]],
    change = function(net)
        net:edit("example.", {
            ["shop       NS   ns2.shop\nshop       NS   ns3.shop\n"] = "shop NS ns1.hoster.test.\n"
                .. "shop NS ns2.hoster.test.\n",
            ["ns2.shop   A    127.53.2.2\nns3.shop   A    127.53.2.3\n"] = "",
        })
        net:edit("shop.example.", { ["NS   ns2"] = "NS ns1.hoster.test.",
            ["NS   ns3"] = "NS ns2.hoster.test." })
        net:add("test.", "hoster NS ns1.cdn\nhoster NS ns2.cdn\n")
        for _, name in ipairs { "ns1.cdn.test.", "ns2.cdn.test." } do
            net:server(name).faults = { udp = "drop", tcp = "drop" }
        end
    end,
    expect = { "delegation.ns-unusable" },
}
