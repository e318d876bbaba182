-- SPDX-License-Identifier: MIT
return {
    title = "The name servers are slow, and sometimes slower than a client waits",
    story = [[
One answer in six takes three seconds: all three servers sit behind an overloaded link. Resolvers that wait
get the answer, a client with a timeout of two seconds sees a failure, and its second try works.]],
    change = function(net)
        for i = 1, 3 do
            local faults = net:server("ns" .. i .. ".shop.example.").faults
            faults.delay, faults.delay_p99 = 0.12, 0.4
            faults.late_share, faults.late_by = 0.16, 2.6
        end
    end,
    expect = { "path.slow" },
}
