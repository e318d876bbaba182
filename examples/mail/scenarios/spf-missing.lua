-- SPDX-License-Identifier: MIT
return {
    title = "The SPF record got lost in the move",
    story = "The new DNS provider's import left out what it took for a comment. Mail is accepted still, and "
        .. "lands in spam.",
    base = "./healthy.lua",
    change = function(net)
        net:edit("shop.example.", { ['@          TXT  "v=spf1 ip4:192.0.2.0/24 -all"\n'] = "" })
    end,
    expect = { "mail.spf-missing" },
}
