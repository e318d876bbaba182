-- SPDX-License-Identifier: MIT
return {
    title = "This host's resolver drops what is over its rate",
    story = [[
The same as a refusal, only silent: the client waits for its timeout, five seconds with most.]],
    change = function(net)
        local office = net:resolver("office")
        office.faults.qps, office.faults.burst, office.faults.over = 40, 40, "drop"
    end,
    expect = { "recursive.rate-limited" },
}
