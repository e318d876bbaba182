-- SPDX-License-Identifier: MIT
return {
    title = "The mail exchanger was renamed, the MX record was not",
    story = "MX still says mail.shop.example; that name went away with the old machine.",
    base = "./healthy.lua",
    change = function(net)
        net:edit("shop.example.", { ["mail       A    127.80.0.3\n"] = "" })
    end,
    expect = { "mail.mx-dangling" },
}
