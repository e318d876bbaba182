-- SPDX-License-Identifier: MIT
return {
    title = "One of four caches behind a resolver's address is stale",
    story = [[
A large resolver is many machines behind one address, each with its own cache. One of them asked before the
move: a quarter of the look-ups of the same user at the same resolver go wrong.]],
    change = function(net)
        local fresh = { nsid = "site1", recursive = {} }
        local stale = { nsid = "site4", recursive = {
            cached = { { records = "shop.example. 7200 IN A 127.80.0.3", age = 3600 } },
        } }
    net:resolver("Cloudflare").nodes =
        { fresh, { nsid = "site2", recursive = {} }, { nsid = "site3", recursive = {} }, stale }
    end,
    expect = { "recursive.divergence" },
}
