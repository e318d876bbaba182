-- SPDX-License-Identifier: MIT
return {
    title = "The cache on this host serves an old address",
    story = [[
The local stub asked before the move and keeps the answer for the rest of its TTL. The resolver behind it has
the new address long since.]],
    change = function(net)
        local stub = net:add_stub()
        stub.recursive.cached = { { records = "shop.example. 3600 IN A 127.80.0.3", age = 1200 } }
    end,
    expect = { "client.stale-cache" },
}
