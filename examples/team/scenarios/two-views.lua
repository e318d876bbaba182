-- SPDX-License-Identifier: MIT
return {
    title = "Two views of the zone, both right",
    story = "The office's resolver has a zone of its own for the inside name; everything else it resolves as "
        .. "the world does.",
    change = function(net)
        net:resolver("office").zones = {
        {
            name = "intranet.shop.example.",
            text = table.concat({
                "$TTL 60",
                "@ SOA ns.corp.test. it.corp.test. 3 3600 600 86400 60",
                "@ NS ns.corp.test.",
                "@ A 127.80.0.3",
            }, "\n"),
        },
    }
    end,
    expect = {},
}
