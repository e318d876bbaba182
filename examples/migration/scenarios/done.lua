-- SPDX-License-Identifier: MIT
return {
    title = "After the move: registry and zone name the new servers, the old ones still answer alike",
    story = "Everything went well. The old servers stay on until the old delegation has left the caches.",
    base = "./ready.lua",
    change = function(net)
        net:edit("example.", {
            ["shop       NS   ns1.shop\nshop       NS   ns2.shop\nshop       NS   ns3.shop\n"] =
                "shop NS new1.shop\nshop NS new2.shop\n",
            ["ns1.shop   A    127.53.2.1\nns2.shop   A    127.53.2.2\nns3.shop   A    127.53.2.3\n"] =
                "new1.shop A 127.53.2.11\nnew2.shop A 127.53.2.12\n",
        })
        net:edit("shop.example.", {
            ["@          NS   ns1\n@          NS   ns2\n@          NS   ns3\n"] =
                "@ NS new1\n@ NS new2\nnew1 A 127.53.2.11\nnew2 A 127.53.2.12\n",
        })
        net.params.old_servers = "127.53.2.1,127.53.2.2,127.53.2.3"
    end,
    expect = {},
}
