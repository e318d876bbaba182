-- SPDX-License-Identifier: MIT
return {
    title = "This host's resolver refuses what is over its rate",
    story = [[
The office's resolver allows each client 40 queries a second. Behind the NAT sits the whole office: on a busy
morning look-ups fail, at night nobody can reproduce it.]],
    change = function(net)
        local office = net:resolver("office")
        office.faults.qps, office.faults.burst, office.faults.over = 40, 40, "refused"
    end,
    expect = { "recursive.rate-limited" },
}
