-- SPDX-License-Identifier: MIT
return {
    title = "The name servers limit their response rate",
    story = [[
Response rate limiting was meant for attackers. Its threshold is so low that the resolvers of a large provider
meet it: half of what is over the rate is dropped, half is told to come again over TCP.]],
    change = function(net)
        for i = 1, 3 do
            local faults = net:server("ns" .. i .. ".shop.example.").faults
            faults.qps, faults.burst, faults.over, faults.slip = 40, 40, "drop", 2
        end
    end,
    expect = { "auth.rate-limited" },
}
