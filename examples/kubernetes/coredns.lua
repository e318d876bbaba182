-- SPDX-License-Identifier: MIT
-- DNS inside a Kubernetes cluster, run from a pod: does CoreDNS answer always, what does the search list
-- cost, and does anything on it answer for names that are none of its own?
--
--   kubectl cp coredns.lua steps POD:/tmp/ ; dnsprobe run /tmp/coredns.lua api.partner.example
--   dnsprobe test ./coredns.lua
--
-- With `ndots:5`, the default of Kubernetes, a name with fewer than five dots is first tried below each
-- search domain: one look-up becomes eight queries, and a wildcard in any of these domains answers in the
-- name's place. What it prints:
--
--   CRITICAL  k8s.search-captured (kubernetes)
--     corp.test answers for shop.example.corp.test: programs in this pod reach 127.80.0.9 instead of
--     shop.example.
--     Fix        Take the wildcard out of corp.test, or that domain off the search list (dnsConfig.searches),
--     or end the
--                name with a dot.

local runbook = require "dnsprobe.runbook"

return runbook.define {
    name = "coredns",
    summary = "whether DNS inside a Kubernetes cluster answers, at what cost, and as the name's owner means "
        .. "it",
    params = {
        cluster_domain = { type = "string", default = "cluster.local", help = "domain of the cluster" },
        queries_limit = { type = "integer", default = 4, min = 1, max = 100, unit = "queries",
                          help = "queries per look-up of the name that are still fine" },
        failures_limit = { type = "number", default = 0.01, min = 0, max = 1,
                           help = "share of queries that CoreDNS may leave unanswered" },
    },
    steps = { "./steps/search-list.lua", "./steps/coredns-answers.lua" },
    scenarios = {
        "./scenarios/pod.lua",
        { name = "ndots-5", base = "./scenarios/pod.lua", expect = { "k8s.search-storm" },
          change = function(net)     net.host.options = "ndots:5"
end },
        { name = "wildcard-on-the-search-list", base = "./scenarios/pod.lua",
          expect = { "k8s.search-captured", "k8s.search-storm" }, change = function(net)
            net.host.options = "ndots:5"
            local zones = net:resolver("coredns").zones
    zones[#zones + 1] = {
        name = "corp.test.",
        text = "@ 60 SOA ns it 1 60 60 60 60\n@ 60 NS ns\nns 60 A 127.53.20.8\n" .. "* 60 A 127.80.0.9",
    }
        end },
        { name = "coredns-overloaded", base = "./scenarios/pod.lua", expect = { "k8s.coredns-flapping" },
          also_run = { timeout = 0.3, late = 0, samples = 30 }, change = function(net)
            net:resolver("coredns").faults = { flap = "drop", flap_share = 0.3 }
        end },
        { name = "cluster-zone-gone", base = "./scenarios/pod.lua", expect = { "k8s.service-missing" },
          change = function(net) net:resolver("coredns").zones = {} end },
    },
}
