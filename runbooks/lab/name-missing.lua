-- SPDX-License-Identifier: MIT
return {
    title = "The name that users type was never made",
    story = [[
"The shop does not open." The campaign prints www.shop.example; the record in the zone is wwww.]],
    domain = "www.shop.example",
    change = function(net)
        net:edit("shop.example.", { ["www        A"] = "wwww       A" })
    end,
    expect = { "auth.name-missing" },
}
