-- SPDX-License-Identifier: MIT
return {
    title = "DNS is right; one of two addresses refuses the connection",
    story = [[
Half of the users get the address of a machine whose service is down. It looks like DNS because it comes and
goes.]],
    change = function(net)
        net.apps["127.80.0.2"] = "refuse"
    end,
    expect = { "app.connect-refused" },
}
