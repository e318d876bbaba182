-- SPDX-License-Identifier: MIT
return {
    title = "A public resolver loses a third of the queries",
    story = "One resolver of the twelve, always the same, answers two times out of three. "
        .. "No other server loses anything.",
    change = function(net)
        local resolver = net:resolver("OpenDNS")
        resolver.faults.flap, resolver.faults.flap_share = "drop", 0.35
    end,
    expect = { "recursive.flapping" },
}
