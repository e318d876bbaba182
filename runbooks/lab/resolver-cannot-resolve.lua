-- SPDX-License-Identifier: MIT
return {
    title = "One resolver is kept out by the zone's servers",
    story = [[
Customers of one provider cannot reach the shop, and have not for days. Its resolver's network stands on a block list
that the zone's servers use: it answers SERVFAIL for the shop, and everything else right.]],
    change = function(net)
    local recursive = net:resolver("OpenDNS").recursive
        recursive.forward_to, recursive.timeout, recursive.tries = "127.53.99.99", 0.2, 1
    recursive.cached =
        { { records = ". 86400 IN NS a.root-servers.\n. 86400 IN NS b.root-servers.", age = 0 } }
    end,
    expect = { "recursive.cannot-resolve" },
}
