-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: resolvers and servers far away",
    story = [[
A vantage on the other side of the world: answers take 20 to 240 ms. That is distance, not trouble.]],
    change = function(net)
        for i, resolver in ipairs(net.resolvers) do
            resolver.path.delay = 0.020 * i
        end
        for i, server in ipairs(net.servers) do
            server.path.delay, server.path.delay_p99 = 0.020 * i, 0.024 * i
        end
    end,
    expect = {},
}
