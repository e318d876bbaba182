-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: answers depend on where the client is",
    story = [[
Clients of one half of the resolvers are sent to one site, the others to another; this host to the first.]],
    change = function(net)
        local one = { ["@          A    127.80.0.2\n"] = "" }
        local two = { ["@          A    127.80.0.1\n"] = "" }
        for _, name in ipairs { "Cloudflare", "Google", "OpenDNS" } do
            net:resolver(name).recursive.ecs = true
        end
        for i = 1, 3 do
            net:server("ns" .. i .. ".shop.example.").zones = {
                net:edition("shop.example.", two, { subnet = "127.53.10.0/30" }),
                net:edition("shop.example.", two, { subnet = "133.0.0.0/8" }),
                net:edition("shop.example.", one, { subnet = "0.0.0.0/0" }),
            }
        end
    end,
    expect = {},
}
