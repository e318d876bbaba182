-- SPDX-License-Identifier: MIT
return {
    title = "An alias whose target was switched off",
    story = [[
The contract with the content network ran out, and its name for the shop went away; www still points there.]],
    domain = "www.shop.example",
    change = function(net)
        net:edit("shop.example.", {
            ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www CNAME gone.cdn.test.",
        })
    end,
    expect = { "auth.alias-broken" },
}
