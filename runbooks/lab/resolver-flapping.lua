-- SPDX-License-Identifier: MIT
return {
    title = "This host's resolver answers SERVFAIL now and then",
    story = [[
One of the machines behind the office's resolver cannot reach the outside. A quarter of the look-ups fail, at
any hour and at any rate; the next try works.]],
    change = function(net)
        local office = net:resolver("office")
        office.faults.flap, office.faults.flap_share = "servfail", 0.25
    end,
    expect = { "recursive.flapping" },
}
