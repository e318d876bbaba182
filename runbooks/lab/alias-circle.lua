-- SPDX-License-Identifier: MIT
return {
    title = "Two aliases that point at one another",
    story = [[
www points at the content network, where the customer's name was set to point back at www. Each side shows a record
that looks right; together they lead nowhere, and resolvers answer SERVFAIL.]],
    domain = "www.shop.example",
    change = function(net)
        net:edit("shop.example.", {
            ["www        A    127.80.0.1\nwww        A    127.80.0.2"] = "www CNAME shop.cdn.test.",
        })
        net:edit("cdn.test.", { ["shop"] = "shop300" })
        net:add("cdn.test.", "shop CNAME www.shop.example.")
    end,
    expect = { "auth.alias-broken" },
}
