-- SPDX-License-Identifier: MIT
return {
    title = "A pod whose DNS is in order",
    story = "CoreDNS holds cluster.local and forwards the rest; the pod has three search domains and "
        .. "ndots:1.",
    change = function(net)
        table.insert(net.caches, {
        name = "coredns",
        address = "127.53.20.10",
        nsid = "coredns",
        faults = {},
        path = { delay = 0.001 },
        recursive = { forward_to = "127.53.20.1" },
        zones = {
            {
                name = "cluster.local.",
                text = table.concat({
                    "$TTL 30",
                    "@ SOA ns.dns hostmaster 1 7200 1800 86400 30",
                    "@ NS ns.dns",
                    "ns.dns A 127.53.20.10",
                    "kubernetes.default.svc A 127.80.0.3",
                }, "\n"),
            },
        },
    })
    net.host.resolvers = { "127.53.20.10" }
        net.host.search = { "default.svc.cluster.local", "svc.cluster.local", "cluster.local", "corp.test" }
        net.host.options = "ndots:1"
    end,
    expect = {},
}
