-- SPDX-License-Identifier: MIT
return {
    title = "The 90 minutes after a move, in 90 seconds",
    story = [[
Half an hour ago the shop moved. Three large resolvers asked just before, and keep the old address for another 90
minutes. The lab's clock runs sixty times as fast, so the whole story is over in 90 seconds: run the runbook now and
see the fault, run it again when `dnsprobe lab stale-90-minutes` has said that the event came, and it
is gone.]],
    speed = 60,
    change = function(net)
        local names = { "Quad9", "DNS.SB", "DNS4EU" }
        for _, name in ipairs(names) do
        net:resolver(name).recursive.cached =
            { { records = "shop.example. 7200 IN A 127.80.0.3", age = 1800 } }
    end
        net:after(5400, function()
            for _, name in ipairs(names) do
                net:flush(name) -- the countdown has ended by itself; what is left of other names goes too
            end
        end)
    end,
    expect = { "recursive.divergence" },
}
