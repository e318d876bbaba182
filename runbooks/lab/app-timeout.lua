-- SPDX-License-Identifier: MIT
return {
    title = "DNS is right; one of two addresses does not answer",
    story = [[
A firewall before the second machine drops connections. Browsers try the other address after a while: it
works, slowly.]],
    change = function(net)
        net.apps["127.80.0.2"] = "drop"
    end,
    expect = { "app.connect-timeout" },
}
