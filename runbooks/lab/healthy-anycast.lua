-- SPDX-License-Identifier: MIT
return {
    title = "Nothing is wrong: several machines behind each server's address, all with the same zone",
    story = [[
Each name server is anycast. Asked ten times, ns1 answers as four different machines: the name-server identifiers
(NSID) change from answer to answer, the data does not.]],
    change = function(net)
        for i = 1, 3 do
            local nodes = {}
            for k, place in ipairs { "fra", "ams", "lhr", "cdg" } do
                nodes[k] = { nsid = "ns" .. i .. "-" .. place, weight = k }
            end
            net:server("ns" .. i .. ".shop.example.").nodes = nodes
        end
    end,
    expect = {},
}
