-- SPDX-License-Identifier: MIT
return {
    title = "A box on the way answers in everybody's place",
    story = [[
The hotel's network catches all queries to port 53, whomever they were sent to, and answers them itself: every
server of the world seems to be the same resolver, and it holds an old address.]],
    change = function(net)
        table.insert(net.caches, {
            name = "middlebox", address = "127.53.20.66", nsid = "middlebox", faults = { delay = 0.003 },
            recursive = { cached = { { records = "shop.example. 86400 IN A 127.80.0.3", age = 600 } } },
        })
        net:each(function(node)
            if node.name ~= "middlebox" and node.name ~= "office" then
                node.intercepted_by = "middlebox"
            end
        end)
    end,
    expect = { "path.intercepted" },
}
