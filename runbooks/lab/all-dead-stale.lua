-- SPDX-License-Identifier: MIT
return {
    title = "All name servers are dead, and some resolvers serve what they remember",
    story = [[
The whole DNS of the zone is down. Resolvers that keep to RFC 8767 still give the expired records, marked as
stale; all others say SERVFAIL. So it works for some, for now.]],
    change = function(net)
        for i = 1, 3 do
            local faults = net:server("ns" .. i .. ".shop.example.").faults
            faults.udp, faults.tcp = "drop", "drop"
        end
        for _, name in ipairs { "Cloudflare", "Google", "OpenDNS", "DNS4EU" } do
            local recursive = net:resolver(name).recursive
            recursive.serve_stale = true
            recursive.cached = { {
                records = "shop.example. 300 IN A 127.80.0.1\nshop.example. 300 IN A 127.80.0.2", age = 900,
            } }
        end
        net:each(function(node)
            if node.recursive then
                node.recursive.tries, node.recursive.timeout = 2, 0.4
            end
        end)
    end,
    expect = { "auth.ns-unreachable", "recursive.stale-served" },
}
