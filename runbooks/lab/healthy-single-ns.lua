-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: a zone with one name server",
    story = [[
Not wise, but it answers.]],
    change = function(net)
        local two_less = {}
        for i = 2, 3 do
            two_less[("@          NS   ns%d\n"):format(i)] = ""
        end
        net:edit("shop.example.", two_less)
        net:edit("example.", { ["shop       NS   ns2.shop\nshop       NS   ns3.shop\n"] = "" })
    end,
    expect = {},
}
